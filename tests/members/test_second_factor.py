"""Every member's own door: where they are signed in, passkeys, an authenticator app, recovery codes."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from members.accounts.sessions import browser_of
from members.models import Member
from tests.factories import Cast

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
PLACES = "/accounts/sessions/"
TITLE_CASE = re.compile(r"<(?:h1|h2|label|button)[^>]*>\s*(?:[A-Z][a-z]+ ){1,3}[A-Z][a-z]+\s*<")


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def me(client: Client, cast: Cast) -> Member:
    member: Member = cast.member
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    client.force_login(member)
    return member


def signed_in(member: Member, agent: str) -> Client:
    """Another browser of theirs, seen by the list."""
    from allauth.usersessions.models import UserSession

    client = Client(HTTP_USER_AGENT=agent)
    client.force_login(member)
    UserSession.objects.update_or_create(
        session_key=client.session.session_key,
        defaults={"user": member, "ip": "192.0.2.7", "user_agent": agent},
    )
    return client


def asked_just_now(client: Client, member: Member) -> None:
    """The second factor was asked for a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(member.pk)
    session.save()


def digits(secret: str) -> str:
    """What the app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_places_are_listed_and_ended_one_by_one_or_all_others(cast: Cast) -> None:
    here = signed_in(cast.member, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    phone = signed_in(cast.member, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1")
    tablet = signed_in(cast.member, "odd")
    stranger = signed_in(cast.patron, "Chrome")
    page = here.get(PLACES).content.decode()
    for part in ("Firefox on Linux", "this browser", "Safari on iPhone", "A browser we do not know", "192.0.2.7"):
        assert part in page
    assert page.count("Sign out there") == 2
    chosen = re.findall(r'name="place" value="(\d+)"', page)
    theirs = re.findall(r'name="place" value="(\d+)"', stranger.get(PLACES).content.decode())
    assert not theirs  # only their own, and that is this one
    assert here.post(PLACES, {"place": chosen[0]}).status_code == 303
    alive = [each.get("/account/").status_code for each in (here, phone, tablet, stranger)]
    assert sorted(alive) == [200, 200, 200, 302]
    assert here.post(PLACES).status_code == 303
    assert [each.get("/account/").status_code for each in (here, phone, tablet, stranger)] == [200, 302, 302, 200]


def test_nobody_ends_a_place_of_somebody_else(cast: Cast) -> None:
    from allauth.usersessions.models import UserSession

    here, stranger = signed_in(cast.member, "Chrome"), signed_in(cast.patron, "Chrome")
    for pk in (UserSession.objects.get(user=cast.patron).pk, 10**17, "9" * 40):
        here.post(PLACES, {"place": str(pk)})
    assert stranger.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Version/18 Safari/605", "Safari on Mac"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "A browser we do not know"),
    ],
)
def test_browsers_are_named_as_people_name_them(agent: str, name: str) -> None:
    assert browser_of(agent) == name


def test_a_reader_sets_up_an_app_gets_recovery_codes_and_is_asked_for_it(
    client: Client, me: Member, mailoutbox: list[Any]
) -> None:
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="secret" value="([A-Z0-9]+)"', page)
    assert found
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert 'aria-invalid="true"' in wrong.content.decode()
    found = re.search(r'id="secret" value="([A-Z0-9]+)"', wrong.content.decode())
    assert found
    activated = client.post("/accounts/2fa/totp/activate/", {"code": digits(found[1])})
    assert activated["Location"] == "/accounts/2fa/recovery-codes/"
    assert Authenticator.objects.filter(user=me).count() == 2
    codes = re.findall(r"<code>(\w+)</code>", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    other = Client()
    other.post("/letters/discover/", {"email": me.email}, **HERE)
    mailed = re.search(r"^ +(\d{6})$", mailoutbox[-1].body, re.MULTILINE)
    assert mailed
    answer = other.post("/accounts/login/code/confirm/", {"code": mailed[1]})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in other.session
    assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert other.session["_auth_user_id"] == str(me.pk)


def test_every_page_stands_in_our_layout_and_speaks_our_words(client: Client, me: Member) -> None:
    assert "Add a passkey" in client.get("/accounts/2fa/webauthn/add/").content.decode()
    TOTP.activate(me, generate_totp_secret())
    key = Authenticator.objects.create(user=me, type="webauthn", data={"name": "My phone", "credential": {}})
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(me)
    asked_just_now(client, me)
    paths = [
        "/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/webauthn/",
        "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/reauthenticate/",
        reverse("mfa_edit_webauthn", args=[key.pk]), reverse("mfa_remove_webauthn", args=[key.pk]),
    ]  # fmt: skip
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert page.count("<h1") == 1, path
        assert 'id="main"' in page
        assert not TITLE_CASE.search(page), path
        assert "style=" not in page
    assert "My phone" in client.get("/accounts/2fa/").content.decode()


def test_removing_the_app_lets_a_mailed_code_do_again(client: Client, me: Member) -> None:
    TOTP.activate(me, generate_totp_secret())
    asked_just_now(client, me)
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=me, type="totp").exists()
