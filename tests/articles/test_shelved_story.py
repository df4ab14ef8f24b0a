"""What stands on the shelf of stories falls with every fact in it: the next reader sees what is true now."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import corrections, pictures, publishing, shelved
from articles.attachments import link_cards
from articles.models import (
    Article,
    Byline,
    Correction,
    Document,
    EmbedHost,
    LinkPreview,
    Picture,
    RelatedLink,
    Series,
)
from comments.threads import counts
from members.gate import Reader
from members.models import Option, Round, SiteRules, Tier, Topic
from members.topics.rounds import closing, voting
from newsroom import furniture
from newsroom.fetch import Network
from newsroom.shelf import Kept
from tests.articles.test_desk import stored
from tests.articles.test_desk_places import jpeg
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article, make_option

pytestmark = pytest.mark.django_db
CHART, PAGE = "https://charts.example.org/1", "https://elsewhere.example.org/1"
Change = Callable[["Paper"], object]


class Paper:
    """A story with everything a page can name, its readers, and the desk that changes it."""

    def __init__(self, cast: Cast, now: datetime) -> None:
        self.cast, self.now = cast, now
        SiteRules(pk=1, name="Old paper").save()
        self.desk, self.reader = Client(), Client()
        self.desk.force_login(cast.publisher)
        self.reader.force_login(cast.patron)
        self.face = Picture.objects.create(key="face", file=jpeg(), caption="Old caption", width=640, height=480)
        self.author = AuthorFactory(name="Old Author")
        self.series = Series.objects.create(name="Old series", slug="series")
        self.part = make_article(headline="Old part", slug="part", series=self.series, series_part=2)
        self.file = Document.objects.create(key="paper", title="Old file", file="files/a.pdf", kind="pdf", size=9)
        self.host = EmbedHost.objects.create(host="charts.example.org", name="Old charts", is_active=True)
        self.card = LinkPreview.objects.create(url=PAGE, title="Old card", asked_at=now)
        self.topic = Topic.objects.create(slug="t", title="Old topic", status="won")
        self.related = make_article(headline="Old related", slug="related", standfirst="Old standfirst")
        self.named = make_article(headline="Old named", slug="named")
        self.soon = make_article(headline="New soon", slug="soon", **_at(now + timedelta(hours=1)))
        self.story = self._story()

    def _story(self) -> Article:
        text = (
            f'<p>Old text.</p><hr data-paywall="here"><aside data-read-also="{self.named.pk}"></aside>'
            f'<figure data-file="paper"></figure><figure data-embed="{CHART}"></figure>'
            f'<figure data-embed="{PAGE}"></figure><figure data-picture="face"></figure><p>End.</p>'
        )
        story = make_article(
            "patrons", slug="story", headline="Old headline", full_text=text, lead_picture=self.face,
            series=self.series, series_part=1, topic=self.topic, minimum_tier=Tier.objects.get(rank=1),
        )  # fmt: skip
        Byline.objects.create(article=story, author=self.author)
        story.tags.create(name="Old tag", slug="tag")
        for place, other in enumerate((self.related, self.soon)):
            RelatedLink.objects.create(article=story, story=other, position=place)
        return story

    def page(self) -> str:
        """What the patron is given."""
        return self.reader.get(self.story.get_absolute_url()).content.decode()

    def save(self, row: Any, **changes: Any) -> None:
        """Send the desk's form of `row` with `changes`."""
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        address = reverse(name, args=[row.pk])
        context = self.desk.get(address).context
        form = context["adminform"].form
        values = {field.html_name: field.value() for field in form}
        sent = {name: value for name, value in values.items() if isinstance(value, str | int) and value is not False}
        for rows in context["inline_admin_formsets"]:
            sent |= {field.html_name: field.value() for field in rows.formset.management_form}
        stored(self.desk.post(address, {**sent, **changes}))

    def correct(self, story: Article, **changes: Any) -> None:
        """Change a story that is out."""
        story.refresh_from_db()
        for name, value in changes.items():
            setattr(story, name, value)
        publishing.correct(story, by=self.cast.editor, now=self.now, stamp=False)


def _at(moment: datetime) -> dict[str, datetime]:
    return {"published_at": moment, "live_from": moment}


def _note(paper: Paper) -> None:
    row = Correction.objects.create(article=paper.story, text="New correction")
    corrections.note([row], [], [], by=paper.cast.editor)


def _move(paper: Paper) -> None:
    publishing.move_to(paper.story, SectionFactory(name="New home", slug="home"), by=paper.cast.editor, now=paper.now)


def _vote(paper: Paper) -> None:
    held = Round.objects.create(slug="r", question="What?", opens_at=paper.now, closes_at=paper.now + timedelta(days=1))
    Topic.objects.filter(pk=paper.topic.pk).update(status="in_vote")
    option = Option.objects.create(round=held, topic=paper.topic)
    make_option(held, "Another")
    voting.cast_ballot(held, paper.cast.patron, [option.pk], now=paper.now)
    closing.close_round(held, now=held.closes_at)


def _fill(paper: Paper) -> None:
    """The page is asked what it is, and is not there."""
    link_cards.fill(paper.card, now=paper.now, network=Network(is_allowed=lambda host, port: False))


def _portrait(paper: Paper) -> None:
    face = Picture.objects.create(key="portrait", file="pictures/newface.jpg", width=9, height=9)
    paper.save(paper.author, portrait=face.pk)


# fact → (how it changes, what the page said, what it says then); "" where nothing comes or goes
CHANGES: dict[str, tuple[Change, str, str]] = {
    "headline": (lambda p: p.correct(p.story, headline="New headline"), "Old headline", "New headline"),
    "text": (lambda p: p.correct(p.story, full_text=p.story.full_text.replace("Old", "New")), "Old text", "New text"),
    "section's name": (lambda p: p.save(p.story.section, name="New section"), ">City<", "New section"),
    "section's tone": (lambda p: p.save(p.story.section, colour="tone-6"), "story tone-1", "story tone-6"),
    "section": (_move, "", "New home"),
    "author's name": (lambda p: p.save(p.author, name="New Author"), "Old Author", "New Author"),
    "author's portrait": (_portrait, "", "newface"),
    "picture's caption": (lambda p: p.save(p.face, caption="New caption"), "Old caption", "New caption"),
    "picture's versions": (lambda p: pictures.prepare(p.face, now=p.now), "", "image/avif"),
    "tag": (lambda p: p.save(p.story.tags.get(), name="New tag"), "Old tag", "New tag"),
    "series": (lambda p: p.save(p.series, name="New series"), "Old series", "New series"),
    "part of the series": (lambda p: p.correct(p.part, headline="New part"), "Old part", "New part"),
    "topic": (lambda p: p.save(p.topic, title="New topic"), "Old topic", "New topic"),
    "topic's votes": (_vote, "It answers a topic that a patron proposed", "patron chose the topic"),
    "related story": (lambda p: p.correct(p.related, headline="New related"), "Old related", "New related"),
    "related story's audience": (lambda p: p.correct(p.related, audience="members"), "", "Free account"),
    "related story withdrawn": (
        lambda p: publishing.withdraw(p.related, by=p.cast.editor, now=p.now, reason="Wrong."),
        "New related",
        "",
    ),
    "story named in the text": (lambda p: p.correct(p.named, headline="New named"), "Old named", "New named"),
    "file": (lambda p: p.save(p.file, title="New file"), "Old file", "New file"),
    "host that may be framed": (lambda p: p.save(p.host, is_active=""), "Old charts", ""),
    "card of a page elsewhere": (_fill, "Old card", ""),
    "correction": (_note, "", "New correction"),
    "the site's name": (lambda p: p.save(SiteRules.current(), name="New paper"), "Old paper", "New paper"),
}


@pytest.fixture
def heard() -> Iterator[None]:
    """A process that hears of changes: what it keeps is believed."""
    shelved.shelf.trust(connected=True)
    counts.numbers.trust(connected=True)
    furniture.snapshot.trust(connected=True)
    yield
    shelved.shelf.trust(connected=False)
    counts.numbers.trust(connected=False)
    furniture.snapshot.trust(connected=False)


@pytest.fixture
def paper(cast: Cast, now: datetime, heard: None) -> Paper:
    return Paper(cast, now)


def test_every_change_of_what_a_page_names_reaches_the_next_reader(
    paper: Paper, django_capture_on_commit_callbacks: Any
) -> None:
    for fact, (change, old, new) in CHANGES.items():
        page = paper.page()
        assert paper.page() == page, fact
        assert old in page, f"{fact}: the page does not say {old}"
        assert not new or new not in page, f"{fact}: the page says {new} before"
        with django_capture_on_commit_callbacks(execute=True):
            change(paper)
        page = paper.page()
        assert new in page, f"{fact}: the page does not say {new}"
        assert not old or old not in page, f"{fact}: the page still says {old}"


def test_a_story_taken_back_or_held_is_gone_at_once(paper: Paper, django_capture_on_commit_callbacks: Any) -> None:
    path = paper.story.get_absolute_url()
    assert paper.reader.get(path).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        publishing.withdraw(paper.story, by=paper.cast.editor, now=paper.now, reason="Wrong.")
    assert [paper.reader.get(path).status_code, Client().get(path).status_code] == [410, 410]
    with django_capture_on_commit_callbacks(execute=True):
        publishing.restore(paper.story, by=paper.cast.publisher, now=paper.now)
    assert paper.reader.get(path).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        paper.correct(paper.story, embargo_until=paper.now + timedelta(hours=1))
    assert [paper.reader.get(path).status_code, Client().get(path).status_code] == [404, 404]


def test_tiers_and_the_gate_follow_the_desk(paper: Paper, django_capture_on_commit_callbacks: Any) -> None:
    def told() -> shelved.Told:
        return shelved.told_at(paper.story.published_on, paper.story.slug, reader=Reader(), now=paper.now)  # type: ignore[arg-type]  # it is out

    assert told() is told()
    tier = paper.story.minimum_tier
    with django_capture_on_commit_callbacks(execute=True):
        paper.save(tier, name="New tier")
    assert str(told().article.minimum_tier) == "New tier"
    path = paper.story.get_absolute_url()
    assert "End." in paper.page()
    assert "End." not in Client().get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        paper.correct(paper.story, audience="everyone", minimum_tier=None)
    assert "End." in Client().get(path).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        paper.correct(paper.story, audience="members")
    assert "End." not in Client().get(path).content.decode()


def test_time_alone_brings_what_is_due(paper: Paper, now: datetime) -> None:
    waiting = make_article(slug="waiting", **_at(now + timedelta(minutes=5)))
    path = waiting.get_absolute_url()
    assert Client().get(path).status_code == 404
    assert "New soon" not in paper.page()
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        assert Client().get(path).status_code == 200
        assert "New soon" not in paper.page()
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert "New soon" in paper.page()
    SiteRules.objects.update(archive_days=1, archive_audience="patrons")
    furniture.snapshot.forget()
    rest, open_path = "What only some may read.", paper.part.get_absolute_url()
    assert rest in Client().get(open_path).content.decode()
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert rest not in Client().get(open_path).content.decode()


def test_next_reader_costs_no_query_but_those_of_the_discussion_and_of_who_reads(paper: Paper) -> None:
    path = paper.story.get_absolute_url()
    furniture.snapshot.get()
    for reader, cold, warm in ((Client(), 6, 1), (paper.reader, 5, 3)):
        for wanted in (cold, warm, warm):
            with CaptureQueriesContext(connection) as asked:
                reader.get(path)
            said = "\n".join(query["sql"][:150] for query in asked)
            assert len(asked) == wanted, said


def test_the_desk_reads_what_is_stored_and_previews_leave_nothing(paper: Paper) -> None:
    paper.page()
    Article.objects.filter(pk=paper.story.pk).update(headline="Changed by hand")
    assert "Changed by hand" not in paper.page()
    assert "Changed by hand" in paper.desk.get(paper.story.get_absolute_url()).content.decode()
    kept = dict(shelved.shelf._kept)
    paper.desk.get(reverse("admin:articles_article_preview", args=[paper.story.pk]))
    assert shelved.shelf._kept == kept
    with time_machine.travel(paper.now + timedelta(seconds=shelved.KEPT_FOR), tick=False):
        assert "Changed by hand" in paper.page()


def test_without_word_of_changes_nothing_is_kept(paper: Paper) -> None:
    shelved.shelf.trust(connected=False)
    paper.page()
    Article.objects.filter(pk=paper.story.pk).update(headline="Changed by hand")
    assert "Changed by hand" in paper.page()
    assert not shelved.shelf._kept


def test_what_is_made_of_a_story_that_fell_meanwhile_is_never_shown(paper: Paper) -> None:
    path = (paper.story.published_on, paper.story.slug)
    old = shelved.told_at(*path, reader=Reader(), now=paper.now)  # type: ignore[arg-type]  # it is out
    Article.objects.filter(pk=paper.story.pk).update(headline="New headline")
    shelved.shelf.drop([f"article-{paper.story.pk}"])
    late = shelved.made_of(old, ("part",), lambda: Kept(old.article.headline, frozenset(), 1))
    new = shelved.told_at(*path, reader=Reader(), now=paper.now)  # type: ignore[arg-type]  # it is out
    made = shelved.made_of(new, ("part",), lambda: Kept(new.article.headline, frozenset(), 1))
    assert [late, made] == ["Old headline", "New headline"]


def test_the_shelf_holds_so_many_bytes(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelved.shelf, "_max_bytes", 60_000)
    stories = [make_article(full_text=f"<p>{'word ' * 1500}</p>") for _number in range(9)]
    for story in stories:
        assert Client().get(story.get_absolute_url()).status_code == 200
        assert 0 < shelved.shelf._bytes <= 60_000
    assert shelved.shelf._bytes == sum(kept.size for kept in shelved.shelf._kept.values())


@pytest.mark.django_db(transaction=True)
def test_threads_get_whole_pages_while_the_story_changes(heard: None) -> None:
    story = make_article(headline="Edition 0", standfirst="Edition 0")
    path, ends = story.get_absolute_url(), threading.Event()

    def read() -> set[bool]:
        try:
            whole = set()
            while not ends.is_set():
                page = Client().get(path).content.decode()
                whole.add(any(page.count(f"Edition {number}<") == 2 for number in range(9)))
            return whole
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read) for _number in range(3)]
        for number in range(1, 9):
            Article.objects.filter(pk=story.pk).update(headline=f"Edition {number}", standfirst=f"Edition {number}")
            shelved.shelf.drop([f"article-{story.pk}"])
            assert f"Edition {number}<" in Client().get(path).content.decode()
        ends.set()
        assert [reader.result() for reader in readers] == [{True}] * 3
