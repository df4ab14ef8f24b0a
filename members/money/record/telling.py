"""What people hear of a subscription's life. Each mail is queued in the transaction of its change, and once.

A change is told by comparing the row as it was with the row as it is: repeats change nothing and say nothing.
What we hear of for the first time days after it began (an import, a deploy, a reconcile) is told to nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.utils import translation

from members.letters.sending import mailings
from members.models import CheckoutAttempt, Member, Price, Subscription
from members.money.amounts import spelled
from members.money.keeping.standing import clock, day, deal
from members.money.notices import tell_staff
from members.money.stripe_api.states import InvoiceState, SubscriptionState

LATE = timedelta(days=3)  # as long as Stripe tries to deliver
RUNNING = ("trialing", "active", "past_due")


@dataclass(frozen=True)
class Change:
    """One look at Stripe that changed our row. `before` is None when we had none."""

    member: Member
    row: Subscription
    price: Price
    before: Subscription | None
    seen: SubscriptionState
    now: datetime

    def mail(self, key: str, template: str, **more: Any) -> bool:
        """Queue `emails/members/<template>` under `key`; False if that was done before."""
        context = {"tier": self.price.tier.name, "deal": deal(self.price), **more}
        return mailings.queue(key, template=f"members/{template}", context=context, member=self.member)

    def staff(self, kind: Literal["join", "cancel", "failed"], key: str, **more: Any) -> None:
        """Tell whoever of the staff wants to hear of such things."""
        told = {"name": str(self.member), "email": self.member.email, "tier": self.price.tier.name}
        tell_staff(kind, key, {**told, "deal": deal(self.price), **more})

    @property
    def is_old(self) -> bool:
        """Whether this is the first we hear of something that began long ago."""
        return self.before is None and self.row.started_at < self.now - LATE

    @property
    def is_open(self) -> bool:
        """Whether the subscription gives access now."""
        return self.row.paid_until is not None and self.row.paid_until > self.now


def tell(
    member: Member, row: Subscription, before: Subscription | None, seen: SubscriptionState, now: datetime
) -> None:
    """Queue the mails this change calls for, in the member's language, and the staff's notices."""
    if row.price is None:
        return
    change = Change(member, row, row.price, before, seen, now)
    if change.is_old:
        return
    with translation.override(member.language or settings.LANGUAGE_CODE):
        for part in (_joined, _failed, _ending, _paused, _switched, _ended):
            part(change)


def _joined(change: Change) -> None:
    """Welcome, once; or a payment that went through after all."""
    row, before = change.row, change.before
    if row.status not in ("trialing", "active") or not change.is_open:
        return
    if before is None or before.paid_until is None:
        attempt = CheckoutAttempt.objects.filter(
            member=change.member, kind=CheckoutAttempt.Kind.SUBSCRIBE, accepted_at__isnull=False
        )
        accepted = attempt.select_related("terms").order_by("-created_at").first()
        change.mail(
            f"welcome-{row.stripe_id}",
            "welcome",
            renews_on=day(row.period_end),
            free_until=day(row.trial_ends_at) if row.status == "trialing" else "",
            discount=row.discount,
            next_amount=next_amount(row),
            terms=accepted.terms.version if accepted and accepted.terms else "",
            accepted_at=clock(accepted.accepted_at) if accepted else "",
        )
        change.staff("join", f"join-{row.stripe_id}")
    elif before.status in ("past_due", "unpaid"):
        paid = newest(change.seen, "paid")
        change.mail(f"mended-{paid.id if paid else row.stripe_id}", "payment_mended")


def next_amount(row: Subscription) -> str:
    """What the next payment takes, in words; empty where it is not known."""
    if row.next_amount is None or row.price is None:
        return ""
    return spelled(row.next_amount, row.price.currency)


def newest(seen: SubscriptionState, status: str) -> InvoiceState | None:
    """The newest invoice of that status."""
    return next((each for each in seen.invoices if each.status == status), None)


def _failed(change: Change) -> None:
    """A payment did not go through: pay it, or confirm it at the bank. Once an invoice, once more for the bank."""
    failed, row = change.seen.open_invoice, change.row
    if row.status != "past_due" or failed is None or not change.is_open:
        return
    told = {
        "amount": spelled(failed.amount_due, failed.currency),
        "hosted_url": failed.hosted_url,
        "until": day(row.paid_until),
    }
    if row.needs_action:
        change.mail(f"failed-{failed.id}-confirm", "payment_confirm", **told)
    else:
        change.mail(f"failed-{failed.id}", "payment_failed", **told)
    change.staff("failed", f"failed-{failed.id}", amount=told["amount"], until=told["until"])


def _ending(change: Change) -> None:
    """It was told to end, or not to after all. Once an end date."""
    row, before = change.row, change.before
    if row.status not in RUNNING:
        return
    was = before.ends_at if before and before.status in RUNNING else None
    if row.ends_at is not None and row.ends_at != was:
        key = f"{row.stripe_id}-{row.ends_at.date().isoformat()}"
        change.mail(f"cancelled-{key}", "cancelled", ends_on=day(row.ends_at), is_trial=row.status == "trialing")
        reason = {"reason": row.cancel_reason, "comment": row.cancel_comment, "ends_on": day(row.ends_at)}
        change.staff("cancel", f"cancel-{key}", **reason)
    elif row.ends_at is None and was is not None:
        key = f"undone-{row.stripe_id}-{was.date().isoformat()}"
        change.mail(key, "undone", renews_on=day(row.period_end), next_amount=next_amount(row))


def _paused(change: Change) -> None:
    """It rests, or goes on."""
    row, before = change.row, change.before
    if before is None:
        return
    if row.paused_at is not None and before.paused_at is None:
        key = f"{row.stripe_id}-{_instant(row.paused_at)}"
        if row.status == "paused":
            change.mail(f"rests-{key}", "rests")
        elif row.status in RUNNING:
            change.mail(
                f"paused-{key}",
                "paused",
                open_until=day(row.paid_until) if change.is_open else "",
                resumes_on=day(row.resumes_at),
            )
    elif row.paused_at is None and before.paused_at is not None and row.status in RUNNING:
        key = f"resumed-{row.stripe_id}-{_instant(before.paused_at)}"
        is_open = change.is_open and row.status == "active"
        change.mail(key, "resumed", renews_on=day(row.period_end), is_open=is_open)


def _switched(change: Change) -> None:
    """Another price, from now or from a day. The day itself brings no second mail."""
    row, before, price = change.row, change.before, change.price
    if before is None or row.status not in RUNNING:
        return
    if row.next_price is not None and row.next_price_id != before.next_price_id and row.changes_at is not None:
        key = f"planned-{row.stripe_id}-{row.next_price_id}-{row.changes_at.date().isoformat()}"
        following = {"tier": row.next_price.tier.name, "deal": deal(row.next_price)}
        change.mail(key, "plan_changed", from_day=day(row.changes_at), until_tier=price.tier.name, **following)
    elif before.price_id is not None and row.price_id not in (before.price_id, before.next_price_id):
        key = f"plan-{row.stripe_id}-{row.price_id}-{_instant(row.fetched_at)}"
        change.mail(key, "plan_changed", from_day="", renews_on=day(row.period_end))


def _ended(change: Change) -> None:
    """It is over. One bought twice by mistake is told by its refund."""
    row, before = change.row, change.before
    is_new = before is not None and before.status != "canceled" and row.status == "canceled"
    if not is_new or before is None or before.paid_until is None or before.needs_review.startswith("bought twice"):
        return
    is_unpaid = row.cancel_reason == "payment_failed"
    change.mail(f"ended-{row.stripe_id}", "ended", ended_on=day(row.ended_at or change.now), is_unpaid=is_unpaid)
    if before.ends_at is None:
        reason = {"reason": row.cancel_reason, "comment": row.cancel_comment, "ends_on": day(row.ended_at)}
        change.staff("cancel", f"ended-{row.stripe_id}", **reason)


def _instant(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S%f}"
