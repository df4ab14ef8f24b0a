"""What people are told before it happens: cards, yearly payments. A deploy mails nobody."""

from datetime import date, timedelta

from django.utils import timezone

from members.models import Mailing, Subscription
from members.money import jobs
from members.money.keeping import reminders
from tests.factories import MemberFactory
from tests.members.money.till import Till


def card(till: Till, expires: str) -> str:
    """A patron whose card is good until then; the customer's id."""
    member = till.patron()
    customer = till.subscription(member).customer.stripe_id
    till.fake.set_card(customer, expires=expires)
    till.deliver()
    return customer


def test_a_row_knows_the_card_and_its_last_day(till: Till) -> None:
    customer = card(till, "2027-02")
    row = Subscription.objects.get(customer__stripe_id=customer)
    assert (row.card_brand, row.card_last4, row.card_expires_on) == ("visa", "4242", date(2027, 2, 28))


def test_a_card_of_the_customer_counts_where_the_subscription_has_none(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    with till.fake.state.change():
        sub = till.fake.state.objects[row.stripe_id]
        sub["default_payment_method"] = None
        till.fake.emit("customer.subscription.updated", sub)
    till.deliver()
    assert till.subscription(member).card_last4 == "4242"


def test_a_card_is_told_of_fourteen_days_ahead_and_once(till: Till) -> None:
    card(till, "2026-11")  # good until the 30th
    till.clock.shift(timedelta(days=12))
    assert reminders.remind(timezone.now()) == 0
    till.clock.shift(timedelta(days=1))
    jobs.remind_patrons(0)
    assert len(till.mails("card-")) == 1
    till.clock.shift(timedelta(days=10))
    assert reminders.remind(timezone.now()) == 0
    assert Mailing.objects.get(key__startswith="card-").context["until"] == "30 November 2026"


def test_another_card_with_the_same_end_is_told_of_again(till: Till) -> None:
    customer = card(till, "2026-11")
    till.clock.shift(timedelta(days=14))
    reminders.remind(timezone.now())
    with till.fake.state.change():
        pm = till.fake.state.objects[till.fake.set_card(customer, expires="2026-11")]
        pm["card"]["last4"] = "1111"
    till.deliver()
    assert reminders.remind(timezone.now()) == 1


def test_what_expired_before_a_deploy_is_told_to_nobody_and_a_pass_is_a_hundred(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    expired = timezone.localdate() - timedelta(days=1)
    Subscription.objects.filter(pk=row.pk).update(card_expires_on=expired)
    assert reminders.remind(timezone.now()) == 0
    customer, price = row.customer, row.price
    soon = timezone.localdate() + timedelta(days=3)
    for n in range(103):
        customer.pk, customer.stripe_id, customer.member = None, f"cus_{n}", MemberFactory()
        customer.save(force_insert=True)
        Subscription.objects.create(
            stripe_id=f"sub_{n}", customer=customer, price=price, status="active", started_at=timezone.now(),
            fetched_at=timezone.now(), card_last4="1", card_expires_on=soon,
        )  # fmt: skip
    assert [reminders.remind(timezone.now()) for _pass in range(3)] == [100, 3, 0]


def test_a_year_that_renews_is_told_of_a_fortnight_ahead_with_what_it_takes(till: Till) -> None:
    member = till.patron("tier-1", "year")
    till.patron("tier-2")  # months renew without a letter each
    till.clock.shift(timedelta(days=350))
    assert reminders.remind(timezone.now()) == 0
    till.clock.shift(timedelta(days=2))
    assert reminders.remind(timezone.now()) == 1
    assert reminders.remind(timezone.now()) == 0
    mailing = Mailing.objects.get(key__startswith="renews-")
    assert mailing.member == member
    assert (mailing.context["renews_on"], mailing.context["next_amount"]) == ("3 November", "50\u00a0€")


def test_a_year_that_ends_is_not_announced_as_a_payment(till: Till) -> None:
    member = till.patron("tier-1", "year")
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    till.deliver()
    till.clock.shift(timedelta(days=355))
    assert reminders.remind(timezone.now()) == 0
