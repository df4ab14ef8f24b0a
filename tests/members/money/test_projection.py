"""From Stripe's states to dates: pure, so Hypothesis may try everything."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from members.money.record.projection import SLACK, ending, project
from members.money.stripe_api.states import InvoiceState, Item, SubscriptionState

START = datetime(2026, 11, 3, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
GRACE = timedelta(days=14)
STATUSES = [
    "trialing", "active", "past_due", "incomplete", "incomplete_expired", "unpaid", "canceled", "paused", "asleep",
]  # fmt: skip


def invoice(status: str, start: datetime, end: datetime) -> InvoiceState:
    return InvoiceState("in_1", status, "sub_1", "cus_1", "pi_1", 500, "EUR", start, end, "", True)


def state(
    status: str,
    *,
    period: int = 0,
    paid: tuple[str, ...] = ("paid",),
    cancel_at: datetime | None = None,
    flag: bool = False,
    ended_at: datetime | None = None,
    pause: bool = False,
) -> SubscriptionState:
    """A monthly subscription in its `period`; `paid` are its invoices' statuses, oldest first."""
    starts = START + period * MONTH
    invoices = [invoice(word, START + n * MONTH, START + (n + 1) * MONTH) for n, word in enumerate(paid)]
    item = Item("si_1", "price_1", "prod_1", 1, starts, starts + MONTH)
    return SubscriptionState(
        "sub_1", "cus_1", status, (item,), START, cancel_at, flag, ended_at, pause, None, tuple(invoices[::-1]), False
    )


@st.composite
def states(draw: st.DrawFn) -> SubscriptionState:
    paid = tuple(draw(st.lists(st.sampled_from(["paid", "void", "open", "uncollectible", "draft"]), max_size=5)))
    moments = st.none() | st.integers(0, 200).map(lambda days: START + timedelta(days=days))
    return state(
        draw(st.sampled_from(STATUSES)),
        period=draw(st.integers(0, 5)),
        paid=paid,
        cancel_at=draw(moments),
        flag=draw(st.booleans()),
        ended_at=draw(moments),
        pause=draw(st.booleans()),
    )


def until(seen: SubscriptionState, now: datetime = START) -> datetime | None:
    return project(seen, grace=GRACE, now=now).paid_until


@given(states(), st.integers(0, 300))
def test_no_access_without_a_paid_period_and_every_interval_ends(seen: SubscriptionState, days: int) -> None:
    worth = until(seen, START + timedelta(days=days))
    if seen.paid_through is None:
        assert worth is None or worth <= seen.period_start + GRACE
        assert worth is None or seen.status == "past_due"
    elif worth is not None:
        assert worth <= max(seen.paid_through + GRACE, seen.period_end + SLACK)


@given(states(), st.integers(0, 300))
def test_a_decided_end_is_never_outlived_while_it_runs(seen: SubscriptionState, days: int) -> None:
    worth, end = until(seen, START + timedelta(days=days)), ending(seen)
    if seen.status in ("active", "trialing") and worth and end:
        assert worth <= end


@given(states())
def test_an_unknown_word_gives_nothing_and_alarms(seen: SubscriptionState) -> None:
    worth = project(seen, grace=GRACE, now=START)
    assert bool(worth.alarm) == (seen.status == "asleep")
    assert worth.paid_until is None or seen.status != "asleep"


@given(states(), st.integers(0, 300))
def test_what_is_over_or_unpaid_gives_nothing_from_now_on(seen: SubscriptionState, days: int) -> None:
    now = START + timedelta(days=days)
    worth = until(seen, now)
    if seen.status in ("unpaid", "paused", "incomplete", "incomplete_expired") and worth is not None:
        assert worth <= now


def test_active_lasts_for_the_period_and_the_slack() -> None:
    assert until(state("active")) == START + MONTH + SLACK


def test_a_renewal_still_being_drafted_keeps_its_slack() -> None:
    seen = state("active", period=1, paid=("paid", "draft"))
    assert until(seen) == START + 2 * MONTH + SLACK


def test_active_whose_bank_has_yet_to_pay_gives_nothing() -> None:
    assert until(state("active", paid=("open",))) is None


def test_past_due_counts_from_the_end_of_the_paid_period() -> None:
    assert until(state("past_due", period=1, paid=("paid", "open"))) == START + MONTH + GRACE
    assert until(state("past_due", period=2, paid=("paid", "open", "open"))) == START + MONTH + GRACE


def test_past_due_over_a_difference_keeps_what_was_paid() -> None:
    assert until(state("past_due", period=0, paid=("paid",))) == START + MONTH


def test_our_pause_ends_with_what_was_paid_and_voided_periods_give_nothing() -> None:
    assert until(state("active", pause=True)) == START + MONTH
    assert until(state("active", period=2, paid=("paid", "void", "void"), pause=True)) == START + MONTH
    assert until(state("active", period=2, paid=("paid", "void", "void"))) == START + MONTH
    assert until(state("active", period=3, paid=("paid", "void", "void", "paid"))) == START + 4 * MONTH + SLACK


def test_ending_has_no_slack_either_way() -> None:
    assert until(state("active", flag=True)) == START + MONTH
    assert until(state("active", cancel_at=START + timedelta(days=9))) == START + timedelta(days=9)
