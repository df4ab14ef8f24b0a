"""What is open opens and closes at its moment: before and after, for that reader and for everybody, cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from articles import publishing
from articles.models import Article
from members.gate import Audience
from members.letters.issues import contents
from members.meter import GIFTS_COOKIE
from members.models import Complimentary, Grant, LetterSubscription, MeteredView, SiteRules
from members.story_gifts import give, revoke
from newsroom.caching import purge
from tests.factories import Cast, make_patron
from tests.surfaces.door import Browser, Door
from tests.world import ADDRESSES, World, local, marker, path_of, reply_marker

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@contextmanager
def committed() -> Iterator[None]:
    """What is written here is committed as far as the page cache is concerned: its purges are heard."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


class Watch:
    """Looks at everything around one story, as its reader and as anybody, cached and not."""

    def __init__(self, door: Door, story: Article, name: str, reader: Browser) -> None:
        self.nobody, self.reader, self.name = door.browser(), reader, name
        path, talk = path_of(story), story.discussion.pk
        self.story = path
        self.around = (f"{path}live/", f"{path}live/?after=0", f"/replies/in/{talk}/", f"/replies/feed/{talk}/")
        self.lists = ("/", "/city/", "/search/?q=open")

    def sees(self, *, reader: bool, anybody: bool = False) -> None:
        """Assert who is shown the hidden part, at its page and all around it; twice, so that the cache is asked."""
        for who, may in ((self.nobody, anybody), (self.reader, reader), (self.nobody, anybody)):
            page = who.get(self.story)
            assert (marker(self.name) in page.said) is may, self.story
            assert (marker(self.name) in who.get(f"{self.story}rest/").said) is may
            assert (marker(self.name) in who.get(f"{self.story}rest/", X_Fragment="1").said) is may
            said = [who.get(path).said for path in self.around]
            assert any(marker(self.name) in text for text in said) is may
            assert (reply_marker(self.name) in said[2] + said[3]) is may
            assert not any(marker(self.name) in who.get(path).said for path in self.lists)
            assert (marker(self.name) in who.get("/feed/").said) is anybody, "whole where everybody may read it"

    def knows(self, *, of_it: bool) -> None:
        """Assert whether anybody may know that the story is there."""
        for path in (self.story, *self.around, *self.lists, "/feed/", "/feed.json"):
            page = self.nobody.get(path)
            assert of_it or f"For {self.name}" not in page.said, path
        assert (self.nobody.get(self.story).status == 200) is of_it
        assert (f"For {self.name}" in self.nobody.get("/feed/").said) is of_it


@pytest.fixture
def member_watch(cast: Cast, world: World, door: Door) -> Watch:
    """A patrons' story, watched by a member."""
    return Watch(door, world.stories["patrons"], "patrons", door.browser(cast.member))


def later(moment: datetime) -> Any:
    """The clock stands at `moment`."""
    return time_machine.travel(moment, tick=False)


def test_purchase_opens_and_refund_log_out_and_the_end_close(cast: Cast, member_watch: Watch) -> None:
    member_watch.sees(reader=False)
    with committed():
        make_patron(cast.member)
    member_watch.sees(reader=True)
    with committed():
        Complimentary.objects.filter(member=cast.member).update(ends_at=timezone.now())
        Grant.objects.rebuild(cast.member)
    member_watch.sees(reader=False)
    end = timezone.now() + 20 * DAY
    with committed():
        Complimentary.objects.filter(member=cast.member).update(ends_at=end)
        Grant.objects.rebuild(cast.member)
    member_watch.sees(reader=True)
    with later(end - timedelta(seconds=1)):
        assert marker("patrons") in member_watch.reader.get(member_watch.story).said
    with later(end):
        assert marker("patrons") not in member_watch.reader.get(member_watch.story).said
    cookies = dict(member_watch.reader.cookies)
    member_watch.reader.get("/accounts/logout/")
    token = member_watch.reader.cookies.get("csrftoken", "")
    member_watch.reader.post("/accounts/logout/", f"csrfmiddlewaretoken={token}".encode())
    member_watch.reader.cookies = cookies  # who kept the cookie has nothing
    member_watch.sees(reader=False)


def test_editor_changes_for_whom_it_is(cast: Cast, world: World, member_watch: Watch) -> None:
    story = world.stories["patrons"]
    for audience, reader, anybody in (
        (Audience.EVERYONE, True, True), (Audience.MEMBERS, True, False), (Audience.PATRONS, False, False),
        (Audience.EVERYONE, True, True), (Audience.METERED, False, False),
    ):  # fmt: skip
        story.audience = audience
        with committed():
            publishing.correct(story, by=cast.editor, now=timezone.now(), stamp=False)
        member_watch.sees(reader=reader, anybody=anybody)


def test_what_is_taken_away_is_gone_at_once_for_everybody(cast: Cast, world: World, door: Door) -> None:
    story = world.stories["everyone"]
    watch = Watch(door, story, "everyone", door.browser(cast.patron))
    assert marker("everyone") in watch.nobody.get(watch.story).said
    watch.knows(of_it=True)
    with committed():
        publishing.withdraw(story, reason="Not true.", by=cast.editor, now=timezone.now())
    for browser in (watch.nobody, watch.reader):
        assert not [path for path in watch.lists if "For everyone" in browser.get(path).said]
        for path in (watch.story, f"{watch.story}rest/", *watch.around, *watch.lists, "/feed/", "/sitemap.xml"):
            said = browser.get(path).said
            assert marker("everyone") not in said
            assert "Open words of everyone" not in said
    assert "Not true." in watch.nobody.get(watch.story).said


def test_embargo_and_archive_come_at_their_moment_without_anybody_doing_anything(
    cast: Cast, world: World, door: Door
) -> None:
    story, now = world.stories["everyone"], timezone.now()
    watch = Watch(door, story, "everyone", door.browser(cast.member))
    with committed():
        Article.objects.filter(pk=story.pk).update(live_from=now + DAY, embargo_until=now + DAY)
        story.refresh_from_db()
        purge(*story.cache_keys(), "site")
    watch.knows(of_it=False)
    with later(now + DAY - timedelta(seconds=1)):
        watch.knows(of_it=False)
    with later(now + DAY + timedelta(seconds=1)):
        watch.knows(of_it=True)
        watch.sees(reader=True, anybody=True)
    with committed():
        SiteRules.objects.update(archive_days=30, archive_audience=Audience.PATRONS)
        purge("site")
    closes = story.published_at + 30 * DAY
    with later(closes - timedelta(seconds=5)):
        watch.sees(reader=True, anybody=True)
    with later(closes + timedelta(seconds=1)):
        watch.sees(reader=False)


def test_meter_gives_what_it_holds_and_no_more(cast: Cast, world: World, door: Door) -> None:
    SiteRules.objects.update(meter_limit=1, meter_limit_members=2)
    purge("site")
    first, second = world.stories["metered"], world.stories["everyone"]
    Article.objects.filter(pk=second.pk).update(audience=Audience.METERED)
    nobody, other = door.browser(), door.browser()
    for browser in (nobody, other):
        assert marker("metered") not in browser.get(f"{path_of(first)}rest/").said
    nobody.post(f"{path_of(first)}rest/")
    assert marker("metered") in nobody.get(f"{path_of(first)}rest/").said
    assert marker("metered") not in nobody.get(path_of(first)).said, "the page kept for everybody stays cut"
    assert marker("metered") not in other.get(f"{path_of(first)}rest/").said
    nobody.post(f"{path_of(second)}rest/")
    assert marker("everyone") not in nobody.get(f"{path_of(second)}rest/").said
    with later(timezone.now() + 32 * DAY):
        assert marker("metered") not in nobody.get(f"{path_of(first)}rest/").said, "another month"
    assert not MeteredView.objects.exists()


def test_gift_opens_its_story_in_one_browser_until_it_ends(cast: Cast, world: World, door: Door) -> None:
    story, now = world.stories["patrons"], timezone.now()
    gift = give(cast.patron, story.pk, now=now)
    rest, link = f"{path_of(story)}rest/", f"/gift/{gift.token}/"
    guest, other, late = door.browser(), door.browser(), door.browser()
    assert marker("patrons") not in guest.get(link).said + guest.get(rest).said
    guest.post(link)
    assert GIFTS_COOKIE in guest.cookies
    assert marker("patrons") in guest.get(rest).said
    assert marker("patrons") not in guest.get(path_of(story)).said, "the page kept for everybody stays cut"
    assert marker("higher") not in guest.get(f"{path_of(world.stories['higher'])}rest/").said
    assert marker("patrons") not in other.get(rest).said
    for path in (
        f"{path_of(story)}live/",
        f"/replies/in/{story.discussion.pk}/",
        f"/replies/feed/{story.discussion.pk}/",
    ):
        guest.get(path)
        assert marker("patrons") not in other.get(path).said, "what one guest opened is kept for nobody"
        assert reply_marker("patrons") not in other.get(path).said
    with later(now + 6 * DAY):
        assert marker("patrons") not in guest.get(rest).said
    with later(gift.expires_at):
        assert late.post(link).status == 410
    revoke(cast.patron, gift.token, now=now)
    assert late.post(link).status == 410
    assert marker("patrons") not in late.get(rest).said


def test_link_in_a_letter_opens_what_its_recipient_may_read_and_for_two_weeks(
    cast: Cast, world: World, door: Door
) -> None:
    story, now = world.stories["patrons"], timezone.now()
    rest = f"{path_of(story)}rest/"
    rows = {
        who: LetterSubscription.objects.create(letter=world.letter, email=member.email, member=member, confirmed_at=now)
        for who, member in (("member", cast.member), ("patron", cast.patron))
    }
    links = {who: local(contents.story_link(world.issue, row)) for who, row in rows.items()}
    for who, may in (("member", False), ("patron", True)):
        browser = door.browser()
        assert marker("patrons") not in browser.get(links[who]).said
        browser.post(links[who])
        assert (marker("patrons") in browser.get(rest).said) is may
    with later(now + 15 * DAY):
        browser = door.browser()
        assert browser.post(links["patron"]).status == 410
        assert marker("patrons") not in browser.get(rest).said


def test_story_that_is_no_longer_live_is_on_no_address(cast: Cast, world: World, door: Door) -> None:
    story = world.stories["everyone"]
    Article.objects.filter(pk=story.pk).update(live_from=None, status=Article.Status.DRAFT)
    browser = door.browser(cast.patron)
    for paths in ADDRESSES.values():
        for path in map(local, paths(world)[:1]):  # of stories the first is this one
            asked = path.partition("q=")[2] or path  # the search page says back what was asked
            assert marker("everyone") not in browser.get(path).said.replace(asked, ""), path
    assert browser.get(path_of(story)).status == 404
