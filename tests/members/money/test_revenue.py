"""What the membership brings: one test a dishonesty, the months, and the files."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from members.models import (
    AuditEntry,
    Mailing,
    Member,
    OfflinePayment,
    Payment,
    Price,
    StripeCustomer,
    Subscription,
    Tier,
)
from members.money.desk import revenue as numbers
from members.money.desk.revenue import Currency, Month, revenue
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.conftest import NOON
from tests.factories import MemberFactory, TierFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def at(month: int, day: int = 1, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def tier(rank: int = 1) -> Tier:
    return TierFactory(slug=f"tier-{rank}", name=f"Tier {rank}", rank=rank)  # type: ignore[no-any-return]  # a factory


def pays(
    amount: int = 500, start: datetime | None = None, end: datetime | None = None, *, member: Any = None,
    interval: str = "month", currency: str = "EUR", rank: int = 1, status: str = "active", **more: Any,
) -> Payment:  # fmt: skip
    """A paid period of a subscription."""
    start, number = start or at(10, 20), Payment.objects.count()
    member = member or MemberFactory()
    customer, _new = StripeCustomer.objects.get_or_create(member=member, defaults={"stripe_id": f"cus_{member.pk}"})
    price = Price.objects.filter(tier=tier(rank), interval=interval).first()
    row = Subscription.objects.create(
        stripe_id=f"sub_{number}", customer=customer, price=price, status=status, started_at=start, fetched_at=start,
        ended_at=more.pop("ended_at", None),
    )  # fmt: skip
    return Payment.objects.create(
        payment_intent=f"pi_{number}", member=member, subscription=row, kind="invoice", amount=amount,
        currency=currency, paid_at=start, fetched_at=start, period_start=start,
        period_end=end or (start.replace(month=start.month % 12 + 1, year=start.year + start.month // 12)), **more,
    )  # fmt: skip


def euros() -> Currency:
    return next(found for found in revenue(NOON).currencies if found.code == "EUR")


def month(number: int, code: str = "EUR") -> Month:
    found = next(each for each in revenue(NOON).currencies if each.code == code)
    return next(each for each in found.months if each.month.month == number)


def test_a_paid_month_is_counted_once_in_full() -> None:
    pays(500)
    assert (euros().monthly, euros().yearly, euros().paying) == (500, 6000, 1)


@pytest.mark.parametrize(
    ("dishonesty", "monthly"),
    [
        ({"amount_refunded": 500}, 0),
        ({"amount_refunded": 200}, 300),
        ({"dispute_status": "needs_response"}, 0),
        ({"dispute_status": "lost"}, 0),
        ({"dispute_status": "won"}, 500),
        ({"dispute_status": "warning_closed"}, 500),
        ({"tax": 80}, 420),
        ({"tax": 80, "amount_refunded": 250}, 210),
        ({"amount": 0}, 0),
        ({"livemode": True}, 0),
        ({"ended_at": at(10, 25), "status": "canceled"}, 0),
        ({"start": at(9, 1), "status": "past_due"}, 0),
        ({"start": at(9, 1), "status": "active"}, 0),
    ],
    ids=[
        "refunded", "partly refunded", "disputed", "dispute lost", "dispute won", "inquiry closed", "tax",
        "tax of a part refunded", "a coupon of 100 %", "of the other mode", "ended at once", "failing", "paused",
    ],
)  # fmt: skip
def test_only_money_that_came_and_stayed_counts(dishonesty: dict[str, Any], monthly: int) -> None:
    pays(**dishonesty)
    assert euros().monthly == monthly
    assert euros().paying == (1 if monthly else 0)


def test_a_trial_that_paid_nothing_counts_nothing_and_is_told_apart() -> None:
    row = pays(500).subscription
    Payment.objects.all().delete()
    Subscription.objects.filter(pk=row.pk if row else 0).update(status="trialing", trial_ends_at=NOON + 5 * DAY)
    found = revenue(NOON)
    assert found.currencies[0].monthly == 0
    assert [(state.name, state.trialing, state.failing) for state in found.states] == [("Tier 1", 1, 0)]


def test_a_year_counts_a_twelfth_a_month() -> None:
    pays(6000, at(3), at(3, year=2027), interval="year")
    assert euros().monthly == 500


def test_an_offline_payment_is_spread_over_its_months_until_it_is_voided() -> None:
    row = OfflinePayment.objects.create(
        member=MemberFactory(), tier=tier(), amount=3000, currency="EUR", method="bank", received_on=date(2026, 10, 1),
        starts_at=at(10), ends_at=at(4, year=2027),
    )  # fmt: skip
    assert euros().monthly == 500
    assert month(10).offline == 3000
    OfflinePayment.objects.filter(pk=row.pk).update(voided_at=NOON)
    assert euros().monthly == 0
    assert month(10).offline == 0


def test_currencies_are_never_added_up() -> None:
    pays(500)
    pays(700, currency="CHF")
    assert {found.code: found.monthly for found in revenue(NOON).currencies} == {"EUR": 500, "CHF": 700}


def test_donations_and_gifts_are_no_monthly_money() -> None:
    for kind in ("donation", "gift"):
        Payment.objects.create(
            payment_intent=f"pi_{kind}", kind=kind, amount=5000, currency="EUR", paid_at=at(10, 9), fetched_at=NOON
        )
    assert euros().monthly == 0
    assert (month(10).once, month(10).gifts, month(10).net) == (5000, 5000, 10000)


def test_tiers_are_told_apart() -> None:
    pays(500)
    pays(500)
    pays(1000, rank=2)
    assert [(row.name, row.members, row.monthly) for row in euros().tiers] == [("Tier 1", 2, 1000), ("Tier 2", 1, 1000)]


def test_coming_and_going_month_by_month() -> None:
    stays, leaves, returns = MemberFactory(), MemberFactory(), MemberFactory()
    for start in (at(8, 10), at(9, 10), at(10, 10)):
        pays(500, start, member=stays)
    pays(500, at(8, 10), member=leaves)
    pays(500, at(7, 10), member=returns)
    pays(500, at(10, 10), member=returns)
    rows = {number: month(number) for number in (7, 8, 9, 10)}
    assert [(rows[n].new, rows[n].back, rows[n].gone) for n in rows] == [(1, 0, 0), (2, 0, 1), (0, 0, 1), (0, 1, 0)]
    assert [rows[n].paying for n in rows] == [1, 2, 1, 2]
    assert rows[10].monthly == 1000


def test_paying_more_and_less_is_told_from_a_fifth_on() -> None:
    up, down, yearly = MemberFactory(), MemberFactory(), MemberFactory()
    for member, first, then in ((up, 500, 1000), (down, 1000, 500)):
        pays(first, at(8, 10), member=member)
        pays(then, at(9, 10), member=member)
    pays(500, at(8, 10), member=yearly)
    pays(5000, at(9, 10), at(9, 10, 2027), member=yearly, interval="year")
    assert (month(9).more, month(9).less) == (1, 1)


def test_refunds_disputes_and_tax_leave_what_stayed() -> None:
    pays(500, amount_refunded=200)
    pays(500, dispute_status="lost")
    pays(600, tax=100)
    found = month(10)
    assert (found.subscriptions, found.refunded, found.disputed, found.tax) == (1600, 200, 500, 100)
    assert found.net == 800


def test_pauses_and_failed_payments_are_counted_by_month() -> None:
    member = MemberFactory()
    AuditEntry.objects.note("pause", by=member, subject=member)
    for key in ("failed-in_1", "failed-in_1-confirm", "welcome-1"):
        Mailing.objects.create(key=key, member=member, email="a@b.c", template="members/payment_failed")
    assert revenue(NOON).recent == [(date(2026, 11, 1), 1, 1)]


def test_an_erased_members_money_stays_in_the_books() -> None:
    pays(500)
    Payment.objects.update(member=None)
    StripeCustomer.objects.update(member=None)
    assert (euros().monthly, euros().paying) == (500, 1)


def test_a_new_month_begins_at_midnight_of_the_sites_zone(settings: Any) -> None:
    assert [moment.day for moment in numbers._boundaries(NOON)[:-1]] == [1] * 12
    assert numbers._boundaries(NOON)[-1] == NOON


@pytest.fixture
def desk() -> Client:
    """The browser of who sits at the money desk."""
    client = Client()
    client.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    return client


def lines(client: Client, name: str) -> list[list[str]]:
    answer = client.get(f"/admin/members/revenue/{name}.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_files_hold_months_and_payments(desk: Client) -> None:
    pays(500, member=MemberFactory(email="ada@example.org"), amount_refunded=500, dispute_status="lost")
    header, *rows = lines(desk, "months")
    october = dict(zip(header, next(row for row in rows if row[0] == "2026-10-01"), strict=True))
    assert (october["subscriptions"], october["refunded"], october["net"]) == ("5.00", "5.00", "0.00")
    header, paid = lines(desk, "payments")
    row = dict(zip(header, paid, strict=True))
    assert (row["amount"], row["e-mail"], row["tier"]) == ("5.00", "ada@example.org", "Tier 1")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_taken_for_a_formula(desk: Client, start: str) -> None:
    payment = pays(500)
    Payment.objects.update(member=None, billing_email=f"{start}cmd@example.org", receipt_number=f"{start}1+1")
    row = lines(desk, "payments")[1]
    assert f"'{start}cmd@example.org" in row
    assert f"'{start}1+1" in row
    assert payment.payment_intent in row


def test_numbers_below_zero_stay_numbers(desk: Client) -> None:
    pays(500, amount_refunded=400, dispute_status="")
    Payment.objects.update(amount_refunded=700)  # what Stripe may say after a fee
    assert any("-2.00" in row for row in lines(desk, "months"))


def test_the_page_shows_amounts_as_people_read_them(desk: Client) -> None:
    pays(123400)
    page = desk.get("/admin/members/revenue/").content.decode()
    assert "1,234\u00a0€" in page
    assert "14,808\u00a0€" in page
    assert Member.objects.count() == 2
