"""Where a member stands, in plain sentences, for the account page."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from members.models import CheckoutAttempt, Grant, Member, Payment, Price, Subscription
from members.money.amounts import spelled


class Kind(StrEnum):
    """What a standing is, for templates: which buttons to offer."""

    NONE = "none"
    PAYING = "paying"
    TRIAL = "trial"
    ENDING = "ending"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    LAPSED = "lapsed"
    DISPUTED = "disputed"
    GIVEN = "given"
    WAITING = "waiting"


@dataclass(frozen=True)
class Standing:
    """A member's standing now.

    `sentences` say it; `warning` is for a banner (empty otherwise); `day` is the date the sentence names.
    The rest says which buttons make sense: portal, pause, resume, join; `pay_url` is Stripe's page on which
    the open invoice is paid, or (`must_confirm`) confirmed at the bank.
    """

    kind: Kind
    sentences: list[str] = field(default_factory=list)
    warning: str = ""
    day: datetime | None = None
    subscription: Subscription | None = None
    may_manage: bool = False
    may_pause: bool = False
    may_resume: bool = False
    may_join: bool = False
    pay_url: str = ""
    must_confirm: bool = False

    @property
    def is_past_due(self) -> bool:
        """Whether the last payment failed."""
        return self.kind is Kind.PAST_DUE

    @property
    def calm(self) -> list[str]:
        """The sentences that the banner does not say already."""
        return [sentence for sentence in self.sentences if sentence not in self.warning]


def standing_of(member: Member, now: datetime) -> Standing:
    """The member's standing at `now`. Three queries at most."""
    from members.money.keeping.sentences import given_words, of_subscription

    row = _row_that_counts(member, now)
    grants = Grant.objects.filter(member=member, ends_at__gt=now).exclude(source=Grant.Source.SUBSCRIPTION)
    given = list(grants.select_related("tier").order_by("starts_at", "-tier__rank"))
    if row is not None and row.price is not None and (row.is_standing or _is_open(row, now)):
        found = of_subscription(row, row.price, now)
        beside = [given_words(grant, now) for grant in given if not _is_within(grant, row, now)]
        return replace(found, sentences=[*found.sentences, *beside])
    if given:
        words = [given_words(grant, now) for grant in given]
        return Standing(Kind.GIVEN, words, day=given[0].ends_at, may_join=True)
    waiting = CheckoutAttempt.objects.filter(
        member=member, kind=CheckoutAttempt.Kind.SUBSCRIBE, status=CheckoutAttempt.Status.OPEN, details__waiting=True
    )
    if waiting.exists():
        return Standing(Kind.WAITING, [_("We are waiting for your bank. There is nothing you need to do.")])
    if row is not None:
        ended = _("Your membership ended on %(day)s.") % {"day": day(row.ended_at or row.paid_until or row.fetched_at)}
        return Standing(Kind.NONE, [ended, _("Come back whenever you like.")], may_join=True)
    return Standing(Kind.NONE, [_("You have a free account.")], may_join=True)


def _row_that_counts(member: Member, now: datetime) -> Subscription | None:
    """The subscription to speak of: one that stands, else one still open, else the newest that ever gave access."""
    disputed = Payment.objects.disputed().filter(subscription=OuterRef("pk"))
    rows = Subscription.objects.filter(customer__member=member, price__isnull=False)
    newest = rows.annotate(is_disputed=Exists(disputed)).select_related("price__tier", "next_price__tier", "customer")
    found = [row for row in newest.order_by("-started_at")[:10] if row.is_standing or row.paid_until]
    standing = (row for row in found if row.is_standing)
    return next(standing, None) or next((row for row in found if _is_open(row, now)), next(iter(found), None))


def _is_open(row: Subscription, now: datetime) -> bool:
    return row.paid_until is not None and row.paid_until > now


def _is_within(grant: Grant, row: Subscription, now: datetime) -> bool:
    """Whether what was given adds nothing that the subscription does not give anyway."""
    same = row.price is not None and grant.tier_id == row.price.tier_id
    return same and _is_open(row, now) and row.paid_until is not None and grant.ends_at <= row.paid_until


def deal(price: Price, amount: int | None = None) -> str:
    """What a price takes and how often: `5 € a month`. `amount` in minor units: another than its own."""
    shown = spelled(price.unit_amount if amount is None else amount, price.currency)
    if price.interval == Price.Interval.YEAR:
        return _("%(amount)s a year") % {"amount": shown}
    return _("%(amount)s a month") % {"amount": shown}


def day(moment: datetime | None) -> str:
    """A moment as a day in the site's time zone: `3 December`, with the year when it is another one."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    same_year = local.year == timezone.localdate().year
    return date_format(local, _("j F") if same_year else _("j F Y"))


def clock(moment: datetime | None) -> str:
    """A moment to the minute in the site's time zone: `3 November 2026, 14:05`."""
    return "" if moment is None else date_format(timezone.localtime(moment), _("j F Y, H:i"))
