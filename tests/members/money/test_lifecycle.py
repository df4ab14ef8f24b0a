"""A subscription's life: renewals, grace, cancelling, pausing, switching, endings that nobody told us of."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Member, Price, SiteRules, StripeEvent, Subscription
from members.money import catalogue
from members.money.joining.checkout import CheckoutError
from members.money.keeping import portal
from members.money.keeping.standing import Kind, standing_of
from members.money.stripe_api.fitting import fitter
from tests.members.money.till import SAME_ORIGIN, Till


def says(member: Member) -> str:
    return " ".join(standing_of(member, timezone.now()).sentences)


def kind(member: Member) -> Kind:
    return standing_of(member, timezone.now()).kind


def test_a_renewal_carries_access_on(till: Till) -> None:
    member = till.patron()
    assert says(member) == "You support us with 5\u00a0€ a month. Next payment 3 December."
    for _month in range(3):
        till.advance(31)
        assert till.has_access(member)
    assert member.payments.count() == 4
    assert len(till.mails("welcome-")) == 1


def test_fault_23_a_portal_cancel_ends_on_its_day(till: Till) -> None:
    member = till.patron()
    sub = till.subscription(member).stripe_id
    till.fake.in_portal(till.portal(member), sub, "cancel")
    till.deliver()
    raw = till.fake.state.objects[sub]
    assert raw["cancel_at"]
    assert not raw["cancel_at_period_end"]
    row = till.subscription(member)
    assert row.ends_at == row.paid_until == row.period_end
    assert kind(member) is Kind.ENDING
    assert "ends on 3 December" in says(member)
    assert "Next payment" not in says(member)
    till.advance(29)
    assert till.has_access(member)
    till.advance(2)
    assert not till.has_access(member)


def test_an_api_cancel_sets_the_flag_and_ends_all_the_same(till: Till) -> None:
    member = till.patron()
    till.fake.client().v1.subscriptions.update(till.subscription(member).stripe_id, {"cancel_at_period_end": True})
    till.deliver()
    row = till.subscription(member)
    assert row.ends_at == row.paid_until == row.period_end
    till.advance(30, hours=1)
    assert not till.has_access(member)


def test_fault_24_the_clock_ends_access_when_nobody_tells_us(till: Till) -> None:
    member = till.patron()
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    till.deliver()
    till.clock.shift(timedelta(days=30, hours=1))
    assert not till.has_access(member)
    assert till.subscription(member).status == "active"


def test_fault_24_lost_renewals_lapse_after_the_slack(till: Till) -> None:
    member = till.patron()
    till.clock.shift(timedelta(days=32, hours=23))
    assert till.has_access(member)
    till.clock.shift(timedelta(hours=2))
    assert not till.has_access(member)


def test_fault_25_a_cancel_undone_goes_on(till: Till) -> None:
    member = till.patron()
    sub, page = till.subscription(member).stripe_id, till.portal(member)
    till.fake.in_portal(page, sub, "cancel")
    till.deliver()
    till.fake.in_portal(page, sub, "resume")
    till.deliver()
    assert till.subscription(member).ends_at is None
    assert kind(member) is Kind.PAYING
    till.advance(31)
    assert till.has_access(member)


def test_fault_26_and_27_past_due_has_grace_from_the_last_paid_day_and_no_free_month(till: Till) -> None:
    member = till.patron()
    till.fake.state.settings["dunning_end"] = "leave"
    till.fake.fail_next_renewal()
    due = till.subscription(member).period_end
    assert due is not None
    till.advance(31)
    row = till.subscription(member)
    assert row.status == "past_due"
    assert row.paid_until == due + timedelta(days=14)
    assert row.period_end is not None
    assert row.period_end > due + timedelta(days=27)
    standing = standing_of(member, timezone.now())
    assert standing.is_past_due
    assert "17 December" in standing.warning
    assert len(till.mails("failed-")) == 1
    till.advance(12)
    assert till.has_access(member)
    till.advance(2)
    assert not till.has_access(member)
    till.advance(31)  # left past due for ever: another unpaid period begins, and gives nothing
    assert not till.has_access(member)


def test_grace_is_a_rule_of_the_site(till: Till) -> None:
    rules = SiteRules.current()
    rules.grace_days = 3
    rules.save()
    member = till.patron()
    till.fake.fail_next_renewal()
    till.advance(31)
    assert till.has_access(member)
    till.advance(3)
    assert not till.has_access(member)


def test_fault_28_a_mended_card_is_told_once(till: Till) -> None:
    member = till.patron()
    till.fake.fail_next_renewal()
    till.advance(31)
    till.fake.new_card(till.subscription(member).customer.stripe_id)
    till.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver()
    row = till.subscription(member)
    assert row.status == "active"
    assert row.period_end is not None
    assert row.paid_until == row.period_end + timedelta(hours=72)
    assert kind(member) is Kind.PAYING
    assert len(till.mails("mended-")) == 1
    assert len(till.mails("failed-")) == 1


def test_fault_29_a_renewal_that_needs_the_patron_mails_the_invoice(till: Till) -> None:
    from members.models import Mailing

    member = till.patron()
    till.fake.fail_next_renewal("action")
    till.advance(31)
    assert till.subscription(member).status == "past_due"
    mailing = Mailing.objects.get(key__startswith="failed-")
    assert mailing.context["hosted_url"].startswith(f"{till.fake.url}/i/")
    assert mailing.member == member


def test_dunning_that_ends_in_cancelling_ends_access(till: Till) -> None:
    member = till.patron()
    till.fake.fail_next_renewal()
    till.advance(50)
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)
    assert kind(member) is Kind.NONE


def test_fault_31_an_upgrade_whose_payment_fails_upgrades_nothing(till: Till) -> None:
    member = till.patron("tier-1")
    sub = till.subscription(member)
    till.fake.new_card(sub.customer.stripe_id, "declined")
    upgraded = till.fake.in_portal(
        till.portal(member), sub.stripe_id, "switch", price=till.price("tier-2").stripe_id or ""
    )
    till.deliver()
    assert not upgraded
    assert till.rank(member) == 1
    till.fake.new_card(sub.customer.stripe_id)
    assert till.fake.in_portal(till.portal(member), sub.stripe_id, "switch", price=till.price("tier-2").stripe_id or "")
    till.deliver()
    assert till.rank(member) == 2


def test_fault_32_a_downgrade_waits_for_the_end_of_the_period(till: Till) -> None:
    member = till.patron("tier-2")
    sub = till.subscription(member).stripe_id
    assert till.fake.in_portal(till.portal(member), sub, "switch", price=till.price("tier-1").stripe_id or "")
    till.deliver()
    assert till.rank(member) == 2
    till.advance(29)
    assert till.rank(member) == 2
    till.advance(2)
    assert till.rank(member) == 1


def test_fault_42_two_items_or_quantity_two_are_the_highest_tier_and_flagged(till: Till) -> None:
    member = till.patron("tier-1")
    sub = till.subscription(member)
    till.fake.client().v1.subscriptions.update(
        sub.stripe_id, {"items": [{"price": till.price("tier-2").stripe_id or ""}], "proration_behavior": "none"}
    )
    till.deliver()
    assert till.rank(member) == 2
    assert till.subscription(member).needs_review == "more than one item or quantity"
    other = till.patron("tier-1")
    row = till.subscription(other)
    till.fake.client().v1.subscriptions.update(
        row.stripe_id, {"items": [{"id": row.item_id, "quantity": 2}], "proration_behavior": "none"}
    )
    till.deliver()
    assert till.rank(other) == 1
    assert till.subscription(other).needs_review


def test_fault_44_an_archived_price_keeps_its_patrons_and_the_drift_is_told(till: Till, client: Client) -> None:
    member = till.patron()
    price = till.price()
    till.fake.client().v1.prices.update(price.stripe_id or "", {"active": False})
    till.deliver()
    assert "differs at Stripe" in " ".join(catalogue.drift(fitter()))
    assert StripeEvent.objects.get(type="price.updated").status == "done"
    till.advance(31)
    assert till.rank(member) == 1
    Price.objects.filter(pk=price.pk).update(is_active=False)
    dearer = Price.objects.create(tier=price.tier, currency="EUR", interval="month", unit_amount=700)
    catalogue.set_up(fitter())
    till.deliver()
    newcomer = till.patron()
    assert till.subscription(newcomer).price == dearer
    assert till.rank(member) == 1


def test_fault_45_a_trial_without_card_that_ends_pauses_access(till: Till) -> None:
    member = till.patron()
    customer = till.subscription(member).customer
    made = till.fake.client().v1
    made.subscriptions.cancel(till.subscription(member).stripe_id)
    till.fake.drop_card(customer.stripe_id)
    sub = made.subscriptions.create(
        {
            "customer": customer.stripe_id,
            "items": [{"price": till.price().stripe_id or ""}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )
    till.deliver()
    assert till.has_access(member)
    till.advance(8)
    assert Subscription.objects.get(stripe_id=sub.id).status == "paused"
    assert not till.has_access(member)
    till.fake.new_card(customer.stripe_id)
    made.subscriptions.resume(sub.id)
    till.deliver()
    assert till.has_access(member)


def test_fault_45_our_pause_keeps_what_was_paid_voids_the_rest_and_comes_back(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    row = till.subscription(member)
    paid_to = row.period_end
    assert paid_to is not None
    days = portal.pause_days(row)
    answer = client.post("/membership/pause/", {"resumes_on": days[1].isoformat()}, **SAME_ORIGIN)
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    row = till.subscription(member)
    assert row.paid_until == paid_to
    assert row.resumes_at is not None
    assert kind(member) is Kind.PAUSED
    assert "3 February" in says(member)
    till.advance(29)
    assert till.has_access(member)
    till.advance(2)
    assert not till.has_access(member)  # December's invoice was voided
    till.advance(31)
    assert not till.has_access(member)
    till.advance(30)
    assert till.subscription(member).status == "active"
    assert till.has_access(member)
    assert member.payments.count() == 2


def test_fault_45_between_the_resume_date_and_the_first_paid_invoice_nothing_is_open(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    resumes = timezone.now() + timedelta(days=45)
    till.fake.client().v1.subscriptions.update(
        row.stripe_id, {"pause_collection": {"behavior": "void", "resumes_at": int(resumes.timestamp())}}
    )
    till.deliver()
    till.advance(46)
    row = till.subscription(member)
    assert (row.status, row.resumes_at) == ("active", None)
    assert not till.has_access(member)
    till.advance(16)
    assert till.has_access(member)


def test_resuming_early_is_one_button(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    row = till.subscription(member)
    portal.pause(member, resumes_on=portal.pause_days(row)[0].isoformat())
    client.post("/membership/pause/", {"resume": "1"}, **SAME_ORIGIN)
    assert till.subscription(member).resumes_at is None
    assert kind(member) is Kind.PAYING
    keys = [call.key for call in till.fake.calls if "subscriptions/" in call.path and call.method == "POST"]
    assert len(set(keys)) == len(keys) == 2


@pytest.mark.parametrize("day", ["", "yesterday", "2026-11-04", "9999-12-31"])
def test_a_pause_needs_one_of_the_offered_days(till: Till, day: str) -> None:
    member = till.patron()
    with pytest.raises(CheckoutError, match="one of the days"):
        portal.pause(member, resumes_on=day)


def test_an_unknown_status_gives_nothing_and_is_flagged(till: Till) -> None:
    member = till.patron()
    sub = till.fake.state.objects[till.subscription(member).stripe_id]
    with till.fake.state.change():
        sub["status"] = "hibernating"
        till.fake.emit("customer.subscription.updated", sub)
    till.deliver()
    till.fake.violations.clear()  # the SDK's types know no such word either
    assert not till.has_access(member)
    assert "hibernating" in till.subscription(member).needs_review


def test_expired_sessions_are_written_down(till: Till, cast: Any) -> None:
    till.join(cast.member)
    till.advance(hours=2)
    assert CheckoutAttempt.objects.get().status == "expired"
    assert kind(cast.member) is Kind.NONE
    assert kind(cast.patron) is Kind.GIVEN
