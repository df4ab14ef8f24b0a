"""Ghost's members who pay: attached once Stripe confirms them on our account. They keep their card."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from members.models import Grant, Mailing, Member, Payment, Price, StripeCustomer, StripeEvent, Subscription, Tier
from tests.factories import MemberFactory
from tests.fakestripe import billing, cards, customers
from tests.fakestripe.money import SUCCESS
from tests.members.importers.tables import GHOST, ghost, run, table
from tests.members.money.till import Till


def payer(till: Till, email: str, price: str) -> str:
    """A customer Ghost made on our account, who pays; its id."""
    customer = customers.create_customer(till.fake.state, {"email": email}, {})
    cards.give(till.fake.state, customer, SUCCESS)
    sold = till.fake.state.objects[price]
    billing.start(till.fake.state, customer, [(sold, 1)], billing.Terms(), outcome=SUCCESS)
    return str(customer["id"])


def sell_elsewhere(till: Till) -> str:
    """A price of Ghost's own on our account: 7 € a month."""
    v1 = till.fake.client().v1
    product = v1.products.create({"name": "Ghost Gold"})
    params: Any = {
        "product": product.id, "currency": "eur", "unit_amount": 700, "recurring": {"interval": "month"},
    }  # fmt: skip
    return str(v1.prices.create(params).id)


def test_customers_of_our_account_go_on_paying_and_a_foreign_one_is_listed(
    till: Till, tmp_path: Path, capsys: Any
) -> None:
    gold = sell_elsewhere(till)
    ours, theirs = payer(till, "ours@example.org", till.price().stripe_id or ""), payer(till, "gold@example.org", gold)
    free = str(customers.create_customer(till.fake.state, {"email": "free@example.org"}, {})["id"])
    till.fake.deliver("drop")
    other: Member = MemberFactory()
    StripeCustomer.objects.create(member=other, stripe_id="cus_taken")
    waits = StripeEvent.objects.create(
        stripe_id="evt_1", type="customer.subscription.updated", created=timezone.now(), status="parked",
        object_id="sub_x", customer_id=theirs,
    )  # fmt: skip
    text = table(
        GHOST,
        ghost("ours@example.org", 1, stripe_customer_id=ours, tiers="Gold"),
        ghost("gold@example.org", 2, stripe_customer_id=theirs, tiers="Gold"),
        ghost("free@example.org", 3, stripe_customer_id=free),
        ghost("foreign@example.org", 4, stripe_customer_id="cus_elsewhere", tiers="Gold"),
        ghost("reader@example.org", 5),
    )
    path, options = tmp_path / "a.csv", ("--from", "ghost", "--tier", "Gold=tier-2")
    dry = run(path, text, *options, "--dry-run", capsys=capsys)
    assert "3  customers of Stripe, confirmed on this account" in dry
    assert not Subscription.objects.exists()
    told = run(path, text, *options, capsys=capsys)
    assert "3  customers of Stripe, confirmed on this account" in told
    assert "line 5, foreign@example.org, cus_elsewhere: Stripe knows no such customer" in told
    linked = StripeCustomer.objects.values_list("stripe_id", "member__email").exclude(stripe_id="cus_taken")
    assert dict(linked) == {ours: "ours@example.org", theirs: "gold@example.org", free: "free@example.org"}
    ranks = {row.member.email: row.tier.rank for row in Grant.objects.select_related("member", "tier")}
    assert ranks == {"ours@example.org": 1, "gold@example.org": 2}
    adopted = Price.objects.get(stripe_id=gold)
    assert (adopted.unit_amount, adopted.interval, adopted.is_active) == (700, "month", False)
    assert adopted.tier == Tier.objects.get(slug="tier-2")
    waits.refresh_from_db()
    assert waits.status == "pending"
    assert not Mailing.objects.exists()  # they began a minute ago, and are not welcomed: they were here before

    calls = len(till.fake.calls)
    again = run(path, text, *options, capsys=capsys)
    assert "2  customers of Stripe who are here already" in again
    assert Subscription.objects.count() == 2
    assert len(till.fake.calls) - calls == 3  # the free one and the foreign one are asked about again
    till.advance(days=31)
    assert Payment.objects.filter(member__email="gold@example.org").exists()  # renewed by the card Ghost had
    assert {till.rank(row) for row in Member.objects.filter(email="gold@example.org")} == {2}


def test_without_stripe_customers_wait_and_one_of_another_member_is_listed(
    till: Till, tmp_path: Path, capsys: Any, settings: Any
) -> None:
    gold = payer(till, "gold@example.org", sell_elsewhere(till))
    text = table(GHOST, ghost("gold@example.org", 1, stripe_customer_id=gold, tiers="Gold"))
    options = ("--from", "ghost", "--tier", "Gold=tier-2")
    key, settings.STRIPE_SECRET_KEY = settings.STRIPE_SECRET_KEY, ""
    assert "wait until it is set up (STRIPE_SECRET_KEY is not set.)" in run(
        tmp_path / "a.csv", text, *options, capsys=capsys
    )
    settings.STRIPE_SECRET_KEY = key
    StripeCustomer.objects.create(member=MemberFactory(email="first@example.org"), stripe_id=gold)
    told = run(tmp_path / "a.csv", text, *options, capsys=capsys)
    assert "linked to first@example.org already" in told
    assert not Subscription.objects.exists()
    StripeCustomer.objects.all().delete()
    till.fake.down(9, 503)
    told = run(tmp_path / "a.csv", text, *options, capsys=capsys)
    assert "Stripe did not answer about: run this again" in told
    till.fake.down(0, 503)
    run(tmp_path / "a.csv", text, *options, capsys=capsys)
    assert till.rank(Member.objects.get(email="gold@example.org")) == 2


def test_a_price_of_a_quarter_is_taken_for_no_tiers(till: Till, tmp_path: Path, capsys: Any) -> None:
    v1 = till.fake.client().v1
    params: Any = {
        "product": v1.products.create({"name": "Quarter"}).id, "currency": "eur", "unit_amount": 700,
        "recurring": {"interval": "month", "interval_count": 3},
    }  # fmt: skip
    quarter = payer(till, "q@example.org", str(v1.prices.create(params).id))
    text = table(GHOST, ghost("q@example.org", 1, stripe_customer_id=quarter, tiers="Gold"))
    told = run(tmp_path / "a.csv", text, "--from", "ghost", "--tier", "tier-2", capsys=capsys)
    assert "line 2, q@example.org, sub_" in told
    assert "1  subscriptions that go on at Stripe and stand for no tier here" in told
    assert not Subscription.objects.exists()
