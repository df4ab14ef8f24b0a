"""Support and access beside subscriptions: gifts, complimentary and hardship access, offline money."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member
from members.models.money import Payment, Subscription
from members.models.tier import Tier

ENDS_AFTER_START = Q(ends_at__gt=F("starts_at"))


class Gift(models.Model):
    """A membership bought for somebody. Only the digest of its code is kept."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT)
    months = models.PositiveSmallIntegerField()
    code_hash = models.CharField(max_length=64, unique=True)
    giver_name = models.CharField(max_length=80, blank=True)
    message = models.TextField(blank=True)
    recipient_email = models.EmailField(blank=True)
    deliver_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    redeemed_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="gifts")
    redeemed_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")

    def __str__(self) -> str:
        return f"{self.tier} · {self.months}"


class ComplimentaryQuerySet(models.QuerySet["Complimentary"]):
    """Words for given access."""

    def elsewhere(self) -> Self:
        """What stands for a payment on another platform."""
        return self.filter(kind=Complimentary.Kind.ELSEWHERE)

    def running(self, now: datetime) -> Self:
        """What gives access at `now`."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def of_payers(self) -> Self:
        """Of members whom Stripe bills here as well, or waits for."""
        return self.filter(Exists(_standing()))

    def to_be_invited(self, now: datetime) -> Self:
        """Patrons who pay elsewhere, not here, and were not yet asked to move their card."""
        open_ones = self.elsewhere().running(now).filter(invited_at=None, member__is_active=True)
        return open_ones.exclude(Exists(_standing()))


def _standing() -> "models.QuerySet[Subscription]":
    """Subscriptions of a row's member that go on."""
    return Subscription.objects.standing().filter(customer__member=OuterRef("member"))


class Complimentary(models.Model):
    """Access given by the newsroom, always with an end.

    Of the kind `elsewhere` it stands for a payment on another platform (`legacy_key`: which one there), until the
    patron moves the card; `invited_at` is when they were asked to, once.
    """

    class Kind(models.TextChoices):
        COMPLIMENTARY = "complimentary", _("Complimentary")
        HARDSHIP = "hardship", _("Hardship")
        ELSEWHERE = "elsewhere", _("Pays elsewhere")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="complimentary")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    kind = models.CharField(max_length=13, choices=Kind.choices, default=Kind.COMPLIMENTARY)
    reason = models.CharField(max_length=300, blank=True)
    granted_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ComplimentaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("complimentary access")
        verbose_name_plural = _("complimentary access")
        constraints = [models.CheckConstraint(condition=ENDS_AFTER_START, name="complimentary_ends_after_start")]

    def __str__(self) -> str:
        return f"{self.member} · {self.tier}"

    def may_be_invited(self, now: datetime) -> bool:
        """Whether they can be asked to move their card; the same as `to_be_invited`. One query, none of other kinds."""
        return self.kind == self.Kind.ELSEWHERE and Complimentary.objects.to_be_invited(now).filter(pk=self.pk).exists()


class AccessRequest(models.Model):
    """Somebody who cannot pay asks. One open request a member; settled by a person, with or without access."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="access_requests")
    message = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    given = models.ForeignKey(Complimentary, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(settled_at=None), name="access_request_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.asked_at:%Y-%m-%d}"


class SupportWayQuerySet(models.QuerySet["SupportWay"]):
    """Words for other ways to support."""

    def shown(self) -> Self:
        """Those readers see, in their order."""
        return self.filter(is_active=True).order_by("position", "pk")


class SupportWay(models.Model):
    """Another way to support: a bank account, PayPal, Patreon. Shown with a button that copies `value`."""

    label = models.CharField(_("name"), max_length=80, help_text=_("Bank transfer, PayPal, Patreon …"))
    value = models.CharField(_("to copy"), max_length=200, blank=True, help_text=_("An IBAN, an address, a name."))
    url = models.URLField(_("link"), blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("shown"), default=True)

    objects = SupportWayQuerySet.as_manager()

    class Meta:
        verbose_name = _("other way to support")
        verbose_name_plural = _("other ways to support")

    def __str__(self) -> str:
        return self.label


class OfflinePayment(models.Model):
    """Support that came past Stripe (bank, PayPal, Patreon): revenue and a grant."""

    class Method(models.TextChoices):
        BANK = "bank", _("Bank transfer")
        PAYPAL = "paypal", _("PayPal")
        PATREON = "patreon", _("Patreon")
        OTHER = "other", _("Other")

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="offline_payments")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT)
    amount = models.PositiveIntegerField(help_text=_("In the currency's smallest unit: 500 is 5 euros."))
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=8, choices=Method.choices)
    reference = models.CharField(max_length=120, blank=True)
    received_on = models.DateField()
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    class Meta:
        verbose_name = _("offline payment")
        verbose_name_plural = _("offline payments")
        constraints = [models.CheckConstraint(condition=ENDS_AFTER_START, name="offline_ends_after_start")]

    def __str__(self) -> str:
        return f"{self.member} · {self.amount} {self.currency}"
