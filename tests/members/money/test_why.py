"""Why somebody can or cannot read: every rule of the table, from rows alone, and the order of the rules."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from members.models import (
    CheckoutAttempt,
    Gift,
    Grant,
    Member,
    Payment,
    Price,
    StripeCustomer,
    StripeEvent,
    Subscription,
    Tier,
)
from members.money.desk.facts import Facts
from members.money.desk.why import RULES, Why, why
from tests.conftest import NOON

FRIEND, PATRON = Tier(pk=1, name="Friend", rank=1), Tier(pk=2, name="Patron", rank=2)
PRICE = Price(pk=1, tier=FRIEND, unit_amount=500, currency="EUR", interval="month")
TIERS = ({"pk": 1, "name": "Friend", "rank": 1}, {"pk": 2, "name": "Patron", "rank": 2})
ADA = Member(pk=7, email="ada@example.org", name="Ada")


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def days(number: float) -> Any:
    return NOON + timedelta(days=number)


def grant(source: str = "subscription", begins: float = -10, ends: float = 20, **more: Any) -> Grant:
    fields = {"tier": FRIEND, "source_id": 1, **more}
    return Grant(member=ADA, source=source, starts_at=days(begins), ends_at=days(ends), **fields)


def subscription(status: str = "active", **more: Any) -> Subscription:
    fields = {
        "pk": 1, "price": PRICE, "customer": StripeCustomer(member=ADA, stripe_id="cus_1"), "started_at": days(-40),
        "period_end": days(20), "paid_until": days(20), "stripe_id": "sub_1", "livemode": True, **more,
    }  # fmt: skip
    return Subscription(status=status, **fields)


def payment(**more: Any) -> Payment:
    fields = {
        "kind": "invoice", "amount": 500, "currency": "EUR", "paid_at": days(-10), "subscription_id": 1,
        "period_start": days(-10), **more,
    }  # fmt: skip
    return Payment(**fields)


def attempt(status: str = "expired", ago: float = 1, kind: str = "subscribe", **more: Any) -> CheckoutAttempt:
    return CheckoutAttempt(kind=kind, status=status, amount=500, currency="EUR", created_at=days(-ago), **more)


def gift(**more: Any) -> Gift:
    fields = {
        "pk": 3, "tier": FRIEND, "months": 3, "payment": payment(kind="gift"), "recipient_email": "ada@example.org",
        "delivered_at": days(-2), "expires_at": days(300), **more,
    }  # fmt: skip
    return Gift(**fields)


def event(error: str = "", **more: Any) -> StripeEvent:
    return StripeEvent(type="invoice.paid", status="parked", error=error, created=days(-3), **more)


ORPHANED = "No member is linked to cus_9."
OVER = {"paid_until": days(-3), "period_end": days(-3)}
OTHER = {"pk": 9, "email": "ada@work.example", "name": "Ada"}
TABLE: dict[str, tuple[dict[str, Any], Why, str, tuple[str, ...]]] = {
    "pays": (
        {"grants": (grant(),), "subscriptions": (subscription(),)},
        Why.READS, "They can read: Friend for 5 € a month; the next payment is on 23 November.", (),
    ),
    "ending": (
        {"grants": (grant(),), "subscriptions": (subscription(ends_at=days(20)),)},
        Why.READS, "Friend until 23 November, when their subscription ends", (),
    ),
    "paused, paid time left": (
        {"grants": (grant(),), "subscriptions": (subscription(paused_at=days(-1), resumes_at=days(50)),)},
        Why.READS, "the subscription is paused after that", (),
    ),
    "on trial": (
        {"grants": (grant(),), "subscriptions": (subscription("trialing"),)}, Why.READS, "on trial", (),
    ),
    "gift": ({"grants": (grant("gift"),)}, Why.READS, "Friend until 23 November, a gift", ()),
    "offline": ({"grants": (grant("offline"),)}, Why.READS, "paid past Stripe", ()),
    "complimentary": ({"grants": (grant("complimentary"),)}, Why.READS, "given by the newsroom", ()),
    "grace": (
        {"grants": (grant(reason="grace", ends=4),),
         "subscriptions": (subscription("past_due", open_invoice_url="https://x"),)},
        Why.GRACE, "until 7 November, in grace: the last payment failed", ("invoice", "mend"),
    ),
    "grace, bank wants a word": (
        {"grants": (grant(ends=4),), "subscriptions": (subscription("past_due", needs_action=True),)},
        Why.GRACE, "their bank wants them to confirm the payment", ("mend",),
    ),
    "never": ({}, Why.NEVER, "They have a free account and never paid.", ("mend",)),
    "gave once": (
        {"payments": (payment(kind="donation", subscription_id=None),)},
        Why.NEVER, "They gave 5 € once, on 24 October, which opens nothing", ("mend",),
    ),
    "pays nothing any more, and a gift they bought waits": (
        {"subscriptions": (subscription("canceled", ended_at=days(-3), **OVER),),
         "gifts": (gift(recipient_email="niece@example.org"),)},
        Why.CANCELLED, "cancelled and ended on 31 October", ("mend",),
    ),
    "bought a gift that waits": (
        {"gifts": (gift(recipient_email=""),)}, Why.GIFT_WAITS, "its code went to whoever bought it", ("code",),
    ),
    "bought somebody's gift": (
        {"payments": (payment(kind="gift", subscription_id=None),)}, Why.NEVER, "somebody else’s gift", ("mend",),
    ),
    "opened Checkout": (
        {"attempts": (attempt(),)}, Why.CHECKOUT, "opened Checkout on 2 November (5 €) and never paid", ("mend",),
    ),
    "checkout failed": ({"attempts": (attempt("failed"),)}, Why.CHECKOUT, "did not go through", ("mend",)),
    "checkout done, no subscription": (
        {"attempts": (attempt("done"),)}, Why.CHECKOUT, "was paid, and we know of no subscription", ("mend",),
    ),
    "a donation's Checkout is no try to join": (
        {"attempts": (attempt(kind="donate"),)}, Why.NEVER, "never paid", ("mend",),
    ),
    "the bank takes days": (
        {"attempts": (attempt("open", details={"waiting": True}),)}, Why.BANK, "whose bank takes days", ("mend",),
    ),
    "grace is over": (
        {"subscriptions": (subscription("past_due", open_invoice_url="https://x", **OVER),)},
        Why.FAILED, "payment failed, and the days of grace ended on 31 October", ("invoice", "mend"),
    ),
    "needs confirmation": (
        {"subscriptions": (subscription("unpaid", needs_action=True, open_invoice_url="https://x", **OVER),)},
        Why.CONFIRM, "bank wants them to confirm", ("invoice", "mend"),
    ),
    "incomplete": (
        {"subscriptions": (subscription("incomplete", **OVER),)}, Why.FAILED, "never went through", ("mend",),
    ),
    "cancelled": (
        {"subscriptions": (subscription("canceled", ended_at=days(-3), **OVER),), "grants": (grant(ends=-3),)},
        Why.CANCELLED, "cancelled and ended on 31 October", ("mend",),
    ),
    "paused": (
        {"subscriptions": (subscription("active", paused_at=days(-9), resumes_at=days(30), **OVER),)},
        Why.PAUSED, "paused until 3 December", ("mend",),
    ),
    "trial ended without a card": (
        {"subscriptions": (subscription("paused", **OVER),)}, Why.PAUSED, "no card paid", ("mend",),
    ),
    "stripe calls it active, nothing heard": (
        {"subscriptions": (subscription(**OVER),)}, Why.UNHEARD, "no payment after 31 October", ("mend",),
    ),
    "test mode": ({"subscriptions": (subscription(livemode=False),)}, Why.TEST, "test mode", ("mend",)),
    "a foreign price": ({"subscriptions": (subscription(price=None),)}, Why.STRANGE, "not among our prices", ("mend",)),
    "an unknown word": ({"subscriptions": (subscription("resting"),)}, Why.STRANGE, "“resting”", ("mend",)),
    "refunded": (
        {"subscriptions": (subscription("canceled", ended_at=days(-1), **OVER),),
         "payments": (payment(amount_refunded=500),), "grants": (grant(ends=-1),)},
        Why.REFUNDED, "The 5 € of 24 October were refunded on 2 November", ("mend",),
    ),
    "partly refunded is no reason": (
        {"subscriptions": (subscription("canceled", ended_at=days(-1), **OVER),),
         "payments": (payment(amount_refunded=200),)},
        Why.CANCELLED, "cancelled", ("mend",),
    ),
    "disputed": (
        {"subscriptions": (subscription(),), "payments": (payment(dispute_status="needs_response"),)},
        Why.DISPUTED, "disputed: access rests until the bank has decided", ("mend",),
    ),
    "dispute lost": (
        {"subscriptions": (subscription(),), "payments": (payment(dispute_status="lost"),)},
        Why.DISPUTED, "had their bank take back the 5 €", ("mend",),
    ),
    "an older period's refund is no reason": (
        {"subscriptions": (subscription("past_due", **OVER),),
         "payments": (payment(), payment(amount_refunded=500, period_start=days(-40)))},
        Why.FAILED, "grace ended", ("mend",),
    ),
    "inbox waits": (
        {"events": (event("Stripe knows no such object: in_1"),), "subscriptions": (subscription("canceled"),)},
        Why.INBOX, "1 event since 31 October. (Stripe knows no such object: in_1)", ("retry", "mend"),
    ),
    "orphan": (
        {"events": (event(ORPHANED),)}, Why.ORPHAN, "They paid as cus_9 on 31 October, and nobody is linked",
        ("link", "mend"),
    ),
    "another account": (
        {"others": (OTHER,), "attempts": (attempt(),)},
        Why.OTHER_ACCOUNT, "They paid as ada@work.example, another account that can read.", ("merge", "find"),
    ),
    "gift not redeemed": (
        {"gifts": (gift(),), "attempts": (attempt(),)},
        Why.GIFT_WAITS, "its code went to ada@example.org on 1 November", ("code",),
    ),
    "gift not sent yet": (
        {"gifts": (gift(delivered_at=None, deliver_at=days(5)),)},
        Why.GIFT_WAITS, "goes to ada@example.org on 8 November", (),
    ),
    "gift too old": ({"gifts": (gift(expires_at=days(-5)),)}, Why.GIFT_LATE, "redeemed until 29 October", ()),
    "gift paid back": ({"gifts": (gift(voided_at=days(-1)),)}, Why.GIFT_VOID, "paid back", ()),
    "gift over": ({"grants": (grant("gift", ends=-2),)}, Why.GIVEN_OVER, "Their gift (Friend) ended on 1 Nov", ()),
    "offline over": ({"grants": (grant("offline", ends=-2),)}, Why.GIVEN_OVER, "past Stripe (Friend) was good", ()),
    "complimentary over": ({"grants": (grant("complimentary", ends=-2),)}, Why.GIVEN_OVER, "we gave them", ()),
    "yet to begin": ({"grants": (grant("gift", begins=3),)}, Why.FUTURE, "has yet to begin: Friend from 6 Nov", ()),
    "closed": (
        {"member": Member(pk=7, email="a@b.c", is_active=False)}, Why.CLOSED, "account is closed", ("person",),
    ),
    "erased": ({"member": Member(pk=7, email="", erased_at=days(-2))}, Why.ERASED, "erased on 1 November", ()),
    "merged": (
        {"member": Member(pk=7, email="a@b.c", is_active=False, merged_into=ADA)},
        Why.MERGED, "merged into ada@example.org", ("find",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_sentence_says_why_and_the_buttons_help(name: str) -> None:
    known, kind, words, fixes = TABLE[name]
    reason = why(Facts(**{"member": ADA, "addresses": (ADA.email,), "tiers": TIERS, **known}), NOON)
    assert reason.kind is kind
    assert words.replace(" €", "\u00a0€") in reason.sentence
    assert tuple(fix.name for fix in reason.fixes) == fixes
    assert reason.may_read is (kind in (Why.READS, Why.GRACE))


def test_every_reason_of_the_vocabulary_has_its_row() -> None:
    assert {row[1] for row in TABLE.values()} == set(Why)


def test_whoever_reads_a_lower_tier_is_told_what_stays_closed() -> None:
    friend = why(Facts(ADA, addresses=(ADA.email,), tiers=TIERS, grants=(grant("gift"),)), NOON)
    patron = why(Facts(ADA, addresses=(ADA.email,), tiers=TIERS, grants=(grant("gift", tier=PATRON),)), NOON)
    assert any("higher tier" in words for words in friend.also)
    assert not any("higher tier" in words for words in patron.also)
    assert "not signed in, or not as ada@example.org" in patron.also[0]


def test_the_best_of_two_grants_is_named() -> None:
    both = (grant("gift"), grant("offline", tier=PATRON, ends=5, source_id=2))
    assert "Patron until 8 November" in why(Facts(ADA, tiers=TIERS, grants=both), NOON).sentence


def test_a_new_try_to_join_says_more_than_the_membership_that_ended_before() -> None:
    ended = subscription("canceled", started_at=days(-400), ended_at=days(-300), paid_until=days(-300))
    facts = {"subscriptions": (ended,), "grants": (grant(begins=-400, ends=-300),)}
    assert why(Facts(ADA, **facts), NOON).kind is Why.CANCELLED
    assert why(Facts(ADA, attempts=(attempt(ago=1),), **facts), NOON).kind is Why.CHECKOUT
    assert why(Facts(ADA, attempts=(attempt(ago=401),), **facts), NOON).kind is Why.CANCELLED


def test_waiting_events_do_not_hide_that_somebody_reads() -> None:
    reason = why(Facts(ADA, addresses=(ADA.email,), grants=(grant("gift"),), events=(event("odd"),)), NOON)
    assert reason.kind is Why.READS
    assert any("not taken in" in words for words in reason.also)
    assert [fix.name for fix in reason.fixes] == ["retry"]


def test_the_last_rule_always_answers() -> None:
    assert RULES[-1](Facts(ADA), NOON) is not None
