"""Who cannot pay asks in one line; a person gives access until a day, or says no in words."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from members.letters.sending import mailings
from members.models import AccessRequest, AuditEntry, Complimentary, Grant, Mailing, SiteRules, Tier
from members.money.giving import hardship
from newsroom import furniture
from tests.factories import Cast, MemberFactory
from tests.members.money.till import SAME_ORIGIN, make_tiers

pytestmark = pytest.mark.django_db
ASK = "/membership/ask/"


@pytest.fixture(autouse=True)
def tiers(db: None, now: object) -> None:
    make_tiers()


def asked(message: str = "Between jobs") -> AccessRequest:
    return hardship.ask(MemberFactory(), message=message, now=timezone.now())


def test_asking_needs_an_account_and_comes_back(client: Client) -> None:
    assert client.get(ASK)["Location"] == "/accounts/login/?next=%2Fmembership%2Fask%2F"
    assert client.post(ASK, {"message": "Hello"}, **SAME_ORIGIN).status_code == 303
    assert AccessRequest.objects.count() == 0


@pytest.mark.parametrize("message", ["", "Between jobs <b>"])
def test_one_field_that_may_stay_empty_and_one_open_request(client: Client, message: str) -> None:
    member = MemberFactory()
    client.force_login(member)
    assert client.get(ASK).status_code == 200
    assert AccessRequest.objects.count() == 0
    for _twice in range(2):
        assert client.post(ASK, {"message": message}, **SAME_ORIGIN).status_code == 303
    assert AccessRequest.objects.get(member=member).message == message
    text = client.get(ASK).content.decode()
    assert "We have your request" in text
    assert "<textarea" not in text


def test_a_request_from_another_site_is_refused(client: Client) -> None:
    client.force_login(MemberFactory())
    assert client.post(ASK, {}, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


def test_a_paper_that_offers_no_such_thing_has_neither_page_nor_link(client: Client) -> None:
    assert ASK in client.get("/membership/").content.decode()
    SiteRules.objects.create(pk=1, hardship_asks=False)
    furniture.snapshot.drop(["site"])
    client.force_login(MemberFactory())
    assert client.get(ASK).status_code == 404
    assert ASK not in client.get("/membership/").content.decode()


def test_given_access_opens_at_once_until_its_day_and_is_told(client: Client, cast: Cast) -> None:
    request = asked()
    client.force_login(cast.manager)
    page = client.get(f"/admin/members/accessrequest/{request.pk}/change/").content.decode()
    assert "Between jobs" in page
    assert 'value="2027-11-03"' in page
    lowest = Tier.objects.get(slug="tier-1")
    path = f"/admin/members/accessrequest/{request.pk}/give/"
    assert client.get(path).status_code == 405
    assert client.post(path, {"tier": lowest.pk, "until": "2027-05-31"}).status_code == 303
    given = Complimentary.objects.get(member=request.member)
    assert (given.kind, given.granted_by) == ("hardship", cast.manager)
    assert timezone.localdate(given.ends_at).isoformat() == "2027-05-31"
    assert Grant.objects.rank_of(request.member, timezone.now()) == 1
    request.refresh_from_db()
    assert (request.given, request.settled_by) == (given, cast.manager)
    mailings.send(Mailing.objects.get(key=f"access-{request.pk}"))
    assert "until 31 May 2027" in mail.outbox[-1].body
    assert AuditEntry.objects.filter(verb="give hardship access", by=cast.manager).count() == 1


def test_a_no_is_said_in_words_and_leaves_the_door_open(client: Client, cast: Cast) -> None:
    request = asked()
    client.force_login(cast.manager)
    path = f"/admin/members/accessrequest/{request.pk}/decline/"
    empty = client.post(path, {"text": "  "})
    assert empty.status_code == 422
    assert client.post(path, {"text": "We gave what we had <this> year."}).status_code == 303
    mailings.send(Mailing.objects.get(key=f"access-{request.pk}"))
    message = mail.outbox[-1]
    assert "We gave what we had <this> year." in message.body
    assert "&lt;this&gt;" in message.alternatives[0][0]
    assert not request.member.grants.exists()
    hardship.ask(request.member, message="", now=timezone.now())
    assert AccessRequest.objects.filter(member=request.member).count() == 2


@pytest.mark.parametrize("until", ["2026-11-02", "", "soon", "9999-12-31"])
def test_a_day_that_cannot_be_is_explained(client: Client, cast: Cast, until: str) -> None:
    request = asked()
    client.force_login(cast.manager)
    fields = {"tier": Tier.objects.get(slug="tier-1").pk, "until": until}
    answer = client.post(f"/admin/members/accessrequest/{request.pk}/give/", fields)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Complimentary.objects.filter(kind="hardship").exists()


def test_of_two_people_one_answers(cast: Cast) -> None:
    request, now = asked(), timezone.now()
    hardship.decline(request, text="No.", by=cast.manager, now=now)
    tier = Tier.objects.get(slug="tier-1")
    with pytest.raises(hardship.HardshipError, match="already"):
        hardship.give(request, tier=tier, until=now + timedelta(days=9), by=cast.publisher, now=now)
    assert not Complimentary.objects.filter(kind="hardship").exists()


def test_the_list_shows_what_waits(client: Client, cast: Cast) -> None:
    waiting, done = asked("Please wait"), asked("All done")
    hardship.decline(done, text="No.", by=cast.manager, now=timezone.now())
    client.force_login(cast.manager)
    text = client.get("/admin/members/accessrequest/").content.decode()
    assert waiting.message in text
    assert done.message not in text
    assert done.message in client.get("/admin/members/accessrequest/?state=settled").content.decode()
