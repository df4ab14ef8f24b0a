"""A reader's passkey in a real browser, with Chromium's own virtual authenticator; and axe on the pages of the door."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings as site_settings
from playwright.sync_api import Page, expect

from members.models import Member
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import STILL, wrong_in_any_look
from tests.factories import MemberFactory, make_patron

pytestmark = pytest.mark.browser
PAGES = (
    "/account/", "/account/erase/", "/accounts/email/", "/accounts/sessions/", "/accounts/2fa/",
    "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/",
)  # fmt: skip


@pytest.fixture
def reader(site: Site, settings: Any) -> Member:
    """A patron whose address is proved. Passkeys know no numeric hosts: the browser calls the site localhost."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]
    member: Member = make_patron(MemberFactory(email="anna@example.org", name="Anna"))
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def at_localhost(site: Site, path: str) -> str:
    return f"{site.url.replace('127.0.0.1', 'localhost')}{path}"


def authenticator_of(page: Page) -> None:
    """Give the page's browser a key with a finger on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_made_named_and_signs_in_alone(site: Site, open_window: OpenWindow, reader: Member) -> None:
    window = open_window()
    page = window.page
    authenticator_of(page)
    cookie: Any = {
        "name": site_settings.SESSION_COOKIE_NAME, "value": site.session_of(reader), "url": at_localhost(site, "/"),
    }  # fmt: skip
    window.context.add_cookies([cookie])
    page.goto(at_localhost(site, "/accounts/2fa/"))
    window.follow("Add a passkey", "main")
    expect(page.get_by_label("Name, to tell it from others")).to_have_value("Chrome on Linux")
    page.get_by_label("Name, to tell it from others").fill("My laptop")
    window.press("Add a passkey", "main")
    window.sees("Each signs you in once when your device is lost")
    assert {row.type for row in Authenticator.objects.filter(user=reader)} == {"webauthn", "recovery_codes"}
    window.follow("Back to your second factors")
    window.sees("My laptop")
    window.context.clear_cookies()
    page.goto(at_localhost(site, "/accounts/login/?next=/topics/"))
    window.press("Sign in with a passkey", "main")
    window.sees("You decide what we cover")
    page.goto(at_localhost(site, "/account/"))
    window.sees("One passkey signs you in.")
    assert not window.complaints


def test_a_browser_that_gives_none_says_so(site: Site, open_window: OpenWindow) -> None:
    window = open_window()
    window.page.goto(at_localhost(site, "/accounts/login/"))
    window.page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")
    window.press("Sign in with a passkey", "main")
    window.sees("The browser gave no passkey")


def test_without_javascript_the_door_says_what_is_missing(site: Site, open_window: OpenWindow) -> None:
    window = open_window(java_script_enabled=False)
    window.go("/accounts/login/")
    window.sees("Passkeys need JavaScript")
    expect(window.page.get_by_role("button", name="Send me a code")).to_be_visible()


def test_axe_finds_nothing_on_the_pages_of_an_account(site: Site, open_window: OpenWindow, reader: Member) -> None:
    window = open_window(**STILL)
    window.sign_in_as(reader)
    found = []
    for path in PAGES:
        window.go(path)
        found += [f"{path} {wrong}" for wrong in wrong_in_any_look(window.page)]
    assert not found, "\n".join(found)
