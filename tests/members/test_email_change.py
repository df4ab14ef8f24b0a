"""Another address for an account: proved by a code, told to the old one, and silent about whose it is."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from members.accounts import address
from members.models import AuditEntry, Consent, Letter, LetterSubscription, Mailing, Member
from tests.factories import Cast, MemberFactory
from tests.members.money.till import Till

pytestmark = pytest.mark.django_db
PAGE, CODE = "/accounts/email/", "/accounts/email/code/"
NEW = "new@example.org"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def me(client: Client, cast: Cast) -> Member:
    EmailAddress.objects.create(user=cast.member, email=cast.member.email, verified=True, primary=True)
    client.force_login(cast.member)
    member: Member = cast.member
    return member


def code_in(mailoutbox: list[Any]) -> str:
    found = re.search(r"^ +(\d{6})$", mailoutbox[-1].body, re.MULTILINE)
    assert found
    return found[1]


def test_a_new_address_counts_once_its_code_comes_back(client: Client, me: Member, mailoutbox: list[Any]) -> None:
    old = me.email
    asked = client.post(PAGE, {"email": "New@Example.org"})
    assert (asked.status_code, asked["Location"]) == (303, PAGE)
    assert NEW in client.get(PAGE).content.decode()
    me.refresh_from_db()
    assert me.email == old  # nothing before the code
    assert mailoutbox[-1].to == [NEW]
    changed = client.post(CODE, {"code": f" {code_in(mailoutbox)} "})
    assert (changed.status_code, changed["Location"]) == (303, "/account/")
    me.refresh_from_db()
    assert me.email == NEW
    assert list(EmailAddress.objects.filter(user=me).values_list("email", "verified", "primary")) == [(NEW, True, True)]
    told = Mailing.objects.get(template="members/address_changed")
    assert (told.email, NEW in str(told.context)) == (old, False)
    assert AuditEntry.objects.get(verb="change address").changes == {"email": [old, NEW]}


def test_wrong_used_and_expired_codes_are_each_a_sentence(
    client: Client, me: Member, mailoutbox: list[Any], now: datetime
) -> None:
    assert "Ask for one first" in client.post(CODE, {"code": "1"}).content.decode()
    client.post(PAGE, {"email": NEW})
    code = code_in(mailoutbox)
    wrong = "111111" if code != "111111" else "222222"
    answer = client.post(CODE, {"code": wrong})
    assert answer.status_code == 422
    assert "That is not the code" in answer.content.decode()
    with time_machine.travel(now + timedelta(minutes=16), tick=False):
        assert "good for fifteen minutes. Ask" in client.post(CODE, {"code": code}).content.decode()
    client.post(PAGE, {"email": NEW})
    code = code_in(mailoutbox)
    client.post(CODE, {"code": code})
    assert "was used already" in client.post(CODE, {"code": code}).content.decode()


def test_five_wrong_codes_end_it(client: Client, me: Member, mailoutbox: list[Any]) -> None:
    client.post(PAGE, {"email": NEW})
    code = code_in(mailoutbox)
    wrong = "111111" if code != "111111" else "222222"
    pages = [client.post(CODE, {"code": wrong}).content.decode() for _try in range(5)]
    assert "fifth wrong code" in pages[-1]
    assert client.post(CODE, {"code": code}).status_code == 422
    me.refresh_from_db()
    assert me.email != NEW


@pytest.mark.parametrize("taken", ["their address", "an address that came with a merged account"])
def test_who_owns_an_address_only_its_mailbox_learns(
    client: Client, me: Member, cast: Cast, mailoutbox: list[Any], taken: str
) -> None:
    email = cast.patron.email
    if taken != "their address":
        email = "second@example.org"
        EmailAddress.objects.create(user=cast.patron, email=email, verified=True, primary=False)
    pages = []
    for wanted in ("free@example.org", email):
        asked = client.post(PAGE, {"email": wanted})
        page = client.get(PAGE).content.decode().replace(wanted, "…")
        wrong = client.post(CODE, {"code": ""}).content.decode().replace(wanted, "…")
        pages.append((asked.status_code, *(re.sub(r'value="[^"]{64}"', "", each) for each in (page, wrong))))
    assert pages[0] == pages[1]
    assert "has an account already" in mailoutbox[-1].body
    assert mailoutbox[-1].to == [email]
    assert not re.search(r"\d{6}", mailoutbox[-1].body)
    assert client.post(CODE, {"code": ""}).status_code == 422
    assert cast.patron.pk == Member.objects.get(email=cast.patron.email).pk


def test_an_address_that_became_anothers_meanwhile_is_refused(
    client: Client, me: Member, mailoutbox: list[Any]
) -> None:
    client.post(PAGE, {"email": NEW})
    MemberFactory(email=NEW)
    assert "belongs to another account by now" in client.post(CODE, {"code": code_in(mailoutbox)}).content.decode()


def test_ones_own_address_nonsense_and_too_often_are_sentences(
    client: Client, me: Member, mailoutbox: list[Any]
) -> None:
    assert "your address already" in client.post(PAGE, {"email": me.email.upper()}).content.decode()
    assert client.post(PAGE, {"email": "nonsense"}).status_code == 422
    answers = [client.post(PAGE, {"email": f"a{n}@example.org"}).status_code for n in range(7)]
    assert answers == [303] * 5 + [422] * 2
    assert len(mailoutbox) == 5


def test_the_old_address_can_be_kept(client: Client, me: Member, mailoutbox: list[Any]) -> None:
    client.post(PAGE, {"email": NEW})
    assert client.post(PAGE, {"keep": "1"}).status_code == 303
    assert NEW not in client.get(PAGE).content.decode()
    assert client.post(CODE, {"code": code_in(mailoutbox)}).status_code == 422


def test_letters_and_waiting_mails_follow_and_come_once(me: Member) -> None:
    now, old = timezone.now(), me.email
    both, one = (Letter.objects.create(slug=slug, name=slug) for slug in ("both", "one"))
    for letter, email in ((both, old), (both, NEW), (one, old)):
        LetterSubscription.objects.create(letter=letter, email=email, confirmed_at=now)
    Mailing.objects.create(key="waits", member=me, email=old, template="members/welcome")
    Mailing.objects.create(key="sent", member=me, email=old, template="members/welcome", status="accepted")
    address.change(me, NEW, now=now)
    receiving = LetterSubscription.objects.receiving()
    assert set(receiving.values_list("letter__slug", "email")) == {("both", NEW), ("one", NEW)}
    assert set(receiving.values_list("member", flat=True)) == {me.pk}
    proof = Consent.objects.filter(where=PAGE).values_list("subscription__letter__slug", "act")
    assert set(proof) == {("both", Consent.Act.LEFT), ("one", Consent.Act.CONFIRMED)}
    assert Mailing.objects.get(key="waits").email == NEW
    assert Mailing.objects.get(key="sent").email == old


def test_stripe_follows_by_a_job_and_its_failure_blocks_nothing(till: Till) -> None:
    member = till.patron()
    customer = till.subscription(member).customer
    till.fake.down(3)
    address.change(member, NEW, now=timezone.now())
    assert till.run_jobs()[0].startswith("TryLater")
    member.refresh_from_db()
    assert member.email == NEW
    address.change(member, "newer@example.org", now=timezone.now())
    address.change(member, NEW, now=timezone.now())
    assert till.run_jobs() == []
    assert till.fake.state.objects[customer.stripe_id]["email"] == NEW
    path = f"/v1/customers/{customer.stripe_id}"
    keys = [call.key for call in till.fake.calls if call.method == "POST" and call.path == path]
    assert all(keys)


def test_a_second_factor_is_asked_for_first(client: Client, me: Member) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(me, generate_totp_secret())
    answer = client.post(PAGE, {"email": NEW})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
