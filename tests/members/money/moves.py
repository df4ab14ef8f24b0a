"""What may happen in a patron's life: each move plays one thing on the fake, or nothing where it makes no sense."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from members.models import Gift, Member, Payment
from members.money.giving import gifts, support
from members.money.joining import checkout
from members.money.stripe_api import payments

if TYPE_CHECKING:
    from tests.members.money.histories import Life

Play = Callable[["Life", Member], bool]


def join(life: "Life", person: Member) -> bool:
    """Join and pay, now or by a bank that takes days, or think better of it."""
    if life.running(person):
        return False
    price = life.random.choice([("tier-1", "month"), ("tier-1", "month"), ("tier-2", "month"), ("tier-1", "year")])
    session = life.till.join(person, *price)
    outcome = life.random.choice(["paid", "paid", "paid", "declined", "processing"])
    life.till.fake.pay(session, outcome)
    if outcome == "processing":
        life.till.deliver()
        life.till.fake.advance(days=2, along=life.till.clock)
        life.till.fake.settle_payment(session, succeeds=life.random.random() < 0.5)
    return True


def try_free(life: "Life", person: Member) -> bool:
    """A trial, with or without a card."""
    if life.running(person):
        return False
    customer = checkout.customer_of(person, teller=payments.in_job()).stripe_id
    if life.random.random() < 0.5:
        life.till.fake.new_card(customer)
    life.till.fake.client().v1.subscriptions.create(
        {
            "customer": customer, "items": [{"price": life.till.price().stripe_id or ""}], "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )  # fmt: skip
    return True


def wait(days: float) -> Play:
    """Time passes for everybody."""

    def passing(life: "Life", person: Member) -> bool:
        life.till.fake.advance(days=days, hours=life.random.randint(0, 20), along=life.till.clock)
        return True

    return passing


def card(works: str) -> Play:
    """Another card, which works or does not."""

    def replace(life: "Life", person: Member) -> bool:
        sub = life.running(person)
        if sub is not None:
            life.till.fake.new_card(sub["customer"], works)
        return sub is not None

    return replace


def in_portal(act: str) -> Play:
    """Cancel, resume or switch in the Portal."""

    def visit(life: "Life", person: Member) -> bool:
        sub = life.running(person)
        if sub is None or sub["status"] not in ("active", "trialing") or sub["pause_collection"]:
            return False
        if act == "resume" and not sub["cancel_at"]:
            return False
        page = life.till.fake.client().v1.billing_portal.sessions.create({"customer": sub["customer"]})
        now = sub["items"]["data"][0]["price"]["id"]
        slug = life.random.choice([("tier-1", "month"), ("tier-2", "month"), ("tier-1", "year")])
        price = life.till.price(*slug).stripe_id or ""
        if act == "switch" and (price == now or sub["cancel_at"]):
            return False
        life.till.fake.in_portal(page.id, sub["id"], act, price=price)
        return True

    return visit


def pause(life: "Life", person: Member) -> bool:
    """Nothing is billed for some weeks."""
    sub = life.running(person)
    if sub is None or sub["status"] != "active" or sub["pause_collection"]:
        return False
    until = int((timezone.now() + timedelta(days=life.random.randint(20, 70))).timestamp())
    life.till.fake.client().v1.subscriptions.update(
        sub["id"], {"pause_collection": {"behavior": "void", "resumes_at": until}}
    )
    return True


def end(life: "Life", person: Member) -> bool:
    """Ended at once in the dashboard."""
    sub = life.running(person)
    if sub is not None:
        life.till.fake.client().v1.subscriptions.cancel(sub["id"])
    return sub is not None


def give_back(life: "Life", person: Member) -> bool:
    """A refund in the dashboard: of any payment, whole or in part."""
    rows = life.paid(person)
    if not rows:
        return False
    row = rows[0] if life.random.random() < 0.6 else life.random.choice(rows)
    left = row.amount - row.amount_refunded
    amount = left if life.random.random() < 0.5 else max(1, left // 3)
    made = life.till.fake.client().v1.refunds.create({"payment_intent": row.payment_intent, "amount": amount})
    life.refunds.append(made.id)
    return True


def fail_to_give_back(life: "Life", person: Member) -> bool:
    """A bank sends a refund back to us."""
    if not life.refunds:
        return False
    refund = life.till.fake.state.objects[life.refunds.pop()]
    if life.till.fake.state.objects[refund["charge"]]["disputed"]:
        return False
    life.till.fake.fail_refund(refund["id"])
    return True


def dispute(life: "Life", person: Member) -> bool:
    """A bank takes a payment back, or asks about it."""
    rows = [row for row in life.paid(person) if not row.amount_refunded]
    if rows:
        inquiry = life.random.random() < 0.3
        life.disputes.append(life.till.fake.dispute(life.till.charge(rows[0]), inquiry=inquiry))
    return bool(rows)


def decide_dispute(life: "Life", person: Member) -> bool:
    """The dispute comes to its end."""
    if not life.disputes:
        return False
    ident = life.disputes.pop()
    inquiry = life.till.fake.state.objects[ident]["status"].startswith("warning")
    life.till.fake.move_dispute(ident, "warning_closed" if inquiry else life.random.choice(["won", "lost"]))
    return True


def buy_gift(life: "Life", person: Member) -> bool:
    """Somebody without account buys a membership for somebody."""
    address = support.buy_gift(
        tier=life.till.price("tier-2").tier, months=life.random.choice([1, 3]), member=None, email="a@example.org",
        recipient_email=person.email, giver_name="Ann", message="", deliver_at=None, now=timezone.now(),
    )  # fmt: skip
    life.till.fake.pay(address.rsplit("/", 1)[-1], life.random.choice(["paid", "paid", "declined"]))
    return True


def redeem_gift(life: "Life", person: Member) -> bool:
    """Somebody redeems a code."""
    gift = Gift.objects.filter(redeemed_by=None, voided_at=None).order_by("pk").first()
    if gift is None or gift.payment.attempt is None or gift.payment.is_void or gift.expires_at <= timezone.now():
        return False
    gifts.redeem(gifts.code_of(gift.payment.attempt), by=person, now=timezone.now())
    return True


def give_gift_back(life: "Life", person: Member) -> bool:
    """A gift is paid back, redeemed or not."""
    row = Payment.objects.filter(kind="gift", amount_refunded=0, dispute_status="").order_by("pk").last()
    if row is not None:
        life.till.fake.client().v1.refunds.create({"payment_intent": row.payment_intent})
    return row is not None


def forget_customer(life: "Life", person: Member) -> bool:
    """Deleted in the dashboard."""
    sub = life.running(person)
    if sub is not None:
        life.till.fake.client().v1.customers.delete(sub["customer"])
    return sub is not None


PLAYS: dict[str, Play] = {
    "join": join, "try free": try_free, "a day": wait(1), "a fortnight": wait(14), "a month": wait(31),
    "card fails": card("declined"), "card needs the patron": card("action"), "card mended": card("paid"),
    "cancel": in_portal("cancel"), "undo": in_portal("resume"), "switch": in_portal("switch"), "pause": pause,
    "end at once": end, "refund": give_back, "refund fails": fail_to_give_back, "dispute": dispute,
    "dispute decided": decide_dispute, "buy gift": buy_gift, "redeem": redeem_gift, "gift refunded": give_gift_back,
    "customer deleted": forget_customer,
}  # fmt: skip
MOVES = dict.fromkeys(PLAYS, 1) | {"join": 5, "a month": 4, "a fortnight": 2, "card mended": 3, "redeem": 2}
