"""Members in every state a membership can be in, each made at the fake Stripe. The clock stands at 3 November."""

from datetime import timedelta

from django.utils import timezone

from members.models import CheckoutAttempt, Complimentary, Gift, Grant, Member, OfflinePayment, Payment
from members.money.keeping import portal
from tests.factories import MemberFactory
from tests.fakestripe import checkout
from tests.members.money.till import Till, in_days


def on_trial(till: Till, *, card: bool = True, days: int = 30) -> Member:
    """A patron whose second membership began with free days; `card`: whether one is on file."""
    member = till.patron()
    row = till.subscription(member)
    made = till.fake.client().v1.subscriptions
    made.cancel(row.stripe_id)
    if not card:
        till.fake.drop_card(row.customer.stripe_id)
    till.clock.shift(timedelta(seconds=1))
    made.create(
        {
            "customer": row.customer.stripe_id,
            "items": [{"price": till.price().stripe_id or ""}],
            "trial_period_days": days,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )
    till.deliver()
    return member


def month(till: Till) -> Member:
    return till.patron()


def year(till: Till) -> Member:
    return till.patron("tier-2", "year")


def ending(till: Till) -> Member:
    member = till.patron()
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    till.deliver()
    return member


def downgrading(till: Till) -> Member:
    member = till.patron("tier-2")
    sub = till.subscription(member).stripe_id
    till.fake.in_portal(till.portal(member), sub, "switch", price=till.price("tier-1").stripe_id or "")
    till.deliver()
    return member


def discounted(till: Till) -> Member:
    member: Member = MemberFactory()
    till.fake.promote("SPRING", percent_off=20, duration="repeating", months=4)
    pay_with(till, till.join(member), "SPRING")
    till.deliver()
    return member


def pay_with(till: Till, session: str, code: str) -> None:
    """Type a promotion code on the hosted page, then pay."""
    with till.fake.state.change():
        assert checkout.redeem(till.fake.state, till.fake.state.get(session, "checkout.session"), code)
    till.fake.pay(session)


def trial_stopped(till: Till) -> Member:
    member = on_trial(till)
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    till.deliver()
    return member


def past_due(till: Till) -> Member:
    member = till.patron()
    till.fake.state.settings["dunning_end"] = "leave"
    till.fake.fail_next_renewal()
    till.advance(31)
    return member


def past_grace(till: Till) -> Member:
    member = past_due(till)
    till.advance(20)
    return member


def unconfirmed(till: Till) -> Member:
    member = till.patron()
    till.fake.fail_next_renewal("action")
    till.advance(31)
    return member


def unpaid(till: Till) -> Member:
    till.fake.state.settings["dunning_end"] = "unpaid"
    member = till.patron()
    till.fake.fail_next_renewal()
    till.advance(50)
    return member


def paused(till: Till) -> Member:
    member = till.patron()
    portal.pause(member, resumes_on=portal.pause_days(till.subscription(member))[0].isoformat())
    return member


def rests(till: Till) -> Member:
    member = on_trial(till, card=False, days=7)
    till.advance(8)
    return member


def resumed_unpaid(till: Till) -> Member:
    member = till.patron()
    resumes = int((timezone.now() + timedelta(days=45)).timestamp())
    sub = till.subscription(member).stripe_id
    till.fake.client().v1.subscriptions.update(sub, {"pause_collection": {"behavior": "void", "resumes_at": resumes}})
    till.deliver()
    till.advance(46)
    return member


def disputed(till: Till) -> Member:
    member = till.patron()
    till.fake.dispute(till.charge(till.payment(member)))
    till.deliver()
    return member


def waiting(till: Till) -> Member:
    member: Member = MemberFactory()
    till.fake.pay(till.join(member), "processing")
    till.deliver()
    return member


def ended(till: Till) -> Member:
    member = ending(till)
    till.advance(40)
    return member


def free(till: Till) -> Member:
    made: Member = MemberFactory()
    return made


def a_gift(till: Till, member: Member) -> None:
    """A gift of `Patron` for three months, redeemed."""
    attempt = CheckoutAttempt.objects.create(kind="gift", amount=3000, currency="EUR", expires_at=timezone.now())
    payment = Payment.objects.create(
        payment_intent="pi_gift", attempt=attempt, kind="gift", amount=3000, currency="EUR",
        paid_at=timezone.now(), fetched_at=timezone.now(),
    )  # fmt: skip
    Gift.objects.create(
        payment=payment, tier=till.price("tier-2").tier, months=3, code_hash="x", redeemed_by=member,
        redeemed_at=timezone.now(), expires_at=in_days(365),
    )  # fmt: skip
    Grant.objects.rebuild(member)


def given_gift(till: Till) -> Member:
    member = free(till)
    a_gift(till, member)
    return member


def gift_after(till: Till) -> Member:
    member = till.patron()
    a_gift(till, member)
    return member


def guest(till: Till, kind: str = "complimentary") -> Member:
    member = free(till)
    Complimentary.objects.create(member=member, tier=till.price().tier, ends_at=in_days(60), kind=kind)
    Grant.objects.rebuild(member)
    return member


def hardship(till: Till) -> Member:
    return guest(till, "hardship")


def offline(till: Till) -> Member:
    member = free(till)
    OfflinePayment.objects.create(
        member=member, tier=till.price().tier, amount=6000, currency="EUR", method="bank",
        received_on=timezone.localdate(), ends_at=in_days(60),
    )  # fmt: skip
    Grant.objects.rebuild(member)
    return member
