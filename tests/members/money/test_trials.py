"""Free days: how they are asked for, what is said of them, and how they end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from members.models import Mailing
from members.money.keeping import reminders
from members.money.stripe_api import payments
from tests.factories import MemberFactory
from tests.members.money.lives import on_trial
from tests.members.money.till import Till


def test_a_session_with_free_days_gives_access_at_once_and_takes_nothing(till: Till) -> None:
    member = MemberFactory()
    session = till.join(member)
    attempt = member.attempts.get()
    opened = payments.in_job().open_checkout(
        "another-key",
        price_id=till.price().stripe_id or "",
        customer_id=member.stripe_customers.get().stripe_id,
        success_url="https://example.org/",
        cancel_url="https://example.org/",
        expires_at=attempt.expires_at,
        trial_days=14,
    )
    till.fake.state.objects[session]["client_reference_id"] = None
    with till.fake.state.change():
        till.fake.state.objects[opened.id]["client_reference_id"] = str(attempt.pk)
    till.fake.pay(opened.id)
    till.deliver()
    row = till.subscription(member)
    assert row.status == "trialing"
    assert row.trial_ends_at == timezone.now() + timedelta(days=14)
    assert till.has_access(member)
    assert member.payments.count() == 0
    wanted = till.fake.state.objects[row.stripe_id]["trial_settings"]["end_behavior"]["missing_payment_method"]
    assert wanted == "pause"


def test_the_welcome_says_until_when_it_is_free_and_what_comes_then(till: Till) -> None:
    member = on_trial(till)
    context = Mailing.objects.get(key=f"welcome-{till.subscription(member).stripe_id}").context
    assert (context["free_until"], context["deal"]) == ("3 December", "5\u00a0€ a month")


def test_a_trial_that_ends_with_a_card_is_paid_and_goes_on(till: Till) -> None:
    member = on_trial(till, days=14)
    till.advance(15)
    row = till.subscription(member)
    assert (row.status, till.has_access(member)) == ("active", True)
    assert till.payment(member).subscription == row
    assert till.mails("rests-") == till.mails(f"ended-{row.stripe_id}") == []


def test_a_trial_without_card_rests_and_says_so_once(till: Till) -> None:
    member = on_trial(till, card=False, days=14)
    till.advance(15, arrange="duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")
    assert not till.has_access(member)
    assert len(till.mails("rests-")) == 1


@pytest.mark.parametrize("card", [True, False])
def test_three_days_before_the_end_it_is_told_once(till: Till, card: bool) -> None:
    member = on_trial(till, card=card, days=14)
    key = f"trial-{till.subscription(member).stripe_id}-2026-11-17"
    for days, told in ((10, []), (1.1, [key]), (0.1, [key]), (1, [key])):
        till.advance(days)
        reminders.remind(timezone.now())
        assert till.mails("trial-") == told
    assert Mailing.objects.get(key=key).context["has_card"] is card


def test_a_trial_that_was_stopped_or_was_short_brings_no_reminder(till: Till) -> None:
    member = on_trial(till, days=14)
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    on_trial(till, days=4)
    till.advance(2)
    reminders.remind(timezone.now())
    till.advance(9.5)
    reminders.remind(timezone.now())
    assert till.mails("trial-") == []
