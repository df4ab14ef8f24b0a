"""“I paid and cannot read”: from what somebody types to a sentence and a button that helps, in three clicks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import AuditEntry, Complimentary, Mailing, Member, Payment, StripeEvent, Subscription, Tier
from members.money.desk.search import find, plain_address
from members.money.giving import support
from members.money.giving.gifts import code_of
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory
from tests.members.money.till import Till

DESK = "/admin/members/money/"


@pytest.fixture
def manager(till: Till) -> Member:
    """Who sits at the money desk."""
    person: Member = MemberFactory(group=MEMBERSHIP_MANAGERS, name="Max Manager")
    return person


@pytest.fixture
def desk(manager: Member) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(manager)
    return client


def said(answer: Any) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("\u00a0", " ").replace("&#x27;", "'").split())


def ask(desk: Client, text: str) -> str:
    return said(desk.get(DESK, {"q": text}))


def press(desk: Client, member: Member, verb: str, **fields: str) -> str:
    answer = desk.post(f"{DESK}{member.pk}/{verb}/", fields)
    assert answer.status_code == 303
    return said(desk.get(answer["Location"]))


def found(text: str) -> list[Member]:
    return find(text, timezone.now()).members


def test_a_member_is_found_by_whatever_they_can_read_out(till: Till) -> None:
    member = till.patron()
    Member.objects.filter(pk=member.pk).update(email="Ada.Lovelace@example.org", name="Ada King Lovelace")
    EmailAddress.objects.create(user=member, email="second@example.org")
    Payment.objects.update(receipt_number="2041-7788", invoice_number="AB12-0001", billing_email="wallet@example.org")
    paid, row = till.payment(member), till.subscription(member)
    event = StripeEvent.objects.filter(type="checkout.session.completed").get()
    for text in (
        "ada.lovelace@example.org", " ADALOVELACE@EXAMPLE.ORG ", "ada.lovelace+news@example.org", "second@example.org",
        "Wallet@example.org", "ada lovelace", "2041-7788", "ab12-0001", row.stripe_id, row.customer.stripe_id,
        paid.payment_intent, till.charge(paid), event.stripe_id, event.object_id,
    ):  # fmt: skip
        assert found(text) == [member], text
    for text in ("ada@example.org", "lovelace@example.com", "cus_nobody", "evt_none", "", "2041-7789"):
        assert found(text) == [], text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("A.B+c@D.org", "ab@d.org"), ("ab@d.org", "ab@d.org"), (" a.b.c@x.y.z ", "abc@x.y.z"), ("+x@y.z", "@y.z")],
)
def test_dots_case_and_tags_do_not_matter_in_an_address(typed: str, plain: str, db: None) -> None:
    assert plain_address(typed) == plain
    member: Member = MemberFactory(email=typed.strip())
    assert found(typed) == [member]


def test_the_code_of_a_gift_finds_buyer_and_gift_and_is_shown_nowhere(till: Till, desk: Client) -> None:
    code = _buy(till, MemberFactory(email="giver@example.org"))
    page = ask(desk, code.lower())
    assert "giver@example.org" in page
    assert "its code went to friend@example.org" in page
    cleaned = desk.get(DESK, {"q": "friend@example.org"}).content.decode()
    assert code not in cleaned


def _buy(till: Till, giver: Member | None) -> str:
    address = support.buy_gift(
        tier=Tier.objects.get(slug="tier-1"), months=3, member=giver, email="giver@example.org",
        recipient_email="friend@example.org", giver_name="G", message="", deliver_at=None, now=timezone.now(),
    )  # fmt: skip
    till.fake.pay(address.rsplit("/", 1)[-1])
    till.deliver()
    return code_of(Payment.objects.get(kind="gift").attempt)  # type: ignore[arg-type]  # bought here


def test_the_code_of_a_gift_for_somebody_without_account_is_sent_again_once_an_hour(till: Till, desk: Client) -> None:
    _buy(till, None)
    page = desk.get(DESK, {"q": "friend@example.org"}).content.decode()
    path = re.search(r'action="(/admin/members/money/gift/\d+/)"', page)
    assert path is not None
    for words in ("is on its way to friend@example.org", "sent again within this hour already"):
        answer = desk.post(path[1], {"q": "friend@example.org"}, follow=True)
        assert words in said(answer)
    codes = [mail.context["code"] for mail in Mailing.objects.filter(key__startswith="gift-")]
    assert len(codes) == 2
    assert len(set(codes)) == 1


def test_lost_webhooks_are_healed_in_three_clicks(till: Till, desk: Client) -> None:
    member: Member = MemberFactory(email="ada@example.org")
    till.fake.pay(till.join(member))
    till.fake.deliver("drop")
    page = ask(desk, "ada@example.org")  # one click
    assert "opened Checkout on 3 November (5 €) and never paid" in page
    healed = press(desk, member, "mend", q="ada@example.org")  # two
    assert "They can read: Friend for 5 € a month" in healed
    assert "Looked at Stripe: 1 customers, 1 subscriptions." in healed
    assert till.has_access(member)
    assert AuditEntry.objects.about(member).filter(verb="look at Stripe").count() == 1


def test_stripe_away_is_a_sentence_and_nothing_is_lost(till: Till, desk: Client) -> None:
    member = till.patron()
    till.fake.down(9, 500)
    assert "Stripe says:" in press(desk, member, "mend")
    assert till.has_access(member)


def test_parked_events_are_named_and_looked_at_again(till: Till, desk: Client) -> None:
    member = till.patron()
    till.fake.fail_next_renewal()
    till.advance(31)
    till.advance(30)
    StripeEvent.objects.filter(object_id=till.subscription(member).stripe_id).update(status="parked", error="Odd.")
    assert "(Odd.)" in ask(desk, member.email)
    assert "events again; 0 still wait" in press(desk, member, "retry")
    assert not StripeEvent.objects.filter(status="parked").exists()


def test_access_is_given_until_the_end_of_a_day_and_written_down(till: Till, desk: Client, manager: Member) -> None:
    member: Member = MemberFactory()
    tier = str(Tier.objects.get(slug="tier-2").pk)
    page = press(desk, member, "give", tier=tier, until="2026-11-20", words="her bank is slow")
    assert "They can read Patron until 20 November." in page
    assert "given by the newsroom" in page
    row = Complimentary.objects.get()
    assert row.ends_at == timezone.make_aware(timezone.datetime(2026, 11, 21))  # type: ignore[attr-defined]  # re-exported
    assert row.granted_by == manager
    assert row.reason == "money desk: her bank is slow"
    assert till.rank(member) == 2
    assert AuditEntry.objects.about(row).filter(verb="give access", by=manager).count() == 1


@pytest.mark.parametrize("until", ["", "soon", "2026-11-02", "2031-01-01"])
def test_no_access_is_given_without_a_sensible_end(till: Till, desk: Client, until: str) -> None:
    member: Member = MemberFactory()
    press(desk, member, "give", tier=str(Tier.objects.get(slug="tier-2").pk), until=until)
    assert not Complimentary.objects.exists()


def test_the_open_invoice_is_mailed_once_a_day(till: Till, desk: Client) -> None:
    member = till.patron()
    Subscription.objects.update(status="past_due", open_invoice_url="https://pay.example/i", next_amount=500)
    page = desk.get(DESK, {"q": member.email}).content.decode()
    assert "Mail them the link to the invoice" in page
    row = str(till.subscription(member).pk)
    assert f"on its way to {member.email}" in press(desk, member, "invoice", row=row)
    assert "sent today already" in press(desk, member, "invoice", row=row)
    mail = Mailing.objects.get(template="members/invoice_link")
    assert mail.context["url"] == "https://pay.example/i"


def test_nobody_elses_invoice_is_mailed(till: Till, desk: Client) -> None:
    till.patron()
    Subscription.objects.update(status="past_due", open_invoice_url="https://pay.example/i")
    stranger: Member = MemberFactory()
    answer = desk.post(f"{DESK}{stranger.pk}/invoice/", {"row": str(Subscription.objects.get().pk)})
    assert answer.status_code == 404
    assert not Mailing.objects.filter(template="members/invoice_link").exists()


def test_who_paid_with_another_account_is_told_which(till: Till, desk: Client) -> None:
    payer = till.patron()
    Payment.objects.update(billing_email="other@example.org")
    member: Member = MemberFactory(email="Other@example.org")
    page = ask(desk, "other@example.org")
    assert f"They paid as {payer.email}, another account that can read." in page
    assert find(member.email, timezone.now()).members[0] == member


def test_what_no_account_fits_is_looked_up_at_stripe_and_linked(till: Till, desk: Client) -> None:
    made = till.fake.client().v1.customers.create({"email": "new@example.org"})
    till.fake.new_card(made.id)
    till.fake.client().v1.subscriptions.create(
        {"customer": made.id, "items": [{"price": till.price().stripe_id or ""}]}
    )
    assert "We know nothing of it" in ask(desk, "new@example.org")
    before = len(till.fake.calls)
    desk.get(DESK, {"q": "new@example.org"})
    assert len(till.fake.calls) == before  # looking at the page asks nobody
    page = said(desk.post(f"{DESK}stripe/", {"q": "new@example.org"}, follow=True))
    assert f"{made.id} · new@example.org" in page
    assert "1 subscription" in page
    member: Member = MemberFactory(email="ada@example.org")
    answer = desk.post(f"{DESK}orphans/link/", {"customer": made.id, "email": "ADA@example.org"}, follow=True)
    assert "They can read: Friend" in said(answer)
    assert till.has_access(member)


def test_an_answer_of_stripe_is_kept_for_who_asked_alone(till: Till, desk: Client) -> None:
    till.fake.client().v1.customers.create({"email": "new@example.org"})
    desk.post(f"{DESK}stripe/", {"q": "new@example.org"})
    other = Client()
    other.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    assert "cus_" not in ask(other, "new@example.org")
    cache.clear()
    assert "cus_" not in ask(desk, "new@example.org")


def test_a_whole_history_costs_twelve_queries(till: Till, desk: Client) -> None:
    member = till.patron()
    _buy(till, member)
    for _month in range(4):
        till.advance(31)
    ask(desk, member.email)
    with CaptureQueriesContext(connection) as queries:
        assert "They can read" in ask(desk, member.email)
    assert len(queries) <= 12, "\n".join(query["sql"][:150] for query in queries)


def test_the_first_page_says_what_needs_a_look(till: Till, desk: Client) -> None:
    member = till.patron()
    assert "never compared" not in said(desk.get(DESK))  # nobody paid before tonight
    till.advance(hours=27)
    assert "Our books were never compared with Stripe’s" in said(desk.get(DESK))
    till.fake.dispute(till.charge(till.payment(member)))
    till.deliver()
    StripeEvent.objects.create(stripe_id="evt_9", type="invoice.paid", created=timezone.now(), status="parked")
    StripeEvent.objects.create(
        stripe_id="evt_8", type="invoice.paid", created=timezone.now(), received_at=timezone.now() - timedelta(hours=1)
    )
    start, home = said(desk.get(DESK)), said(desk.get("/admin/"))
    for words in (
        "1 event of Stripe is parked", "1 event of Stripe waits too long", "1 payment is disputed",
        "1 subscription is to be looked through",
    ):  # fmt: skip
        assert words in start
        assert words in home


def test_what_waits_beyond_money_is_not_told_to_those_who_may_not_see_it(till: Till) -> None:
    StripeEvent.objects.create(stripe_id="evt_9", type="invoice.paid", created=timezone.now(), status="parked")
    client = Client()
    client.force_login(MemberFactory(group="Editors"))
    assert "parked" not in said(client.get("/admin/"))
    assert client.get(DESK).status_code == 403


def test_all_parked_events_are_looked_at_again_with_one_button(till: Till, desk: Client) -> None:
    member = till.patron()
    StripeEvent.objects.filter(status="done").update(status="parked", error="Odd.")
    answer = desk.post(f"{DESK}inbox/")
    assert answer.status_code == 303
    till.run_jobs()
    assert not StripeEvent.objects.filter(status="parked").exists()
    assert till.has_access(member)


def test_prices_are_compared_on_a_press_and_never_followed(till: Till, desk: Client) -> None:
    price = till.price()
    till.fake.state.objects[price.stripe_id]["unit_amount"] = 700
    page = said(desk.post(f"{DESK}prices/", follow=True))
    assert "1 prices differ at Stripe." in page
    assert "differs at Stripe" in page
    assert till.price().unit_amount == 500
