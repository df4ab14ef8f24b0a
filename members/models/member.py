"""A person with an account. With a grant of a paid tier a patron, with a desk group a journalist."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.aggregates import BoolOr
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.gate import NO_RANK, Reader
from newsroom.groups import DESK_GROUPS

GRACE = "grace"  # the reason of a grant that holds although a payment failed


class MemberQuerySet(models.QuerySet["Member"]):
    """Words for people."""

    def paying_as(self, customer_id: str) -> Self:
        """The member whom Stripe knows as `customer_id`; none for a customer nobody is linked to."""
        return self.filter(stripe_customers__stripe_id=customer_id)

    def patrons(self, now: Any) -> Self:
        """Those whom a grant covers at `now`."""
        return self.filter(grants__starts_at__lte=now, grants__ends_at__gt=now).distinct()

    def with_standing(self, now: Any) -> Self:
        """Each with what the gate asks, in the same query.

        `current_rank` (0 for none), `in_desk_group`; what any covering grant's tier gives: `opens_archive`,
        `may_reply`; `in_grace`: a subscription's payment failed and its days of grace run; and `was_patron_until`:
        when the last grant that is over ended (None if there was none).
        """
        covering = Q(grants__starts_at__lte=now, grants__ends_at__gt=now)
        desk = Member.groups.through.objects.filter(member_id=models.OuterRef("pk"), group__name__in=DESK_GROUPS)
        return self.annotate(
            current_rank=Coalesce(Max("grants__tier__rank", filter=covering), NO_RANK),
            opens_archive=Coalesce(BoolOr("grants__tier__opens_archive", filter=covering), False),
            may_reply=Coalesce(BoolOr("grants__tier__may_reply", filter=covering), False),
            in_grace=Coalesce(BoolOr(Q(grants__reason=GRACE, grants__source="subscription"), filter=covering), False),
            was_patron_until=Max("grants__ends_at", filter=Q(grants__ends_at__lte=now)),
            in_desk_group=models.Exists(desk),
        )


class MemberManager(BaseUserManager["Member"].from_queryset(MemberQuerySet)):  # type: ignore[misc]  # a dynamic base
    """Makes accounts; the words are the queryset's."""

    use_in_migrations = False

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """A member; without a password only the e-mail code signs in."""
        member = self.model(email=self.normalize_email(email).strip(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member  # type: ignore[no-any-return]  # from_queryset loses the model

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """A member of staff with every permission."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, email: str | None) -> "Member":
        """The member with this address, whatever its case."""
        return self.get(email__iexact=email)  # type: ignore[no-any-return]  # from_queryset loses the model


class Member(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # Reply stands on untyped rows
    """The user model: an e-mail address and a name to appear under. No username, no Stripe id."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=80, blank=True, help_text=_("Shown beside your replies."))
    language = models.CharField(_("language"), max_length=12, blank=True)
    is_staff = models.BooleanField(_("may open the desk"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey("self", null=True, blank=True, editable=False, on_delete=models.SET_NULL)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(Lower("email"), name="member_email_unique")]
        indexes = [models.Index(OpClass(Lower("name"), "text_pattern_ops"), name="member_by_name")]
        permissions = [
            ("manage_membership", "Can record support, give access and refund"),
            ("manage_rules", "Can change the site's rules"),
            ("manage_staff", "Can invite staff, change their roles and let them go"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name, as Django's own templates ask for it."""
        return self.name

    @property
    def display_name(self) -> str:
        """What others see: the chosen name, never the address."""
        return self.name or str(_("A reader"))

    def as_reader(self, gifts: frozenset[int] = frozenset()) -> Reader:
        """The gate's view of a member loaded by `with_standing`. `gifts`: stories whose links they opened."""
        standing: Any = self  # annotated by with_standing
        return Reader(
            member_id=self.pk,
            rank=standing.current_rank,
            on_staff=self.is_superuser or standing.in_desk_group,
            gifts=gifts,
            in_grace=standing.in_grace,
            opens_archive=standing.opens_archive,
            may_reply=standing.may_reply,
            patron_until=standing.was_patron_until,
        )
