"""What a patron can choose: tiers and their prices."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class TierQuerySet(models.QuerySet["Tier"]):
    """Words for tiers."""

    def offered(self) -> Self:
        """Those a reader can join today, lowest rank first, with their prices loaded."""
        return (
            self.filter(is_active=True)
            .prefetch_related(models.Prefetch("prices", queryset=Price.objects.offered(), to_attr="offered_prices"))
            .order_by("rank")
        )

    def replying(self) -> Self:
        """Those whose patrons may reply where replies are for patrons."""
        return self.filter(is_active=True, may_reply=True).order_by("rank")


class Tier(models.Model):
    """One way to be a patron. A higher rank includes the lower ones."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField(unique=True)
    description = models.TextField(blank=True, help_text=_("A few sentences, as in a letter."))
    perks = models.TextField(blank=True, help_text=_("One a line."))
    trial_days = models.PositiveSmallIntegerField(
        _("days to try it free"), default=0, help_text=_("Once for each member. 0: no trial.")
    )
    opens_archive = models.BooleanField(
        _("opens the archive"), default=True, help_text=_("Where the archive's rule has closed it to all but patrons.")
    )
    may_reply = models.BooleanField(
        _("may reply"), default=True, help_text=_("Under stories whose replies are for patrons.")
    )
    is_recommended = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    product_id = models.CharField(max_length=255, null=True, blank=True, unique=True, editable=False)

    objects = TierQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        constraints = [models.CheckConstraint(condition=models.Q(rank__gte=1), name="tier_rank_from_one")]

    def __str__(self) -> str:
        return self.name

    @property
    def perk_list(self) -> list[str]:
        """The perks, one an entry."""
        return [line.strip() for line in self.perks.splitlines() if line.strip()]


class PriceQuerySet(models.QuerySet["Price"]):
    """Words for prices."""

    def offered(self) -> Self:
        """Those of active tiers that can be bought today, monthly before yearly."""
        return self.filter(is_active=True, tier__is_active=True).order_by("interval", "currency")

    def joinable(self, *, livemode: bool) -> Self:
        """Those that Stripe knows in this mode as well: only they can be paid."""
        return self.offered().filter(stripe_id__isnull=False, livemode=livemode)

    def monthly(self, currency: str, *, livemode: bool) -> Self:
        """What a month costs in `currency`, cheapest first, with tiers loaded: for the appeal's "from" and walls."""
        monthly = self.joinable(livemode=livemode).filter(interval=Price.Interval.MONTH, currency=currency)
        return monthly.select_related("tier").order_by("unit_amount", "tier__rank")


class Price(models.Model):
    """What a tier costs per month or year. Immutable once sold: a change is a new row."""

    class Interval(models.TextChoices):
        MONTH = "month", _("a month")
        YEAR = "year", _("a year")

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="prices")
    stripe_id = models.CharField(max_length=255, null=True, blank=True, unique=True, editable=False)
    currency = models.CharField(max_length=3, help_text=_("Three capital letters, such as EUR."))
    unit_amount = models.PositiveIntegerField(help_text=_("In the currency's smallest unit: 500 is 5 euros."))
    interval = models.CharField(max_length=5, choices=Interval.choices)
    is_active = models.BooleanField(default=True)
    livemode = models.BooleanField(default=False, editable=False)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "currency", "interval", "livemode"],
                condition=models.Q(is_active=True),
                name="price_one_active",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tier} · {self.unit_amount} {self.currency} {self.get_interval_display()}"
