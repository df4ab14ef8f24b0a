"""Where a member stands, in plain sentences, for the account page."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from members.models import CheckoutAttempt, Grant, Member, Price, Subscription
from members.money.amounts import spelled


class Kind(StrEnum):
    """What a standing is, for templates: which buttons to offer."""

    NONE = "none"
    PAYING = "paying"
    ENDING = "ending"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    LAPSED = "lapsed"
    GIVEN = "given"
    WAITING = "waiting"


@dataclass(frozen=True)
class Standing:
    """A member's standing now.

    `sentences` say it; `warning` is for a banner (empty otherwise); `day` is the date the sentence names.
    The rest says which buttons make sense: portal, pause (until at most `pause_until`), resume, join.
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

    @property
    def is_past_due(self) -> bool:
        """Whether the last payment failed."""
        return self.kind is Kind.PAST_DUE


def standing_of(member: Member, now: datetime) -> Standing:
    """The member's standing at `now`. Three queries at most."""
    rows = Subscription.objects.filter(customer__member=member, price__isnull=False).filter(
        Q(paid_until__gt=now) | Q(status__in=["trialing", "active", "past_due", "unpaid", "paused"])
    )
    row = rows.select_related("price__tier", "customer").order_by("-started_at").first()
    grants = list(Grant.objects.filter(member=member, ends_at__gt=now).select_related("tier").order_by("-tier__rank"))
    if row is not None:
        return _of_subscription(row, row.price, now) if row.price else Standing(Kind.NONE, may_join=True)
    given = next((grant for grant in grants if grant.source != Grant.Source.SUBSCRIPTION), None)
    if given is not None:
        words = _given_words(given, now)
        return Standing(Kind.GIVEN, [words], day=given.ends_at, may_join=True)
    waiting = CheckoutAttempt.objects.filter(
        member=member, kind=CheckoutAttempt.Kind.SUBSCRIBE, status=CheckoutAttempt.Status.OPEN, details__waiting=True
    )
    if waiting.exists():
        return Standing(Kind.WAITING, [_("We are waiting for your bank. There is nothing you need to do.")])
    return Standing(Kind.NONE, [_("You have a free account.")], may_join=True)


def _of_subscription(row: Subscription, price: Price, now: datetime) -> Standing:
    deal = _deal(price)
    if row.status == "past_due":
        return _past_due(row, now)
    if row.status in ("unpaid", "canceled") or (row.status == "paused" and not row.resumes_at):
        return _not_running(row, now)
    if row.resumes_at or row.paused_at:
        return _paused(row, now)
    if row.ends_at is not None:
        words = _("Your membership ends on %(day)s. Until then everything stays open.") % {"day": day(row.ends_at)}
        return Standing(Kind.ENDING, [deal, words], day=row.ends_at, subscription=row, may_manage=True)
    words = _("Next payment %(day)s.") % {"day": day(row.period_end)} if row.period_end else ""
    sentences = [deal, words] if words else [deal]
    return Standing(Kind.PAYING, sentences, day=row.period_end, subscription=row, may_manage=True, may_pause=True)


def _deal(price: Price) -> str:
    amount = spelled(price.unit_amount, price.currency)
    if price.interval == Price.Interval.YEAR:
        return _("You support us with %(amount)s a year.") % {"amount": amount}
    return _("You support us with %(amount)s a month.") % {"amount": amount}


def _past_due(row: Subscription, now: datetime) -> Standing:
    if row.paid_until and row.paid_until > now:
        words = _("Your last payment did not go through. Everything stays open until %(day)s.") % {
            "day": day(row.paid_until)
        }
    else:
        words = _("Your last payment did not go through, and the days of grace are over.")
    advice = _("Please look at your card: we try again by ourselves, and nothing is lost.")
    return Standing(
        Kind.PAST_DUE, [words, advice], warning=words, day=row.paid_until, subscription=row, may_manage=True
    )


def _not_running(row: Subscription, now: datetime) -> Standing:
    if row.paid_until and row.paid_until > now:
        words = _("Your membership ends on %(day)s. Until then everything stays open.") % {"day": day(row.paid_until)}
        return Standing(Kind.ENDING, [words], day=row.paid_until, subscription=row, may_join=row.status == "canceled")
    if row.status == "canceled":
        return Standing(Kind.NONE, [_("Your membership has ended. Come back whenever you like.")], may_join=True)
    words = _("Your membership rests because a payment is missing. A new card brings it back.")
    return Standing(Kind.LAPSED, [words], warning=words, subscription=row, may_manage=True)


def _paused(row: Subscription, now: datetime) -> Standing:
    sentences = [_("Your membership is paused.")]
    if row.paid_until and row.paid_until > now:
        sentences.append(_("What you paid for stays open until %(day)s.") % {"day": day(row.paid_until)})
    if row.resumes_at:
        sentences.append(
            _("It goes on after %(day)s; the next payment opens everything again.") % {"day": day(row.resumes_at)}
        )
    return Standing(Kind.PAUSED, sentences, day=row.resumes_at, subscription=row, may_manage=True, may_resume=True)


def _given_words(grant: Grant, now: datetime) -> str:
    known = {"tier": grant.tier.name, "day": day(grant.ends_at), "start": day(grant.starts_at)}
    if grant.starts_at > now:
        return _("A gift waits for you: %(tier)s from %(start)s until %(day)s.") % known
    if grant.source == Grant.Source.GIFT:
        return _("Somebody gave you this: %(tier)s until %(day)s.") % known
    if grant.source == Grant.Source.OFFLINE:
        return _("Thank you for your support: %(tier)s until %(day)s.") % known
    return _("You are our guest: %(tier)s until %(day)s.") % known


def day(moment: datetime | None) -> str:
    """A moment as a day in the site's time zone: `3 December`, with the year when it is another one."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    same_year = local.year == timezone.localdate().year
    return date_format(local, _("j F") if same_year else _("j F Y"))
