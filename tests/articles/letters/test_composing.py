"""Composing an issue: what a draft keeps, what is fixed when it goes out, and what keeps it from going."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles import publishing
from articles.letters import composing, issuing, recipients
from articles.letters.composing import ComposingError, Pick, Words
from articles.models import Article
from members.models import Issue, Letter, LetterSubscription, SiteRules, Suppression
from tests.articles.letters.making import make_draft, make_letter
from tests.factories import HIDDEN, OPENING, Cast, SectionFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db
ON_ITS_WAY = {Issue.State.SCHEDULED, Issue.State.SENDING}


def whole(story: Article) -> Pick:
    """The story with all of its text."""
    return Pick(story.pk, Letter.Carries.WHOLE, "Read this first.")


def test_a_draft_keeps_keys_and_what_goes_out_is_fixed(now: datetime, cast: Cast) -> None:
    letter, story = make_letter(now), make_article(headline="Hall shut", audience="patrons")
    other = make_article(headline="Trams late")
    issue = make_draft(letter, story)
    composing.keep(
        issue,
        Words("This week", "And more", "Dear all"),
        [whole(story), Pick(other.pk)],
        at=None,
        seen=composing.seen_of(issue),
    )
    assert set(issue.content["stories"][0]) == {"story_id", "carries", "note"}
    story.headline, story.full_text = "Hall reopened", f'{OPENING}<hr data-paywall="here"><p>Put right.</p>'
    publishing.correct(story, by=None, now=now, stamp=False)
    issuing.schedule(issue, at=None, by=cast.editor, now=now)
    issue.refresh_from_db()
    assert issue.state in ON_ITS_WAY
    first, second = issue.content["stories"]
    assert (first["headline"], first["note"]) == ("Hall reopened", "Read this first.")
    assert "Put right" in first["body_html"]
    assert "Put right" not in first["teaser_html"]
    assert first["terms"]["audience"] == "patrons"
    assert datetime.fromisoformat(first["terms"]["live_from"]) == story.live_from
    assert (second["body_html"], second["carries"]) == ("", "teaser")
    story.headline = "Hall shut for good"
    publishing.correct(story, by=None, now=now, stamp=False)
    issue.refresh_from_db()
    assert issue.content["stories"][0]["headline"] == "Hall reopened"


def test_a_story_that_is_not_out_is_named_and_refused(now: datetime, cast: Cast) -> None:
    gone, held = make_article(headline="Gone story"), make_article(headline="Held story")
    kept = make_article(headline="Kept story")
    issue = make_draft(make_letter(now), gone, held, kept)
    publishing.withdraw(gone, reason="Wrong.", by=None, now=now)
    Article.objects.filter(pk=held.pk).update(live_from=now + timedelta(hours=1))
    deleted = [*composing.picks_of(issue), Pick(999_999)]
    composing.keep(issue, composing.words_of(issue), deleted, at=None, seen=composing.seen_of(issue))
    with pytest.raises(ComposingError) as refusal:
        issuing.schedule(issue, at=None, by=cast.editor, now=now)
    assert "“Gone story”, “Held story”, “a story that was deleted” are not out" in str(refusal.value)
    assert "Kept" not in str(refusal.value)
    assert Issue.objects.get().state == Issue.State.DRAFT
    shown = composing.as_it_would_go(Issue.objects.get(), rules=SiteRules.current(), now=now)
    assert [story["headline"] for story in shown.content["stories"]] == ["Kept story"]


BAD: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "no subject": ({"subject": "  "}, {}, "Give it a subject."),
    "nothing in it": ({"intro": "<br>"}, {}, "nothing in it"),
    "switched off": ({}, {"is_active": False}, "switched off"),
    "nobody": ({}, {"readers": 0}, "Nobody gets"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_go_out_stays_a_draft_and_says_why(name: str, now: datetime, cast: Cast) -> None:
    words, fields, said = BAD[name]
    stories = [] if "intro" in words else [make_article()]
    issue = make_draft(make_letter(now, **fields), *stories, **words)
    with pytest.raises(ComposingError, match=said):
        issuing.schedule(issue, at=None, by=cast.editor, now=now)
    assert Issue.objects.get().state == Issue.State.DRAFT


def test_only_one_of_two_people_sends_and_no_moment_gone_by_is_taken(now: datetime, cast: Cast) -> None:
    issue = make_draft(make_letter(now), make_article())
    with pytest.raises(ComposingError, match="has passed"):
        issuing.schedule(issue, at=now - timedelta(minutes=1), by=cast.editor, now=now)
    mine, theirs = Issue.objects.get(), Issue.objects.get()
    issuing.schedule(mine, at=now + timedelta(hours=1), by=cast.editor, now=now)
    with pytest.raises(ComposingError, match="Somebody was quicker"):
        issuing.schedule(theirs, at=None, by=cast.publisher, now=now)
    with pytest.raises(ComposingError, match="no draft any more"):
        composing.keep(theirs, Words("Late"), [], at=None, seen=composing.seen_of(theirs))
    with pytest.raises(ComposingError, match="no draft any more"):
        issuing.drop(theirs, by=cast.editor, now=now)
    issue.refresh_from_db()
    assert (issue.state, issue.subject) == (Issue.State.SCHEDULED, "This week")


def test_a_scheduled_issue_comes_back_as_the_draft_it_was(now: datetime, cast: Cast) -> None:
    story = make_article()
    issue = make_draft(make_letter(now), story, intro="Dear all")
    before = issue.content
    issuing.schedule(issue, at=now + timedelta(hours=1), by=cast.editor, now=now)
    issuing.take_back(Issue.objects.get(), by=cast.editor, now=now)
    issue.refresh_from_db()
    assert (issue.state, issue.content) == (Issue.State.DRAFT, before)
    issuing.schedule(issue, at=None, by=cast.editor, now=now)
    Issue.objects.update(is_written=True)
    with pytest.raises(ComposingError, match="Pause or stop it"):
        issuing.take_back(Issue.objects.get(), by=cast.editor, now=now)


def test_whoever_saves_on_top_of_another_is_told_once(now: datetime) -> None:
    issue = make_draft(make_letter(now), make_article())
    seen = composing.seen_of(issue)
    composing.keep(Issue.objects.get(), Words("Theirs"), [], at=None, seen=seen)
    with pytest.raises(ComposingError, match="Somebody changed this issue"):
        composing.keep(issue, Words("Mine"), [], at=None, seen=seen)
    assert Issue.objects.get().subject == "Theirs"
    composing.keep(issue, Words("Mine"), [], at=None, seen=composing.seen_of(Issue.objects.get()))
    assert Issue.objects.get().subject == "Mine"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dear all\n\nSee https://example.org/a.", "<p>Dear all</p>\n\n<p>See <a href=\"https://example.org/a\">"),
        ('Hi <script>alert(1)</script><a href="javascript:x()" onclick="x()">there</a>', "<p>Hi <a>there</a></p>"),
        ("<p>One <strong>two</strong><img src=x onerror=y()></p>", "<p>One <strong>two</strong></p>"),
        ("<h1>Big</h1><style>p{}</style>", "Big"),
        ("  ", ""),
    ],
)  # fmt: skip
def test_the_intro_is_clean_whatever_is_typed(typed: str, kept: str) -> None:
    content = composing.drafted(Words(intro=typed), [])
    assert kept in content["intro_html"]
    assert not any(word in content["intro_html"] for word in ("script", "onerror", "onclick", "<h1", "<style", "<img"))
    assert content["intro"] == typed


def test_it_says_for_whom_a_story_is_cut_and_how_many_readers_there_are(now: datetime, cast: Cast) -> None:
    low, high = TierFactory(slug="low", name="Low", rank=21), TierFactory(slug="high", name="High", rank=22)
    open_letter = make_letter(now, readers=2)
    rules, kinds = SiteRules.current(), recipients.kinds(now, [low, high])
    said = {
        audience: recipients.cut_for(make_article(audience).terms(rules), open_letter, kinds, now)
        for audience in ("everyone", "metered", "members", "patrons")
    }
    nobody, member, lapsed = "Without account", "Member", "Lapsed patron"
    assert said == {"everyone": [], "metered": [], "members": [nobody], "patrons": [nobody, member, lapsed]}
    dear = make_article("patrons", minimum_tier=high).terms(rules)
    assert recipients.cut_for(dear, open_letter, kinds, now) == [nobody, member, "Low", lapsed]
    patrons = Letter.objects.create(slug="patrons", name="Patrons", audience="patrons")
    assert recipients.cut_for(dear, patrons, kinds, now) == ["Low"]
    for member_of in (cast.patron, cast.member):
        LetterSubscription.objects.create(
            letter=patrons, email=member_of.email, member=member_of, confirmed_at=timezone.now()
        )
    assert (recipients.how_many(open_letter, now), recipients.how_many(patrons, now)) == (2, 1)
    Suppression.objects.create(email=cast.patron.email.upper(), reason=Suppression.Reason.ASKED)
    assert recipients.how_many(patrons, now) == 0
    Suppression.objects.all().delete()
    Letter.objects.filter(pk=open_letter.pk).update(audience="members")
    open_letter.refresh_from_db()
    assert recipients.how_many(open_letter, now) == 1


def test_a_new_story_goes_whole_or_in_part_to_the_letters_of_its_section_once(now: datetime) -> None:
    city, sea = SectionFactory(slug="city"), SectionFactory(slug="sea")
    for slug, carries, sections in (("all", "whole", []), ("city", "teaser", [city.pk]), ("sea", "lines", [sea.pk])):
        make_letter(now, slug=slug, name=slug, sends_new_stories=True, carries=carries, section_ids=sections)
    story = make_article("patrons", section=city, announced_at=None)
    assert publishing.announce(story, now=now)
    made = {issue.letter.slug: issue.content["stories"][0] for issue in Issue.objects.select_related("letter")}
    assert {slug: part["carries"] for slug, part in made.items()} == {"all": "whole", "city": "teaser"}
    assert HIDDEN in made["all"]["body_html"]
    publishing.withdraw(story, reason="Wrong.", by=None, now=now)
    publishing.restore(story, by=None, now=now)
    story.headline = "Put right"
    publishing.correct(story, by=None, now=now, stamp=True)
    assert not publishing.announce(story, now=now)
    assert Issue.objects.count() == 2


def test_an_embargo_ends_as_news_and_a_backdated_story_does_not(now: datetime) -> None:
    make_letter(now, sends_new_stories=True)
    yesterday = now - timedelta(days=3)
    held = make_article(announced_at=None, published_at=yesterday, embargo_until=now, live_from=now)
    backdated = make_article(announced_at=None, published_at=yesterday)
    assert publishing.announce(held, now=now)
    assert publishing.announce(backdated, now=now)
    assert list(Issue.objects.values_list("story_id", flat=True)) == [held.pk]
