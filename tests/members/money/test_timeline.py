"""Everything about one member's money, newest first, each a sentence, page by page at any size."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from members.models import (
    AccessRequest,
    AuditEntry,
    Complimentary,
    Gift,
    Grant,
    Mailing,
    Member,
    OfflinePayment,
    StripeEvent,
    Tier,
)
from members.money.desk import timeline
from members.money.desk.timeline import page_of, sources
from members.money.desk.timeline_words import WORDS, line_of
from members.money.giving import gifts, support
from members.money.record import ledger
from members.money.stripe_api import payments
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory
from tests.members.money.test_money_desk import said
from tests.members.money.till import Till


def told(member: Member) -> list[str]:
    return [line_of(moment, "The Paper").sentence.replace("\u00a0", " ") for moment in page_of(member, "").moments]


def test_joining_renewing_and_refunding_are_told_newest_first(till: Till) -> None:
    member, manager = till.patron(), MemberFactory(name="Max")
    till.advance(31)
    ledger.refund(till.payment(member), by=manager, teller=payments.in_job())
    till.deliver()
    lines = told(member)
    for words in (
        "Opened Checkout: subscription, 5 €.", "The subscription began: Friend, 5 € a month.",
        "Paid 5 € (subscription).", "Mail: “Welcome to The Paper, and thank you”", "Stripe told us: invoice.paid.",
    ):  # fmt: skip
        assert words in lines
    assert any(line.startswith("Max: refunded") for line in lines)
    assert lines.index("Paid 5 € (subscription).") < lines.index("The subscription began: Friend, 5 € a month.")
    moments = [moment.at for moment in page_of(member, "").moments]
    assert moments == sorted(moments, reverse=True)


def test_everything_given_and_asked_is_told(till: Till) -> None:
    member, manager, now = MemberFactory(), MemberFactory(name="Max"), timezone.now()
    tier = Tier.objects.get(slug="tier-1")
    span = {"member": member, "tier": tier, "starts_at": now, "ends_at": now + timedelta(days=30)}
    given = Complimentary.objects.create(**span, kind="hardship", reason="between jobs")
    support.changed(given, by=manager, verb="give access", now=now)
    paid = OfflinePayment.objects.create(
        **span, amount=2000, currency="EUR", method="bank", received_on=timezone.localdate()
    )
    support.void_offline(paid, by=manager, now=now)
    AccessRequest.objects.create(member=member, message="I lost my job.", settled_at=now, given=given)
    _redeemed_gift(till, member)
    lines = " ".join(told(member))
    for words in (
        "Was given Friend until 3 December: cannot pay.", "Supported us past Stripe: 20 €, Bank transfer, for Friend",
        "The payment past Stripe (20 €) was voided.", "Asked for access without paying.", "answered with access",
        "Bought a gift: Friend, 3 months, for friend@example.org.", "was mailed to friend@example.org",
        "The gift was redeemed: Friend until", "Max:",
    ):  # fmt: skip
        assert words in lines, words


def _redeemed_gift(till: Till, member: Member) -> None:
    address = support.buy_gift(
        tier=Tier.objects.get(slug="tier-1"), months=3, member=None, email="giver@example.org", giver_name="",
        recipient_email="friend@example.org", message="", deliver_at=None, now=timezone.now(),
    )  # fmt: skip
    till.fake.pay(address.rsplit("/", 1)[-1])
    till.deliver()
    attempt = Gift.objects.get().payment.attempt
    assert attempt is not None
    gifts.redeem(gifts.code_of(attempt), by=member, now=timezone.now())


def test_nothing_of_somebody_else_is_told(till: Till) -> None:
    till.patron()
    assert told(MemberFactory()) == []


def test_no_code_and_no_address_of_a_session_is_shown(till: Till) -> None:
    member = till.patron()
    _redeemed_gift(till, member)
    client = Client()
    client.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    page = client.get(f"/admin/members/member/{member.pk}/money/").content.decode()
    attempt = Gift.objects.get().payment.attempt
    assert attempt is not None
    assert gifts.code_of(attempt) not in page
    assert "/c/pay/" not in page


def test_every_kind_of_moment_has_its_sentence(db: None) -> None:
    assert {source.kind for source in sources(MemberFactory())} == {*WORDS, "mail"}


def test_pages_follow_each_other_without_gap_or_repeat_even_at_one_moment(till: Till) -> None:
    member, now = till.patron(), timezone.now()
    for number in range(120):
        Mailing.objects.create(
            key=f"k{number}", member=member, email="a@b.c", template="members/welcome", queued_at=now
        )
        AuditEntry.objects.note("pause", by=member, subject=member)
    seen: list[tuple[str, str]] = []
    cursor = ""
    for _turn in range(20):
        page = page_of(member, cursor)
        seen += [(moment.kind, moment.key) for moment in page.moments]
        assert len(page.moments) <= timeline.PAGE
        cursor = page.cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen))
    assert len([row for row in seen if row[0] == "mail"]) == Mailing.objects.filter(member=member).count()
    assert len([row for row in seen if row[0] == "audit"]) == 120
    assert len([row for row in seen if row[0] == "event"]) == StripeEvent.objects.exclude(customer_id="").count()


def test_an_unreadable_cursor_is_the_start(till: Till) -> None:
    member = till.patron()
    start = page_of(member, "")
    for cursor in ("x", "1.2", "9" * 40 + ".mail.1", "..", "12.mail."):
        assert page_of(member, cursor).moments == start.moments


def test_whoever_never_had_to_do_with_money_has_a_page_that_says_so(till: Till) -> None:
    client = Client()
    client.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    member = MemberFactory()
    assert not Grant.objects.filter(member=member).exists()
    page = said(client.get(f"/admin/members/member/{member.pk}/money/"))
    assert "Nothing about money is known of them." in page
