"""What people are told before it happens: a card that expires, free days that end, a year that renews.

Found by date, so a pass may run any number of times: the mail's key keeps each to one. What is over already
is told to nobody, so a deploy mails nobody; a pass queues at most a hundred of each kind.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import Mailing, Price, Subscription
from members.money.amounts import spelled
from members.money.keeping.standing import day, deal

AHEAD = timedelta(days=14)  # of a card's last day and of a yearly payment
BEFORE_TRIAL_ENDS = timedelta(days=3)
SHORT_TRIAL = timedelta(days=5)  # the welcome has just said it
AT_MOST = 100


def remind(now: datetime) -> int:
    """Queue every reminder that is due, at most a hundred of a kind. Returns how many."""
    return _queue(_cards(now), _card_key, "card_expiring", _of_card) + _queue(
        [*_trials(now), *_years(now)], _payment_key, None, _of_payment
    )


def _running() -> Any:
    """Subscriptions that go on and whose member is there."""
    rows = Subscription.objects.filter(price__isnull=False, customer__member__isnull=False, ends_at=None)
    return rows.select_related("customer__member", "price__tier").order_by("pk")


def _cards(now: datetime) -> Iterable[Subscription]:
    """Those whose card is still good, but not for long."""
    today = timezone.localdate(now)
    near = Q(card_expires_on__gte=today, card_expires_on__lte=today + AHEAD)
    found: Iterable[Subscription] = _running().filter(near, status__in=["trialing", "active", "past_due"])
    return found


def _trials(now: datetime) -> Iterable[Subscription]:
    """Those whose free days end within three days, unless they were only a handful."""
    rows = _running().filter(
        status="trialing", trial_ends_at__gt=now, trial_ends_at__lte=now + BEFORE_TRIAL_ENDS, paused_at=None
    )
    return [row for row in rows if row.trial_ends_at - row.started_at > SHORT_TRIAL]


def _years(now: datetime) -> Iterable[Subscription]:
    """Those whose year is paid and whose next payment comes within a fortnight."""
    found: Iterable[Subscription] = _running().filter(
        status="active", price__interval=Price.Interval.YEAR, paused_at=None, next_price=None,
        period_end__gt=now, period_end__lte=now + AHEAD, paid_until__gt=now,
    )  # fmt: skip
    return found


def _queue(
    rows: Iterable[Subscription],
    key_of: Callable[[Subscription], str],
    template: str | None,
    context_of: Callable[[Subscription, Price], dict[str, Any]],
) -> int:
    """Queue what was not queued before. `template`: None where it follows from the row."""
    due = {key_of(row): row for row in rows}
    told = set(Mailing.objects.filter(key__in=due).values_list("key", flat=True))
    queued = 0
    for key in [key for key in due if key not in told][:AT_MOST]:
        row, member = due[key], due[key].customer.member
        if row.price is None or member is None:
            continue
        with translation.override(member.language or settings.LANGUAGE_CODE):
            context = {"tier": row.price.tier.name, "deal": deal(row.price), **context_of(row, row.price)}
        name = template or ("trial_ending" if row.status == "trialing" else "renewal_soon")
        queued += mailings.queue(key, template=f"members/{name}", context=context, member=member)
    return queued


def _card_key(row: Subscription) -> str:
    """Once a card and its last day, whichever subscription it pays."""
    return f"card-{row.customer_id}-{row.card_last4}-{row.card_expires_on}"


def _of_card(row: Subscription, price: Price) -> dict[str, Any]:
    until = date_format(row.card_expires_on, _("j F Y")) if row.card_expires_on else ""
    return {"last4": row.card_last4, "until": until}


def _payment_key(row: Subscription) -> str:
    """Once a payment to come."""
    if row.status == "trialing":
        return f"trial-{row.stripe_id}-{row.trial_ends_at:%Y-%m-%d}"
    return f"renews-{row.stripe_id}-{row.period_end:%Y-%m-%d}"


def _of_payment(row: Subscription, price: Price) -> dict[str, Any]:
    amount = price.unit_amount if row.next_amount is None else row.next_amount
    return {
        "until": day(row.trial_ends_at),
        "renews_on": day(row.period_end),
        "next_amount": spelled(amount, price.currency),
        "discount": row.discount,
        "has_card": bool(row.card_last4),
    }
