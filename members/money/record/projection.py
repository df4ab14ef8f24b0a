"""From a subscription's state to dates: until when it is paid. Pure; access follows from the dates alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from members.money.stripe_api.states import SubscriptionState

SLACK = timedelta(hours=72)  # a renewal's invoice may stay a draft that long


@dataclass(frozen=True, slots=True)
class Worth:
    """What a subscription is worth. `paid_until`: None for nothing; `alarm`: what a person should look at."""

    paid_until: datetime | None
    ends_at: datetime | None = None
    alarm: str = ""


def project(seen: SubscriptionState, *, grace: timedelta, now: datetime) -> Worth:
    """Until when `seen` gives access, and when it ends, if that is decided.

    Grace counts from the end of the last paid period. An unknown status gives nothing and raises an alarm.
    """
    match seen.status:
        case "trialing" | "active":
            return Worth(_running(seen), ending(seen))
        case "past_due":
            return Worth(_past_due(seen, grace), ending(seen))
        case "canceled":
            return Worth(_over(seen, grace, now), seen.ended_at or now)
        case "unpaid" | "paused":
            return Worth(_no_later(seen.paid_through, now), ending(seen))
        case "incomplete" | "incomplete_expired":
            return Worth(None)
        case _:
            return Worth(None, alarm=f"unknown status {seen.status}")


def ending(seen: SubscriptionState) -> datetime | None:
    """The moment at which it was told to end: by date, or with its period. Either means ending."""
    dates = [seen.cancel_at, seen.period_end if seen.ends_with_period else None]
    return min((each for each in dates if each is not None), default=None)


def _running(seen: SubscriptionState) -> datetime | None:
    """Active: the period and the slack. Set aside, voided or never paid, it gives nothing beyond what was paid."""
    paid, end = seen.paid_through, ending(seen)
    if paid is None:  # a delayed method: complete, and the bank has yet to pay
        return None
    given_up = seen.is_pause or (seen.was_voided and paid <= seen.period_start)
    until = paid if given_up else seen.period_end + SLACK
    return until if end is None else min(until, end)


def _past_due(seen: SubscriptionState, grace: timedelta) -> datetime:
    """Never less than what was paid, never more than the grace beyond it."""
    paid = seen.paid_through or seen.period_start
    return max(paid, min(paid, seen.period_start) + grace)


def _over(seen: SubscriptionState, grace: timedelta, now: datetime) -> datetime | None:
    paid = seen.paid_through
    return None if paid is None else min(seen.ended_at or now, max(paid, seen.period_start) + grace)


def _no_later(moment: datetime | None, now: datetime) -> datetime | None:
    return None if moment is None else min(moment, now)
