"""What joining says before it happens: today's amount, the next one, the trial, the terms that are accepted."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Price, Terms, Tier
from members.money.joining import agreed
from tests.factories import Cast, MemberFactory
from tests.members.money.till import SAME_ORIGIN, Till


def make_terms(version: str, days: float = -1, text: str = "# Stopping\n\nWhenever you like.\nReally.") -> Terms:
    """A version in force from so many days from now."""
    begins = timezone.now() + timedelta(days=days)
    return Terms.objects.create(version=version, text=text, in_force_from=begins)


def test_what_is_agreed_to_is_stored_with_the_attempt(till: Till, client: Client) -> None:
    terms, member = make_terms("2026-11"), MemberFactory()
    client.force_login(member)
    text = client.get(f"/membership/?price={till.price().pk}").content.decode()
    assert "By joining you accept" in text
    assert "our terms (2026-11)" in text
    client.post("/membership/join/", {"price": till.price().pk, "terms": "2026-11"}, **SAME_ORIGIN)
    attempt = CheckoutAttempt.objects.get()
    assert (attempt.terms, attempt.accepted_at) == (terms, timezone.now())


@pytest.mark.parametrize("sent", ["", "2026-10", "forged"])
def test_nobody_accepts_terms_that_the_page_did_not_show(till: Till, client: Client, sent: str) -> None:
    make_terms("2026-10", -30)
    make_terms("2026-11")
    client.force_login(MemberFactory())
    price = till.price().pk
    answer = client.post("/membership/join/", {"price": price, "terms": sent, "next": "/a/"}, **SAME_ORIGIN)
    assert (answer.status_code, answer["Location"]) == (303, f"/membership/?price={price}&next=%2Fa%2F")
    assert CheckoutAttempt.objects.count() == 0
    assert "Our terms are new" in client.get(answer["Location"]).content.decode()


def test_joining_again_under_newer_terms_accepts_the_newer(till: Till, client: Client) -> None:
    make_terms("2026-10", -30)
    client.force_login(MemberFactory())
    client.post("/membership/join/", {"price": till.price().pk, "terms": "2026-10"}, **SAME_ORIGIN)
    newer = make_terms("2026-11")
    client.post("/membership/join/", {"price": till.price().pk, "terms": "2026-11"}, **SAME_ORIGIN)
    assert CheckoutAttempt.objects.get().terms == newer
    assert till.calls("POST", "checkout/sessions") == 1


def test_without_terms_nothing_is_said(till: Till, client: Client) -> None:
    assert "terms" not in client.get("/membership/").content.decode()
    assert client.get("/membership/terms/").status_code == 404


@pytest.mark.django_db
def test_every_version_can_be_read_and_says_whether_it_holds(client: Client, now: Any) -> None:
    make_terms("2025-01", -300, "Old words.")
    make_terms("2026-11", -1)
    make_terms("2027-01", 40, "New words.")
    text = client.get("/membership/terms/").content.decode()
    assert "Version 2026-11" in text
    assert "<h2>Stopping</h2>" in text
    assert "Whenever you like.<br>Really." in text
    assert "A newer version holds now" in client.get("/membership/terms/?version=2025-01").content.decode()
    assert "Not in force yet" in client.get("/membership/terms/?version=2027-01").content.decode()
    assert client.get("/membership/terms/?version=<b>").status_code == 404


@pytest.mark.django_db
def test_pages_that_name_the_terms_end_when_others_come_into_force(client: Client, now: Any) -> None:
    make_terms("2026-11")
    make_terms("2026-12", 1 / 1440)
    for path in ("/membership/", "/membership/terms/"):
        assert int(client.get(path)["X-Edge-Seconds"]) <= 60


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []), ("# A\nb", [("A", True), ("b", False)]), ("a\r\n\r\n\r\nb", [("a", False), ("b", False)]),
        ("#", []), ("## A\n# B\n\nc # d", [("A", True), ("B", True), ("c # d", False)]),
    ],
)  # fmt: skip
def test_plain_text_becomes_headings_and_paragraphs(text: str, wanted: list[tuple[str, bool]]) -> None:
    assert [(block.text, block.is_heading) for block in agreed.blocks(text)] == wanted


def test_markup_in_the_terms_stays_text(db: None, client: Client, now: Any) -> None:
    make_terms("2026-11", text="<script>x</script>")
    assert "&lt;script&gt;" in client.get("/membership/terms/").content.decode()


# -- on the desk ----------------------------------------------------------------------------------------------


def test_an_accepted_version_cannot_be_changed_on_the_desk(till: Till, client: Client, cast: Cast) -> None:
    terms = make_terms("2026-11")
    client.force_login(cast.publisher)
    path = f"/admin/members/terms/{terms.pk}/change/"
    fields = {"version": "2026-11", "in_force_from": "2026-11-01T00:00", "text": "Other words."}
    assert client.post(path, fields).status_code == 302
    CheckoutAttempt.objects.create(kind="subscribe", amount=500, currency="EUR", terms=terms, expires_at=timezone.now())
    assert client.post(path, {**fields, "text": "Again other words."}).status_code == 403
    terms.refresh_from_db()
    assert terms.text == "Other words."


# -- trials ---------------------------------------------------------------------------------------------------


def test_a_trial_is_said_whole_and_is_once_for_each_member(till: Till, client: Client) -> None:
    Tier.objects.filter(slug="tier-1").update(trial_days=14)
    text = client.get("/membership/").content.decode()
    assert "14 days free, then 5\u00a0€ a month from 17 November, until you stop." in text
    assert "Try Friend free" in text
    chosen = client.get(f"/membership/?price={till.price().pk}").content.decode()
    assert "nothing: 14 days are free" in chosen
    member = till.patron()
    assert CheckoutAttempt.objects.get().details["trial_days"] == 14
    assert not member.payments.filter(amount__gt=0).exists()
    till.fake.client().v1.subscriptions.cancel(till.subscription(member).stripe_id)
    till.deliver()
    client.force_login(member)
    again = client.get("/membership/").content.decode()
    assert "days free" not in again
    till.join(member)
    assert CheckoutAttempt.objects.get(status="open").details["trial_days"] == 0


@pytest.mark.parametrize(("interval", "day"), [("month", "3 December"), ("year", "3 November 2027")])
def test_what_today_takes_and_when_it_renews_is_said_before_stripe(
    till: Till, client: Client, interval: str, day: str
) -> None:
    price = till.price("tier-2", interval)
    text = client.get(f"/membership/?price={price.pk}").content.decode()
    amount = f"{price.unit_amount // 100}\u00a0€"
    assert f"<dd>{amount}</dd>" in text
    assert f"{amount} on {day}" in text
    assert f"{amount} every {interval}, until you stop" in text
    assert f"Continue to Stripe and pay {amount}" in text


# -- prices ---------------------------------------------------------------------------------------------------


def test_what_stripe_does_not_know_is_neither_shown_nor_joined(till: Till, client: Client) -> None:
    price = till.price("tier-2")
    client.force_login(MemberFactory())
    for change in ({"stripe_id": None}, {"livemode": True}, {"is_active": False}):
        before = {name: getattr(price, name) for name in change}
        Price.objects.filter(pk=price.pk).update(**change)
        assert "10\u00a0€ <small>a month" not in client.get("/membership/").content.decode()
        answer = client.post("/membership/join/", {"price": price.pk}, **SAME_ORIGIN)
        assert "not offered any more" in answer.content.decode()
        Price.objects.filter(pk=price.pk).update(**before)
    assert CheckoutAttempt.objects.count() == 0


def test_other_currencies_are_offered_where_there_are_any(till: Till, client: Client) -> None:
    assert "Pay in" not in client.get("/membership/").content.decode()
    tier = Tier.objects.get(slug="tier-1")
    dollars = Price.objects.create(tier=tier, currency="USD", interval="month", unit_amount=600, stripe_id="price_usd")
    text = client.get("/membership/").content.decode()
    assert "<strong>EUR</strong>" in text
    assert "?currency=usd" in text
    there = client.get("/membership/?currency=usd&next=/a/").content.decode()
    assert "6\u00a0$ <small>a month" in there
    assert "5\u00a0€" not in there
    assert "Patron</h2>" not in there
    answer = client.post("/membership/join/", {"tier": "tier-1", "currency": "USD", "next": "/a/"}, **SAME_ORIGIN)
    assert f"price%3D{dollars.pk}" in answer["Location"]
    assert "5\u00a0€ <small>a month" in client.get("/membership/?currency=xxx").content.decode()


def test_totals_are_honest(till: Till, client: Client) -> None:
    text = client.get("/membership/?interval=year").content.decode()
    assert "60\u00a0€ over a year" in text
    assert "about 4.17\u00a0€ a month · 10\u00a0€ less than twelve months" in text
    Price.objects.filter(tier__slug="tier-1", interval="year").update(unit_amount=6600)
    text = client.get("/membership/?interval=year").content.decode()
    assert "5.50\u00a0€ a month</p>" in text


@pytest.mark.parametrize("typed", ["²", "٥", "1e3", "-1", "0x1", " 1", "1" * 40])
def test_no_number_typed_as_a_price_breaks_the_page(till: Till, client: Client, typed: str) -> None:
    assert client.get("/membership/", {"price": typed}).status_code == 200
    assert client.post("/membership/join/", {"price": typed}, **SAME_ORIGIN).status_code == 422


def test_rights_are_said_in_words_from_the_fields(till: Till, client: Client) -> None:
    Tier.objects.filter(slug="tier-1").update(opens_archive=False, may_reply=False)
    text = client.get("/membership/").content.decode()
    assert "Votes on what we look into next, does not open the archive, does not reply where only patrons do." in text
    assert "Votes on what we look into next, opens the archive, replies wherever patrons do." in text
