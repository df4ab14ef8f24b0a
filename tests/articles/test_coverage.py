"""Live stories: the verbs of the stream, who is given its entries, what is new since one, and the desk's page."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.live import coverage, stream
from articles.live.coverage import CoverageError
from articles.models import Article, LiveEntry, Picture
from articles.publishing import withdraw
from members.gate import Audience
from members.models import AuditEntry, SiteRules
from newsroom import furniture
from tests.factories import Cast, make_article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rules(db: None) -> Iterator[SiteRules]:
    """A newsroom that tells stories live; its furniture is kept as in a process whose listener is connected."""
    found, _made = SiteRules.objects.update_or_create(pk=1, defaults={"live_coverage": True, "meter_limit": 3})
    furniture.snapshot.trusted = True
    yield found
    furniture.snapshot.trusted = False


@pytest.fixture
def purged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that fell, in order."""
    fell: list[str] = []
    monkeypatch.setattr("newsroom.caching._notify", fell.extend)
    return fell


def live_story(audience: str = Audience.EVERYONE, number: int = 0, **fields: Any) -> Article:
    """A story told live, with so many entries, a minute apart, the last the newest."""
    story = make_article(audience, coverage=Article.Coverage.RUNNING, **fields)
    for place in range(number):
        made_at = story.live_from + timedelta(minutes=place)  # type: ignore[operator]  # a live story has one
        LiveEntry.objects.create(article=story, headline=f"Entry {place}.", text="<p>It moves.</p>", made_at=made_at)
    return story


def add(story: Article, by: Any, now: datetime, text: str = "The gate is open.", **fields: Any) -> LiveEntry:
    """A new entry through the verb."""
    words: dict[str, Any] = {"headline": "", "is_key": False, **fields}
    return coverage.add_entry(story, text=text, by=by, now=now, **words)


def page(client: Client, path: str) -> str:
    """The answer as text; it must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


# -- Verbs ---------------------------------------------------------------------------------------


def test_new_entry_updates_the_story_and_renews_its_page_alone(cast: Cast, now: datetime, purged: list[str]) -> None:
    story = live_story()
    add(story, cast.editor, now)
    assert Article.objects.get(pk=story.pk).updated_at == now
    assert purged == [f"article-{story.pk}"]


def test_entry_under_a_story_that_is_not_out_updates_nothing(cast: Cast, now: datetime) -> None:
    story = live_story(published_at=now + timedelta(hours=1), announced_at=None)
    add(story, cast.editor, now)
    assert Article.objects.get(pk=story.pk).updated_at is None


def test_plain_words_become_paragraphs_and_links(cast: Cast, now: datetime) -> None:
    entry = add(live_story(), cast.editor, now, text="They left.\n\nSee https://example.org/map & wait")
    entry.refresh_from_db()
    assert entry.text == (
        '<p>They left.</p>\n\n<p>See <a href="https://example.org/map" rel="noopener">https://example.org/map</a>'
        " &amp; wait</p>"
    )


def test_pasted_markup_comes_in_clean(cast: Cast, now: datetime) -> None:
    entry = add(live_story(), cast.editor, now, text='<p style="x" onclick="y">Ok</p><script>z</script>')
    assert entry.text == "<p>Ok</p>"


@pytest.mark.parametrize("text", ["", "  ", "<p> </p>", "x" * 50_001])
def test_nothing_and_far_too_much_are_refused(text: str, cast: Cast, now: datetime) -> None:
    with pytest.raises(CoverageError):
        add(live_story(), cast.editor, now, text=text)
    assert not LiveEntry.objects.exists()


def test_entries_are_added_only_while_it_runs(cast: Cast, now: datetime) -> None:
    story = make_article()
    with pytest.raises(CoverageError):
        add(story, cast.editor, now)
    coverage.start(story, by=cast.editor, now=now)
    entry = add(story, cast.editor, now)
    coverage.end(story, by=cast.editor, now=now)
    with pytest.raises(CoverageError):
        add(story, cast.editor, now)
    with pytest.raises(CoverageError):
        coverage.end(story, by=cast.editor, now=now)
    coverage.remove_entry(entry, by=cast.editor, now=now)  # what was wrong leaves the page after the end, too
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "coverage.start", "coverage.add", "coverage.end", "coverage.remove",
    ]  # fmt: skip


def test_starting_and_ending_renew_the_lists_as_well(cast: Cast, now: datetime, purged: list[str]) -> None:
    coverage.start(make_article(), by=cast.editor, now=now)
    assert "front" in purged


def test_changed_entry_keeps_its_old_words_in_the_record(cast: Cast, now: datetime) -> None:
    entry = add(live_story(), cast.editor, now, text="<p>Nine.</p>")
    words: dict[str, Any] = {"headline": "", "text": "<p>Ten.</p>", "is_key": False}
    coverage.change_entry(entry, **words, seen=None, by=cast.editor, now=now)
    assert AuditEntry.objects.get(verb="coverage.change").changes["text"] == ["<p>Nine.</p>", "<p>Ten.</p>"]
    assert LiveEntry.objects.get().changed_at == now


def test_second_of_two_who_opened_an_entry_overwrites_nothing(cast: Cast, now: datetime) -> None:
    entry = add(live_story(), cast.editor, now)
    theirs = LiveEntry.objects.get()
    words: dict[str, Any] = {"headline": "", "is_key": False, "by": cast.editor, "now": now, "seen": None}
    coverage.change_entry(entry, text="<p>First.</p>", **words)
    with pytest.raises(CoverageError):
        coverage.change_entry(theirs, text="<p>Second.</p>", **words)
    assert LiveEntry.objects.get().text == "<p>First.</p>"


# -- Who is given the entries --------------------------------------------------------------------

READS = {
    "everyone": {"nobody", "member", "patron"},
    "metered": {"patron"},
    "members": {"member", "patron"},
    "patrons": {"patron"},
}


@pytest.mark.parametrize("audience", READS)
def test_entries_go_only_to_those_who_may_read_on(audience: str, cast: Cast, client: Client, now: datetime) -> None:
    story = live_story(audience)
    entry = add(story, cast.editor, now, text="zqentry", headline="zqhead", is_key=True)
    live = stream.live_path(story)
    paths = [story.get_absolute_url(), live, f"{live}?after=0", f"{live}?from={entry.pk}"]
    for name, member in {"nobody": None, "member": cast.member, "patron": cast.patron}.items():
        client.logout()
        if member:
            client.force_login(member)
        for path in paths:
            for headers in ({}, {"X-Fragment": "1"}):
                answer = client.get(path, headers=headers)
                assert ("zqentry" in answer.content.decode()) is (name in READS[audience]), (name, path)
                assert ("zqhead" in answer.content.decode()) is (name in READS[audience]), (name, path)


def test_metered_reader_who_spent_a_view_goes_on_at_their_own_address(cast: Cast, now: datetime) -> None:
    story, client = live_story("metered", 25), Client()
    rest = f"{story.get_absolute_url()}rest/"
    assert client.post(rest, headers={"origin": "http://testserver"}).status_code == 303
    html = page(client, rest)
    older = re.search(r'class="live-older"[^>]*><a href="([^"]+)">', html)
    assert "Entry 24." in html
    assert older is not None
    assert older[1].startswith(rest)
    assert "Entry 4." in page(client, older[1])
    live = f"{stream.live_path(story)}?after=0"
    assert client.get(live).status_code == 404  # the anonymous page is the same for everybody
    answer = client.get(live, headers={"X-Fragment": "1"})
    assert "Entry 24." in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"


def test_nothing_is_told_live_where_the_newsroom_switched_it_off(client: Client, cast: Cast) -> None:
    story = live_story(number=1)
    SiteRules.objects.update(live_coverage=False)
    furniture.snapshot.drop(["site"])
    assert "Entry 0." not in page(client, story.get_absolute_url())
    assert client.get(stream.live_path(story)).status_code == 404
    client.force_login(cast.editor)
    form = page(client, reverse("admin:articles_article_change", args=[story.pk]))
    desk = reverse("admin:articles_article_coverage", args=[story.pk])
    assert desk not in form
    assert client.get(desk).status_code == 404


def test_stream_of_a_story_that_is_not_out_is_nowhere(now: datetime, cast: Cast, client: Client) -> None:
    waiting = live_story(number=1, published_at=now + timedelta(hours=1), announced_at=None)
    gone = live_story(number=1)
    withdraw(gone, reason="Wrong.", by=cast.editor, now=now)
    for query in ("", "?after=0"):
        assert client.get(stream.live_path(waiting) + query).status_code == 404
        assert client.get(stream.live_path(gone) + query).status_code == 410


# -- Pages ---------------------------------------------------------------------------------------


def test_entries_come_newest_first_twenty_a_page(client: Client, now: datetime) -> None:
    story = live_story(number=45)
    html = page(client, story.get_absolute_url())
    said = re.findall(r"<h3>Entry (\d+)\.</h3>", html)
    assert said == [str(number) for number in range(44, 24, -1)]
    for first in (24, 4):
        older = re.search(r'class="live-older" data-fragment-target><a href="([^"]+)"', html)
        assert older is not None
        html = page(client, older[1])
        assert re.findall(r"<h3>Entry (\d+)\.</h3>", html)[0] == str(first)
    assert "live-older" not in html


def test_page_begins_where_a_removed_entry_stood(client: Client, cast: Cast, now: datetime) -> None:
    story = live_story(number=3)
    entry = story.live_entries.get(headline="Entry 1.")
    coverage.remove_entry(entry, by=cast.editor, now=now)
    html = page(client, f"{stream.live_path(story)}?from={entry.pk}")
    assert re.findall(r"<h3>Entry (\d+)\.</h3>", html) == ["0"]


@pytest.mark.parametrize("query", ["from=x", "from=99999999", "after=99999999", "after=-1", "from=" + "9" * 30])
def test_keys_of_no_entry_lead_nowhere(query: str, client: Client) -> None:
    assert client.get(f"{stream.live_path(live_story(number=1))}?{query}").status_code == 404


def test_entry_of_another_story_is_none_of_this_one(client: Client) -> None:
    story, other = live_story(number=1), live_story(number=1)
    for name in ("from", "after"):
        assert client.get(f"{stream.live_path(story)}?{name}={other.live_entries.get().pk}").status_code == 404


def test_key_points_lead_to_their_entry_on_whatever_page(client: Client) -> None:
    story = live_story(number=30)
    LiveEntry.objects.filter(headline__in=["Entry 2.", "Entry 29."]).update(is_key=True)
    old, new = story.live_entries.get(headline="Entry 2."), story.live_entries.get(headline="Entry 29.")
    html = page(client, story.get_absolute_url())
    assert f'<a href="#entry-{new.pk}">Entry 29.</a>' in html
    path = f"{stream.live_path(story)}?from={old.pk}"
    assert f'<a href="{path}#entry-{old.pk}">Entry 2.</a>' in html
    assert f'id="entry-{old.pk}"' in page(client, path)


def test_ended_coverage_says_so(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story(number=1)
    assert "coverage has ended" not in page(client, story.get_absolute_url())
    coverage.end(story, by=cast.editor, now=now)
    html = page(client, story.get_absolute_url())
    assert "Our live coverage has ended" in html
    assert "data-live=" not in html
    assert "Entry 0." in html


def test_pictures_stand_in_entries_and_headings_have_no_name(client: Client, cast: Cast, now: datetime) -> None:
    picture = Picture.objects.create(key="boat", alt="A boat", file="pictures/boat.jpg", width=800, height=600)
    story = live_story()
    add(story, cast.editor, now, text=f'<h2>Seen</h2><figure data-picture="{picture.key}"></figure>')
    add(story, cast.editor, now, text="<h2>Seen</h2>")
    html = page(client, story.get_absolute_url())
    assert 'alt="A boat"' in html
    assert html.count("<h2>Seen</h2>") == 2


# -- What is new ---------------------------------------------------------------------------------


def test_news_are_what_came_after_an_entry(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story(number=2)
    last = story.live_entries.order_by("pk").last()
    assert last is not None
    path = f"{stream.live_path(story)}?after={last.pk}"
    assert "data-label" not in page(client, path)
    add(story, cast.editor, now, text="One.")
    add(story, cast.editor, now, text="Two.")
    html = page(client, path)
    assert 'data-label="2 new entries"' in html
    assert "Entry 1." not in html


def test_news_tell_of_changed_and_removed_entries(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story(number=3)
    first, second, last = story.live_entries.order_by("pk")
    words: dict[str, Any] = {"headline": "Entry 0, put right.", "text": "", "is_key": False}
    coverage.change_entry(first, **words, seen=None, by=cast.editor, now=now)
    coverage.remove_entry(second, by=cast.editor, now=now)
    html = page(client, f"{stream.live_path(story)}?after={last.pk}")
    assert "Entry 0, put right." in html
    assert f'<li id="entry-{second.pk}" data-removed></li>' in html
    assert "Entry 1." not in html
    assert "data-label" not in html


def test_far_too_much_news_ask_for_the_whole_page(client: Client) -> None:
    story = live_story(number=60)
    html = page(client, f"{stream.live_path(story)}?after=0")
    assert "data-gap" in html
    assert "Entry" not in html


def test_same_news_are_not_sent_twice(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story("members", 1)
    client.force_login(cast.member)
    path = f"{stream.live_path(story)}?after=0"
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    add(story, cast.editor, now)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_archive_closes_the_stream_at_its_moment(client: Client, now: datetime) -> None:
    SiteRules.objects.update(archive_days=1, archive_audience="members")
    story = live_story(number=1, published_at=now - timedelta(hours=23, minutes=59, seconds=50))
    assert client.get(f"{stream.live_path(story)}?after=0")["X-Edge-Seconds"] == "10"


# -- Markup and costs ----------------------------------------------------------------------------


def linked_data(html: str) -> dict[str, Any]:
    """The page's JSON-LD."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_open_live_story_is_a_live_blog_for_machines(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story(number=2)
    data = linked_data(page(client, story.get_absolute_url()))
    assert data["@type"] == "LiveBlogPosting"
    assert data["coverageStartTime"] == story.published_at.isoformat()  # type: ignore[union-attr]  # it is out
    assert [update["headline"] for update in data["liveBlogUpdate"]] == ["Entry 1.", "Entry 0."]
    assert "coverageEndTime" not in data
    coverage.end(story, by=cast.editor, now=now)
    newest = story.live_entries.get(headline="Entry 1.")
    data = linked_data(page(client, story.get_absolute_url()))
    assert data["coverageEndTime"] == newest.made_at.isoformat()


@pytest.mark.parametrize("audience", ["metered", "members", "patrons"])
def test_gated_live_story_tells_machines_none_of_its_entries(audience: str, cast: Cast, client: Client) -> None:
    story = live_story(audience, 1)
    for member in (None, cast.patron):
        if member:
            client.force_login(member)
        data = linked_data(page(client, story.get_absolute_url()))
        assert data["@type"] == "NewsArticle"
        assert "Entry" not in json.dumps(data)


def test_live_story_costs_one_query_more(client: Client, now: datetime) -> None:
    told, plain = live_story(number=30), make_article()

    def cost(path: str) -> int:
        page(client, path)
        with CaptureQueriesContext(connection) as queries:
            page(client, path)
        return len(queries)

    assert cost(told.get_absolute_url()) == cost(plain.get_absolute_url()) + 1
    last = told.live_entries.order_by("pk").last()
    assert last is not None
    path = f"{stream.live_path(told)}?after={last.pk}"
    assert cost(path) == 3


# -- The desk ------------------------------------------------------------------------------------


def desk(name: str, story: Article, *more: int) -> str:
    """An address of the story's stream on the desk."""
    return reverse(f"admin:articles_article_coverage{name and '_' + name}", args=[story.pk, *more])


def test_editor_tells_a_story_live_without_a_script(cast: Cast, client: Client, now: datetime) -> None:
    story = make_article()
    client.force_login(cast.editor)
    assert client.post(desk("start", story)).status_code == 303
    answer = client.post(desk("", story), {"headline": "", "text": "The gate is open.", "is_key": "on"})
    assert answer.status_code == 303
    entry = LiveEntry.objects.get()
    assert (entry.text, entry.is_key, entry.made_by) == ("<p>The gate is open.</p>", True, cast.editor)
    assert "The gate is open." in page(Client(), story.get_absolute_url())
    client.post(desk("entry", story, entry.pk), {"text": "<p>It is shut.</p>", "seen": ""})
    html = page(Client(), story.get_absolute_url())
    assert "It is shut." in html
    assert "changed at" in html
    client.post(desk("mark", story, entry.pk), {"is_key": "1"})
    assert "Key points" in page(Client(), story.get_absolute_url())
    client.post(desk("remove", story, entry.pk))
    client.post(desk("end", story))
    assert "It is shut." not in page(Client(), story.get_absolute_url())
    story.refresh_from_db()
    assert story.coverage == Article.Coverage.ENDED


def test_refused_entry_keeps_its_words(cast: Cast, client: Client, now: datetime) -> None:
    story = live_story()
    client.force_login(cast.editor)
    assert "Write something first." in client.post(desk("", story), {"text": " "}).content.decode()
    entry = add(story, cast.editor, now, text="Theirs.")
    coverage.change_entry(entry, headline="", text="Theirs too.", is_key=False, seen=None, by=cast.editor, now=now)
    html = client.post(desk("entry", story, entry.pk), {"text": "<p>Mine.</p>", "seen": ""}).content.decode()
    assert "Mine." in html
    assert "Theirs too." in html
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen is not None
    again = client.post(
        desk("entry", story, entry.pk), {"text": "<p>Mine.</p>", "seen": seen[1].replace("&#x2B;", "+")}
    )
    assert again.status_code == 303
    assert LiveEntry.objects.get().text == "<p>Mine.</p>"


def test_entries_of_a_story_that_is_out_are_the_editors(cast: Cast, client: Client) -> None:
    story = live_story(number=1)
    entry = story.live_entries.get()
    client.force_login(cast.writer)
    assert client.get(desk("", story)).status_code == 403
    for path in (desk("", story), desk("end", story), desk("entry", story, entry.pk), desk("remove", story, entry.pk)):
        assert client.post(path, {"text": "No."}).status_code == 403
    client.force_login(cast.member)
    assert client.get(desk("", story)).status_code == 302
    assert LiveEntry.objects.shown().count() == 1


def test_looking_never_acts(cast: Cast, client: Client) -> None:
    story = live_story(number=1)
    entry = story.live_entries.get()
    client.force_login(cast.editor)
    for name, more in (("start", ()), ("end", ()), ("mark", (entry.pk,)), ("remove", (entry.pk,))):
        assert client.get(desk(name, story, *more)).status_code == 405
    assert page(client, desk("entry", story, entry.pk))


def test_desk_page_costs_at_most_twelve_queries(cast: Cast, client: Client) -> None:
    story = live_story(number=45)
    client.force_login(cast.editor)
    page(client, desk("", story))
    with CaptureQueriesContext(connection) as queries:
        page(client, desk("", story))
    assert len(queries) <= 12, len(queries)


def test_draft_has_its_entries_ready(cast: Cast, client: Client) -> None:
    unseen = {"status": "draft", "published_at": None, "published_on": None, "live_from": None, "announced_at": None}
    story = make_article(coverage="running", created_by=cast.writer, **unseen)
    client.force_login(cast.writer)
    assert client.post(desk("", story), {"text": "Before it is out."}).status_code == 303
    assert "Before it is out." in page(client, desk("", story))
