"""One field and one code: the whole way in, and who is refused on it."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from members import meter
from members.models import Letter, LetterSubscription, Member, MeteredView, SiteRules

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
DOOR, CODE_PAGE = "/letters/discover/", "/accounts/login/code/confirm/"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


def ask(client: Client, email: str, **fields: str) -> Any:
    return client.post(DOOR, {"email": email, **fields}, **HERE)


def code_in(mailoutbox: list[Any]) -> str:
    found = re.search(r"^ +(\d{6})$", mailoutbox[-1].body, re.MULTILINE)
    assert found
    return found[1]


def test_new_reader_types_one_field_and_one_code_and_is_back_at_the_line(client: Client, mailoutbox: list[Any]) -> None:
    after = "/2026/11/03/harbour/#continue"
    asked = ask(client, "New.Reader@Example.org", next=after)
    assert (asked.status_code, asked["Location"]) == (303, f"{CODE_PAGE}?{urlencode({'next': after})}")
    assert not Member.objects.exists()  # nothing is stored before the address is proved
    page = client.get(asked["Location"])
    assert after in page.content.decode()
    entered = client.post(CODE_PAGE, {"code": code_in(mailoutbox), "next": after})
    assert (entered.status_code, entered["Location"]) == (302, after)
    member = Member.objects.get()
    assert member.email == "new.reader@example.org"
    assert not member.has_usable_password()
    assert EmailAddress.objects.get(user=member).verified
    assert client.session["_auth_user_id"] == str(member.pk)
    assert client.session.get_expiry_age() == 180 * 86_400


def test_known_and_unknown_addresses_get_the_same_answer_page_and_mail(client: Client, mailoutbox: list[Any]) -> None:
    Member.objects.create_user("known@example.org")
    answers = []
    for email in ("known@example.org", "nobody@example.org"):
        other = Client()
        asked = ask(other, email)
        page = other.get(asked["Location"]).content.decode().replace(email, "…")
        page = re.sub(r'value="[^"]{64}"', "", page)
        body = mailoutbox[-1].body.replace(code_in(mailoutbox), "…")
        answers.append((asked.status_code, asked["Location"], page, body))
    assert answers[0] == answers[1]


def test_known_member_signs_in_whatever_the_case_of_the_address(client: Client, mailoutbox: list[Any]) -> None:
    member = Member.objects.create_user("known@example.org")
    ask(client, "KNOWN@example.org")
    client.post(CODE_PAGE, {"code": code_in(mailoutbox)})
    assert client.session["_auth_user_id"] == str(member.pk)
    assert Member.objects.count() == 1


def test_five_wrong_codes_end_the_attempt(client: Client, mailoutbox: list[Any]) -> None:
    ask(client, "new@example.org")
    right = code_in(mailoutbox)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        client.post(CODE_PAGE, {"code": wrong})
    client.post(CODE_PAGE, {"code": right})
    assert "_auth_user_id" not in client.session
    assert not Member.objects.exists()


def test_code_expires(client: Client, mailoutbox: list[Any], now: datetime) -> None:
    import time_machine

    ask(client, "new@example.org")
    with time_machine.travel(now.timestamp() + 16 * 60, tick=False):
        client.post(CODE_PAGE, {"code": code_in(mailoutbox)})
    assert not Member.objects.exists()


def test_form_from_elsewhere_is_refused(client: Client, mailoutbox: list[Any]) -> None:
    for headers in ({}, {"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_ORIGIN": "https://evil.example"}):
        assert client.post(DOOR, {"email": "a@example.org"}, **headers).status_code == 403
    assert client.get(DOOR).status_code == 405
    assert not mailoutbox


def test_wrong_address_stays_in_the_form_with_what_is_wrong(client: Client, mailoutbox: list[Any]) -> None:
    answer = ask(client, "not an address", next="/x/")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="not an address"' in page
    assert 'value="/x/"' in page
    assert not mailoutbox


def test_machine_that_fills_every_field_gets_no_mail(client: Client, mailoutbox: list[Any]) -> None:
    answer = ask(client, "a@example.org", website="https://spam.example")
    assert answer.status_code == 303
    assert not mailoutbox


def test_one_address_is_not_bombed_with_codes(mailoutbox: list[Any]) -> None:
    statuses = [ask(Client(), "victim@example.org").status_code for _ in range(5)]
    assert statuses[-1] == 429
    assert len(mailoutbox) == 3


def test_next_that_leads_elsewhere_is_ignored(client: Client, mailoutbox: list[Any]) -> None:
    asked = ask(client, "a@example.org", next="//evil.example/x")
    assert "evil" not in asked["Location"]
    entered = client.post(CODE_PAGE, {"code": code_in(mailoutbox), "next": "https://evil.example/"})
    assert entered["Location"] == "/account/"


@pytest.mark.parametrize("ticked", [True, False])
def test_letter_comes_only_if_ticked_and_the_code_confirms_it(
    client: Client, mailoutbox: list[Any], ticked: bool
) -> None:
    Letter.objects.create(slug="weekly", name="The week", is_default=True)
    ask(client, "a@example.org", next="/story/", **({"letter": "weekly"} if ticked else {}))
    assert not LetterSubscription.objects.exists()
    client.post(CODE_PAGE, {"code": code_in(mailoutbox)})
    rows = LetterSubscription.objects.receiving()
    assert rows.count() == int(ticked)
    for row in rows:
        assert row.member == Member.objects.get()
        assert (row.asked_on, "The week" in row.wording) == ("/story/", True)


def test_what_the_browser_counted_is_counted_for_the_member(client: Client, mailoutbox: list[Any]) -> None:
    SiteRules.objects.create(pk=1, meter_limit=6)
    from django.core import signing
    from django.utils import timezone

    client.cookies[meter.COOKIE] = signing.dumps({"p": meter.period_of(timezone.now()), "s": [4, 9]}, salt=meter.SALT)
    ask(client, "a@example.org")
    client.post(CODE_PAGE, {"code": code_in(mailoutbox)})
    assert set(MeteredView.objects.values_list("story_id", flat=True)) == {4, 9}


def test_signed_in_reader_only_joins_the_letter(client: Client, mailoutbox: list[Any], cast: Any) -> None:
    Letter.objects.create(slug="weekly", name="The week")
    client.force_login(cast.member)
    answer = ask(client, "somebody.else@example.org", letter="weekly", next="/x/")
    assert (answer.status_code, answer["Location"]) == (303, "/x/")
    assert LetterSubscription.objects.get().email == cast.member.email
    assert not mailoutbox


def test_deactivated_account_stays_shut(client: Client, mailoutbox: list[Any]) -> None:
    Member.objects.create_user("gone@example.org", is_active=False)
    ask(client, "gone@example.org")
    client.post(CODE_PAGE, {"code": code_in(mailoutbox)})
    assert "_auth_user_id" not in client.session


def test_desk_signs_in_by_password_and_a_second_factor_is_asked_for(client: Client, cast: Any) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    cast.editor.set_password("correct horse battery")
    cast.editor.save()
    EmailAddress.objects.create(user=cast.editor, email=cast.editor.email, verified=True, primary=True)
    page = client.get("/accounts/login/?staff")
    assert 'type="password"' in page.content.decode()
    fields = {"login": cast.editor.email, "password": "correct horse battery"}
    TOTP.activate(cast.editor, generate_totp_secret())
    answer = client.post("/accounts/login/?staff", fields)
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.get("/accounts/2fa/authenticate/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/", "/accounts/login/?staff", "/accounts/signup/", "/accounts/password/reset/",
        "/accounts/password/reset/done/", "/letters/", "/letters/asked/",
    ],
)  # fmt: skip
def test_doors_open_with_one_heading_each(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/", "/accounts/logout/", "/accounts/password/set/", "/accounts/sessions/", "/accounts/2fa/",
    ],
)  # fmt: skip
def test_pages_of_a_signed_in_member_stand_in_our_layout(client: Client, cast: Any, path: str) -> None:
    client.force_login(cast.member)
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count("<h1") == 1
    assert 'id="main"' in page
    assert "style=" not in page
