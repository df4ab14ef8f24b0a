"""A member's own feed: what their rank opens now and nothing else, for whoever has its address, until it is stopped."""

import re
from datetime import datetime
from typing import Any

import feedparser
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from articles.models import MissedAddress
from members import own_feed
from members.limits import within
from members.models import Complimentary, FeedToken, Grant, Member
from newsroom import erasing
from tests.factories import Cast, make_patron
from tests.surfaces.people import KINDS, READABLE, person, whole_world

pytestmark = pytest.mark.django_db
MARKERS = re.compile(r"zq([a-z]+?)(?:hidden|reply)")


def path_of(member: Member, form: str = "") -> str:
    """The address of a new feed of theirs."""
    own_feed.make(member, now=timezone.now())
    return f"/feed/mine/{own_feed.token_of(member)}/{form}"


def whole_in(client: Client, path: str) -> set[str]:
    """Whose hidden words stand there."""
    answer = client.get(path)
    assert answer.status_code == 200
    return set(MARKERS.findall(answer.content.decode()))


def test_own_feed_says_what_its_member_may_read_and_no_word_more(cast: Cast, client: Client) -> None:
    whole_world()
    for who in KINDS:
        member = person(who, cast)
        if member is None:
            continue
        wanted = {"everyone", "members"} if who == "staff" else READABLE[who]  # the desk's doors are not in an address
        for form in ("", "feed.json"):
            assert whole_in(client, path_of(member, form)) == wanted, who
    client.force_login(cast.editor)
    assert whole_in(client, path_of(cast.member)) == READABLE["member"], "the address counts, not who is signed in"
    assert whole_in(client, "/feed/") == {"everyone"}


def test_own_feed_ends_with_the_membership_and_with_its_address(cast: Cast, client: Client, now: datetime) -> None:
    whole_world()
    member = make_patron(cast.member, rank=1)
    path = path_of(member)
    assert "patrons" in whole_in(client, path)
    Complimentary.objects.filter(member=member).update(ends_at=now)
    Grant.objects.rebuild(member)
    assert whole_in(client, path) == READABLE["member"]
    newer = path_of(member)
    gone = client.get(path)
    assert (gone.status_code, MARKERS.search(gone.content.decode())) == (410, None)
    assert whole_in(client, newer) == READABLE["member"]
    erasing.erase(member, now=now)
    assert client.get(newer).status_code == 410
    for token in ("forged", "x" * 300, "%00", "é"):
        for form in ("", "feed.json"):
            assert client.get(f"/feed/mine/{token}/{form}").status_code == 410
    assert not MissedAddress.objects.exists(), "an address that may be somebody's is written down nowhere"


def test_the_database_holds_no_token(cast: Cast, settings: Any, now: datetime) -> None:
    first = own_feed.make(cast.member, now=now)
    token = own_feed.token_of(cast.member)
    assert token
    assert token not in str(FeedToken.objects.values())
    second = own_feed.make(cast.member, now=now)
    assert own_feed.token_of(cast.member) != token, "made anew at the same moment it is another"
    assert list(FeedToken.objects.valid().filter(member=cast.member)) == [second]
    assert first.pk != second.pk
    settings.SECRET_KEY = "another" * 8
    assert own_feed.token_of(cast.member) == "", "an address that would not work is not shown"


def test_member_makes_and_stops_the_feed_on_the_account_page(cast: Cast, client: Client) -> None:
    assert client.post("/account/feed/").status_code == 302
    client.force_login(cast.patron)
    assert client.get("/account/feed/").status_code == client.get("/account/feed/stop/").status_code == 405
    assert "/feed/mine/" not in client.get("/account/").content.decode()
    assert not FeedToken.objects.exists()
    made = client.post("/account/feed/")
    assert (made.status_code, made["Location"]) == (303, "/account/#feed")
    found = re.search(r'value="http://testserver(/feed/mine/\w+/)"', client.get("/account/").content.decode())
    assert found is not None
    feed = feedparser.parse(Client().get(found[1]).content)
    assert (feed.version, feed.bozo, feed.feed.title) == ("rss20", False, "Newsroom, for you")
    assert client.post("/account/feed/stop/").status_code == 303
    assert Client().get(found[1]).status_code == 410
    assert "/feed/mine/" not in client.get("/account/").content.decode()


def test_own_feed_is_private_says_when_nothing_changed_and_is_not_for_a_crowd(cast: Cast, client: Client) -> None:
    cache.clear()
    path = path_of(cast.patron)
    first = client.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    assert first["X-Robots-Tag"] == "noindex"
    assert "X-Edge-Keys" not in first
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for _ in range(57):
        within("own_feed", cast.patron.pk, times=60, seconds=3600)
    assert [client.head(path).status_code for _ in range(2)] == [200, 429]
    assert client.get(path_of(cast.member)).status_code == 200
