"""Why somebody can or cannot read now: one sentence, and what would help. A table of rules; their order is the policy.

Pure: takes rows already loaded, asks nothing. The first rule that has an answer gives it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import CheckoutAttempt, Gift, Grant, Member, Payment, Subscription
from members.models.grant import ELSEWHERE
from members.money.amounts import spelled
from members.money.desk.facts import Facts
from members.money.keeping.standing import day

ORPHAN = "No member is linked to"
Kind = CheckoutAttempt.Kind


class Why(StrEnum):
    """Which rule answered."""

    ERASED = "erased"
    MERGED = "merged"
    CLOSED = "closed"
    GRACE = "grace"
    READS = "reads"
    ORPHAN = "orphan"
    INBOX = "inbox"
    OTHER_ACCOUNT = "other account"
    BANK = "bank"
    DISPUTED = "disputed"
    REFUNDED = "refunded"
    GIFT_WAITS = "gift waits"
    FUTURE = "future"
    CHECKOUT = "checkout"
    STRANGE = "strange"
    TEST = "test"
    PAUSED = "paused"
    FAILED = "failed"
    CONFIRM = "confirm"
    UNHEARD = "unheard"
    CANCELLED = "cancelled"
    GIFT_VOID = "gift void"
    GIFT_LATE = "gift late"
    GIVEN_OVER = "given over"
    NEVER = "never"


@dataclass(frozen=True)
class Fix:
    """A step that helps: `name` is the verb, `row` what it acts on (a key or Stripe id), `label` says its effect."""

    name: str
    label: str
    row: str = ""


@dataclass(frozen=True)
class Reason:
    """One sentence, what helps, and what else is worth knowing."""

    kind: Why
    sentence: str
    fixes: tuple[Fix, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def may_read(self) -> bool:
        """Whether patrons' stories are open to them now."""
        return self.kind in (Why.READS, Why.GRACE)


def why(facts: Facts, now: datetime) -> Reason:
    """Why this member can or cannot read at `now`."""
    return next(filter(None, (rule(facts, now) for rule in RULES)))


def look_again() -> Fix:
    """Ask Stripe and follow what it says."""
    return Fix("mend", _("Look at Stripe and put it right"))


def covering(facts: Facts, now: datetime) -> list[Grant]:
    """The grants in force, the best first."""
    held = [grant for grant in facts.grants if grant.starts_at <= now < grant.ends_at]
    return sorted(held, key=lambda grant: (grant.tier.rank, grant.ends_at), reverse=True)


def _gone(facts: Facts, now: datetime) -> Reason | None:
    member = facts.member
    if member.merged_into is not None:
        other = member.merged_into
        words = _("This account was merged into %(other)s: that is where to sign in.") % {"other": other.email}
        return Reason(Why.MERGED, words, (Fix("find", _("Look at that account"), other.email),))
    if member.erased_at is not None:
        return Reason(Why.ERASED, _("They had this account erased on %(day)s.") % {"day": day(member.erased_at)})
    if not member.is_active:
        words = _("The account is closed, so nobody can sign in with it.")
        return Reason(Why.CLOSED, words, (Fix("person", _("Open their account’s page"), str(member.pk)),))
    return None


def _in_grace(facts: Facts, now: datetime) -> Reason | None:
    held = covering(facts, now)
    row = _source(held[0], facts) if held else None
    if not held or not (held[0].reason == "grace" or (row and row.status == "past_due")):
        return None
    known = {"tier": held[0].tier.name, "day": day(held[0].ends_at)}
    if row is not None and row.needs_action:
        words = _("They read %(tier)s until %(day)s, in grace: their bank wants them to confirm the payment.") % known
    else:
        words = _("They read %(tier)s until %(day)s, in grace: the last payment failed.") % known
    return Reason(Why.GRACE, words, (*_invoice(row), look_again()), _if_walled(facts))


def _reads(facts: Facts, now: datetime) -> Reason | None:
    held = covering(facts, now)
    if not held:
        return None
    best = held[0]
    known = {"tier": best.tier.name, "day": day(best.ends_at)}
    words = {
        Grant.Source.GIFT: _("They can read: %(tier)s until %(day)s, a gift.") % known,
        Grant.Source.OFFLINE: _("They can read: %(tier)s until %(day)s, paid past Stripe.") % known,
        Grant.Source.COMPLIMENTARY: _("They can read: %(tier)s until %(day)s, given by the newsroom.") % known,
    }.get(Grant.Source(best.source), "")  # fmt: skip
    if best.source == Grant.Source.COMPLIMENTARY and best.reason == ELSEWHERE:
        words = _("They can read: %(tier)s until %(day)s, since they pay elsewhere.") % known
    row = _source(best, facts)
    if not words:
        words = _subscribed(row, best)
    also = list(_if_walled(facts))
    if best.tier.rank < facts.top_rank:
        also.append(_("Stories for a higher tier stay closed to them until they switch on their account page."))
    if facts.events:
        also.append(_inbox_words(facts))
    return Reason(Why.READS, words, (_retry(),) if facts.events else (), tuple(also))


def _subscribed(row: Subscription | None, grant: Grant) -> str:
    known = {"tier": grant.tier.name, "day": day(grant.ends_at), "ends": day(row.ends_at if row else None)}
    if row is not None and row.ends_at is not None:
        return _("They can read: %(tier)s until %(ends)s, when their subscription ends.") % known
    if row is not None and (row.resumes_at or row.paused_at):
        return _("They can read: %(tier)s until %(day)s; the subscription is paused after that.") % known
    if row is not None and row.status == "trialing":
        return _("They can read: %(tier)s until %(day)s, on trial.") % known
    if row is None or row.price is None or row.period_end is None:
        return _("They can read: %(tier)s until %(day)s.") % known
    paid = spelled(row.price.unit_amount, row.price.currency)
    known |= {"paid": paid, "each": row.price.get_interval_display(), "renews": day(row.period_end)}
    return _("They can read: %(tier)s for %(paid)s %(each)s; the next payment is on %(renews)s.") % known


def _if_walled(facts: Facts) -> tuple[str, ...]:
    return (
        _("If they still see a wall, they are not signed in, or not as %(address)s.")
        % {"address": _(" or ").join(facts.addresses)},
    )


def _source(grant: Grant, facts: Facts) -> Subscription | None:
    if grant.source != Grant.Source.SUBSCRIPTION:
        return None
    return next((row for row in facts.subscriptions if row.pk == grant.source_id), None)


def _invoice(row: Subscription | None) -> tuple[Fix, ...]:
    if row is None or not row.open_invoice_url:
        return ()
    return (Fix("invoice", _("Mail them the link to the invoice"), str(row.pk)),)


def _retry() -> Fix:
    return Fix("retry", _("Look at those events again"))


def _inbox(facts: Facts, now: datetime) -> Reason | None:
    """What Stripe told us and we have not taken in."""
    orphan = next((event for event in facts.events if event.error.startswith(ORPHAN)), None)
    if orphan is not None:
        customer = orphan.customer_id or orphan.error.removeprefix(ORPHAN).strip(" .")
        known = {"customer": customer, "day": day(orphan.created)}
        words = _("They paid as %(customer)s on %(day)s, and nobody is linked to that customer.") % known
        return Reason(Why.ORPHAN, words, (Fix("link", _("Link the customer to this account"), customer), look_again()))
    if facts.events:
        return Reason(Why.INBOX, _inbox_words(facts), (_retry(), look_again()))
    return None


def _inbox_words(facts: Facts) -> str:
    oldest = min(facts.events, key=lambda event: event.created)
    count = len(facts.events)
    known = {"n": count, "day": day(oldest.created)}
    said = next((event.error for event in facts.events if event.error), "")
    words = ngettext(
        "Stripe told us something of theirs that we have not taken in: %(n)d event since %(day)s.",
        "Stripe told us something of theirs that we have not taken in: %(n)d events since %(day)s.",
        count,
    ) % known  # fmt: skip
    return f"{words} ({said})" if said else words


def _other_account(facts: Facts, now: datetime) -> Reason | None:
    if not facts.others:
        return None
    other = facts.others[0]
    words = _("They paid as %(other)s, another account that can read.") % {"other": other["email"]}
    fixes = (
        Fix("merge", _("Merge with their other account"), str(other["pk"])),
        Fix("find", _("Look at that account"), str(other["email"])),
    )
    return Reason(Why.OTHER_ACCOUNT, words, fixes)


def _bank(facts: Facts, now: datetime) -> Reason | None:
    for attempt in facts.attempts:
        if attempt.status == CheckoutAttempt.Status.OPEN and attempt.details.get("waiting"):
            known = {"day": day(attempt.created_at), "amount": spelled(attempt.amount, attempt.currency)}
            words = _("They paid %(amount)s on %(day)s by a method whose bank takes days to confirm.") % known
            return Reason(Why.BANK, words, (look_again(),))
    return None


def _money_went_back(facts: Facts, now: datetime) -> Reason | None:
    """The newest period's money is disputed or was paid back."""
    newest = next(iter(facts.subscriptions), None)
    paid = [row for row in facts.payments if newest and row.subscription_id == newest.pk]
    last = max(paid, key=lambda row: row.period_start or row.paid_at, default=None)
    if newest is None or last is None or not last.is_void:
        return None
    known = {"amount": spelled(last.amount, last.currency), "day": day(last.paid_at)}
    if last.is_disputed:
        if last.dispute_status == "lost":
            words = _("They had their bank take back the %(amount)s of %(day)s, so what it paid for ended.") % known
        else:
            words = _("The %(amount)s of %(day)s are disputed: access rests until the bank has decided.") % known
        return Reason(Why.DISPUTED, words, (look_again(),))
    known["ended"] = day(newest.ended_at or newest.ends_at)
    if known["ended"]:
        words = _("The %(amount)s of %(day)s were refunded on %(ended)s, so what they paid for ended.") % known
    else:
        words = _("The %(amount)s of %(day)s were refunded, so what they paid for ended.") % known
    return Reason(Why.REFUNDED, words, (look_again(),))


def _gift_waits(facts: Facts, now: datetime) -> Reason | None:
    """A gift that was sent to them and not redeemed."""
    mine = {address.lower() for address in (facts.member.email, *facts.addresses)}
    return _waiting([gift for gift in facts.gifts if gift.recipient_email.lower() in mine], now)


def _gift_for_another(facts: Facts, now: datetime) -> Reason | None:
    """One they bought; it says nothing of what they themselves can read, so all else comes before it."""
    return _waiting(facts.gifts, now)


def _waiting(gifts: Iterable[Gift], now: datetime) -> Reason | None:
    for gift in gifts:
        if gift.redeemed_at is None and gift.voided_at is None and not gift.payment.is_void and gift.expires_at > now:
            to = gift.recipient_email or _("whoever bought it")
            known = {"tier": gift.tier.name, "to": to, "day": day(gift.delivered_at)}
            if gift.delivered_at is None:
                known["day"] = day(gift.deliver_at)
                words = _("A gift (%(tier)s) waits: its code goes to %(to)s on %(day)s.") % known
                return Reason(Why.GIFT_WAITS, words)
            words = _("A gift (%(tier)s) is not redeemed: its code went to %(to)s on %(day)s.") % known
            return Reason(Why.GIFT_WAITS, words, (Fix("code", _("Send the code again"), str(gift.pk)),))
    return None


def _future(facts: Facts, now: datetime) -> Reason | None:
    coming = min((g for g in facts.grants if g.starts_at > now), key=lambda grant: grant.starts_at, default=None)
    if coming is None:
        return None
    known = {"tier": coming.tier.name, "start": day(coming.starts_at), "day": day(coming.ends_at)}
    return Reason(Why.FUTURE, _("Their access has yet to begin: %(tier)s from %(start)s until %(day)s.") % known)


def _checkout(facts: Facts, now: datetime) -> Reason | None:
    """They opened Checkout after all that is known of their money, and no payment came of it."""
    last = next((attempt for attempt in facts.attempts if attempt.kind == Kind.SUBSCRIBE), None)
    since = [moment for row in facts.subscriptions for moment in (row.started_at, row.ended_at, row.ends_at) if moment]
    since += [grant.ends_at for grant in facts.grants]
    if last is None or any(moment >= last.created_at for moment in since):
        return None
    known = {"day": day(last.created_at), "amount": spelled(last.amount, last.currency)}
    if last.status == CheckoutAttempt.Status.DONE:
        words = _("Their Checkout of %(day)s (%(amount)s) was paid, and we know of no subscription.") % known
    elif last.status == CheckoutAttempt.Status.FAILED:
        words = _("Their payment of %(amount)s on %(day)s did not go through.") % known
    else:
        words = _("They opened Checkout on %(day)s (%(amount)s) and never paid.") % known
    return Reason(Why.CHECKOUT, words, (look_again(),))


def _given_is_over(facts: Facts, now: datetime) -> Reason | None:
    """What ended last was no subscription, and none is running."""
    last = max(facts.grants, key=lambda grant: grant.ends_at, default=None)
    running = any(row.is_standing for row in facts.subscriptions)
    if last is None or last.source == Grant.Source.SUBSCRIPTION or running:
        return None
    known = {"tier": last.tier.name, "day": day(last.ends_at)}
    words = {
        Grant.Source.GIFT: _("Their gift (%(tier)s) ended on %(day)s.") % known,
        Grant.Source.OFFLINE: _("Their payment past Stripe (%(tier)s) was good until %(day)s.") % known,
    }.get(Grant.Source(last.source), _("The access we gave them (%(tier)s) ended on %(day)s.") % known)
    return Reason(Why.GIVEN_OVER, words)


def _subscription(facts: Facts, now: datetime) -> Reason | None:
    """What their newest subscription says; one that runs comes before one that is over."""
    running = [row for row in facts.subscriptions if row.status not in ("canceled", "incomplete_expired")]
    row = next(iter([*running, *facts.subscriptions]), None)
    return _of(row, facts) if row is not None else None


def _of(row: Subscription, facts: Facts) -> Reason:
    ended = day(row.ended_at or row.ends_at or row.paid_until)
    known = {"day": day(row.paid_until), "ended": ended, "status": row.status}
    fixes = (*_invoice(row), look_again())
    if row.price is None:
        words = _("They pay Stripe for something that is not among our prices, so it opens nothing.")
        return Reason(Why.STRANGE, words, fixes)
    if row.status == "canceled":
        return Reason(Why.CANCELLED, _("Their subscription was cancelled and ended on %(ended)s.") % known, fixes)
    if row.status in ("incomplete", "incomplete_expired"):
        return Reason(Why.FAILED, _("Their first payment never went through."), fixes)
    if row.status in ("past_due", "unpaid"):
        if row.needs_action:
            words = _("Their bank wants them to confirm the payment; the days of grace ended on %(day)s.") % known
            return Reason(Why.CONFIRM, words, fixes)
        words = _("Their payment failed, and the days of grace ended on %(day)s.") % known
        return Reason(Why.FAILED, words, fixes)
    if row.status == "paused" or row.resumes_at or row.paused_at:
        return Reason(Why.PAUSED, _paused_words(row), fixes)
    if row.status in ("active", "trialing"):
        if not row.livemode and not facts.grants:
            return Reason(Why.TEST, _("Their subscription is one of Stripe’s test mode and opens nothing here."), fixes)
        words = _("Stripe calls their subscription %(status)s, and we know of no payment after %(day)s.") % known
        return Reason(Why.UNHEARD, words, fixes)
    words = _("Stripe calls their subscription “%(status)s”, a word we do not know, so it opens nothing.") % known
    return Reason(Why.STRANGE, words, fixes)


def _paused_words(row: Subscription) -> str:
    known = {"until": day(row.resumes_at), "paid": day(row.paid_until)}
    if row.resumes_at:
        return _("Their subscription is paused until %(until)s; the next payment opens everything again.") % known
    return _("Their subscription is paused: no card paid when the trial or the period ended.")


def _gift_is_no_use(facts: Facts, now: datetime) -> Reason | None:
    for gift in facts.gifts:
        known = {"tier": gift.tier.name, "day": day(gift.expires_at)}
        if gift.voided_at is not None or gift.payment.is_void:
            return Reason(Why.GIFT_VOID, _("Their gift (%(tier)s) was paid back, so it opens nothing.") % known)
        if gift.redeemed_at is None:
            return Reason(Why.GIFT_LATE, _("Their gift (%(tier)s) could be redeemed until %(day)s.") % known)
    return None


def _never(facts: Facts, now: datetime) -> Reason | None:
    gave = next((row for row in facts.payments if row.kind in (Payment.Kind.DONATION, Payment.Kind.GIFT)), None)
    if gave is None:
        return Reason(Why.NEVER, _("They have a free account and never paid."), (look_again(),))
    known = {"amount": spelled(gave.amount, gave.currency), "day": day(gave.paid_at)}
    if gave.kind == Payment.Kind.DONATION:
        words = _("They gave %(amount)s once, on %(day)s, which opens nothing, and never joined.") % known
    else:
        words = _("They paid %(amount)s on %(day)s for somebody else’s gift, and never joined.") % known
    return Reason(Why.NEVER, words, (look_again(),))


Rule = Callable[[Facts, datetime], Reason | None]
RULES: tuple[Rule, ...] = (
    _gone, _in_grace, _reads, _inbox, _other_account, _bank, _gift_waits, _future, _checkout, _money_went_back,
    _given_is_over, _subscription, _gift_for_another, _gift_is_no_use, _never,
)  # fmt: skip


def why_gift(gift: Gift, now: datetime) -> Reason:
    """The same for a gift that no account belongs to yet."""
    facts = Facts(Member(), gifts=(gift,))
    return (
        _gift_for_another(facts, now)
        or _gift_is_no_use(facts, now)
        or Reason(Why.GIVEN_OVER, _("This gift was redeemed on %(day)s.") % {"day": day(gift.redeemed_at)})
    )
