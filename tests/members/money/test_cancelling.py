"""Stopping, coming back from it, pausing and ending: the reason is kept, and each is told exactly once."""

from django.utils import timezone

from members.models import Mailing, Member
from members.money.inbox import reconcile
from members.money.keeping import portal
from members.money.stripe_api import payments
from tests.members.money.lives import ending, past_due
from tests.members.money.till import Till


def in_portal(till: Till, member: Member, act: str, **more: str) -> None:
    """Act in the Portal; then every event there ever was arrives three times, in any order."""
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, act, **more)
    thrice(till)


def thrice(till: Till) -> None:
    till.fake.deliver("duplicate")
    till.run_jobs()
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")


def test_the_reason_and_the_comment_are_kept(till: Till) -> None:
    member = till.patron()
    in_portal(till, member, "cancel", reason="too_expensive", comment="Rent went up.")
    row = till.subscription(member)
    assert (row.cancel_reason, row.cancel_comment) == ("too_expensive", "Rent went up.")
    in_portal(till, member, "resume")
    row = till.subscription(member)
    assert (row.cancel_reason, row.cancel_comment) == ("", "")


def test_cancelling_is_told_once_and_names_the_last_day(till: Till) -> None:
    member = till.patron()
    in_portal(till, member, "cancel")
    (key,) = till.mails("cancelled-")
    assert key == f"cancelled-{till.subscription(member).stripe_id}-2026-12-03"
    assert Mailing.objects.get(key=key).context["ends_on"] == "3 December"


def test_taking_it_back_is_told_once_and_cancelling_for_the_same_day_not_again(till: Till) -> None:
    member = till.patron()
    in_portal(till, member, "cancel")
    in_portal(till, member, "resume")
    assert len(till.mails("undone-")) == 1
    in_portal(till, member, "cancel")
    assert len(till.mails("cancelled-")) == 1


def test_the_end_itself_is_told_once(till: Till) -> None:
    member = ending(till)
    till.fake.advance(31, along=till.clock)
    thrice(till)
    row = till.subscription(member)
    assert row.status == "canceled"
    assert row.ended_at is not None
    assert till.mails("ended-") == [f"ended-{row.stripe_id}"]
    assert Mailing.objects.get(key__startswith="ended-").context["is_unpaid"] is False


def test_an_end_for_want_of_payment_says_so(till: Till) -> None:
    till.patron()
    till.fake.fail_next_renewal()
    till.advance(50)
    assert Mailing.objects.get(key__startswith="ended-").context["is_unpaid"] is True


def test_pausing_and_resuming_are_told_once_each(till: Till) -> None:
    member = till.patron()
    for _round in range(2):
        portal.pause(member, resumes_on=portal.pause_days(till.subscription(member))[0].isoformat())
        thrice(till)
        till.clock.shift(60)
        portal.resume(member)
        thrice(till)
    assert (len(till.mails("paused-")), len(till.mails("resumed-"))) == (2, 2)
    assert Mailing.objects.filter(key__startswith="paused-").first().context["resumes_on"]  # type: ignore[union-attr]


def test_a_failure_and_a_payment_to_confirm_have_their_own_mails(till: Till) -> None:
    till.patron()
    till.fake.fail_next_renewal("action")
    till.fake.advance(31, along=till.clock)
    thrice(till)
    assert len(till.mails("failed-")) == 1
    mailing = Mailing.objects.get(key__startswith="failed-")
    assert mailing.template == "members/payment_confirm"
    assert mailing.context["hosted_url"].startswith(f"{till.fake.url}/i/in_")


def test_the_row_holds_the_open_invoice_until_it_is_paid(till: Till) -> None:
    member = past_due(till)
    row = till.subscription(member)
    assert (row.needs_action, row.open_invoice_url.startswith(till.fake.url)) == (False, True)
    till.fake.new_card(row.customer.stripe_id)
    till.deliver()
    row = till.subscription(member)
    assert (row.needs_action, row.open_invoice_url) == (False, "")


def test_what_began_long_before_we_hear_of_it_mails_nobody(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    till.clock.shift(4 * 86_400)
    Mailing.objects.all().delete()
    row.payments.all().delete()
    row.delete()
    reconcile.run(teller=payments.in_job(), now=timezone.now())
    till.run_jobs()
    assert till.subscription(member).paid_until
    assert till.has_access(member)
    assert Mailing.objects.count() == 0
