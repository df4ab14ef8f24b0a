"""Who may reply, and when replies end: the same answer on every door, in a sentence that fits."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.desk.story.switches import SWITCHES
from articles.models import Section
from comments import moments
from comments.closing import closes_by_silence
from comments.models import Discussion, Reply
from comments.refusals import Way, refusal
from members.gate import Allowance, Audience, Reader, Terms
from members.models import SiteRules
from tests.comments.conftest import discussion_of, say
from tests.factories import MemberFactory, make_article

DAY = timedelta(days=1)
IN_PLACE = {"X-Fragment": "1"}
WAYS_TO_CLOSE = {
    "switch": "Replies are closed here.",
    "date": "Replies closed here on ",
    "age": "Replies close 30 days after a story is published.",
    "silence": "Nobody replied for 7 days, so this discussion is closed.",
    "section": "This section takes no replies.",
    "story": "Replies are closed here.",
}


def close(story: Any, way: str, rules: SiteRules) -> None:
    """Close the replies under the story that way."""
    found, now = Discussion.objects.filter(story=story), timezone.now()
    match way:
        case "switch":
            found.update(is_open=False)
        case "date":
            found.update(closes_at=now)
        case "age":
            type(story).objects.update(published_at=now - 30 * DAY)
            rules.close_replies_after_days = 30
        case "silence":
            Reply.objects.update(posted_at=now - 7 * DAY)
            rules.close_silent_after_days = 7
        case "section":
            Section.objects.update(reply_right="closed")
        case "story":
            type(story).objects.update(reply_right="closed")
    rules.save()


@pytest.mark.django_db
def test_one_press_opens_a_story_in_a_closed_section_or_on_a_closed_site(cast: Any, signed_in: Any) -> None:
    story = make_article(section=Section.objects.create(name="City", slug="city-hall", reply_right="closed"))
    editor, change = signed_in(cast.editor), reverse("admin:articles_article_change", args=[story.pk])
    press = {name: reverse("admin:articles_article_switch", args=[story.pk, name]) for name in SWITCHES}
    for site, opened in (("patrons", "patrons"), ("closed", "members")):
        SiteRules.objects.update_or_create(pk=1, defaults={"reply_right": site})
        page = editor.get(change).content.decode()
        assert (press["open-replies"] in page, press["close-replies"] in page) == (True, False)
        editor.post(press["open-replies"])
        story.refresh_from_db()
        assert story.reply_right == opened
        editor.post(press["close-replies"])


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS_TO_CLOSE)
def test_each_way_of_closing_says_why_and_leaves_the_text(way: str, signed_in: Any, open_rules: Any) -> None:
    story = make_article(section=Section.objects.create(name="City", slug="city-hall"))
    answered = say(story, "one", at=timezone.now() - timedelta(minutes=1))
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    assert client.post(path, {"comment": "in time"}).status_code == 303
    close(story, way, open_rules)
    for headers in ({}, IN_PLACE):
        for refused in (
            client.post(path, {"comment": "too late", "reply_to": answered.pk}, headers=headers),
            client.post(path, {"comment": "too late", "do": "preview"}, headers=headers),
        ):
            assert refused.status_code == 403
            assert WAYS_TO_CLOSE[way] in refused.content.decode()
            assert "too late</textarea>" in refused.content.decode()
            assert 'type="submit"' not in refused.content.decode().partition("data-reply-box")[2].partition("footer")[0]
    under = Client().get(story.get_absolute_url()).content.decode()
    assert WAYS_TO_CLOSE[way] in under
    assert path not in under
    assert Reply.objects.count() == 2


@pytest.mark.django_db
def test_silence_begins_with_the_last_published_reply_and_a_story_may_open_what_its_section_closes(
    open_rules: Any, signed_in: Any
) -> None:
    story = make_article(section=Section.objects.create(name="City", slug="city-hall", reply_right="closed"))
    write = {"path": f"/replies/to/story/{story.pk}/", "data": {"comment": "hello"}}
    assert signed_in(MemberFactory()).post(**write).status_code == 403
    type(story).objects.update(reply_right="members")
    open_rules.close_silent_after_days = 7
    open_rules.save()
    say(story, "long ago", at=timezone.now() - 8 * DAY)
    assert signed_in(MemberFactory()).post(**write).status_code == 403
    say(story, "held", status=Reply.Status.HELD)
    assert signed_in(MemberFactory()).post(**write).status_code == 403
    say(story, "lately", at=timezone.now() - 6 * DAY)
    assert signed_in(MemberFactory()).post(**write).status_code == 303
    quiet = Discussion.objects.with_last().get(pk=discussion_of(make_article()).pk)
    assert closes_by_silence(quiet, open_rules) is None


@pytest.mark.django_db
def test_kept_pages_end_when_replies_do(story: Any, open_rules: Any) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        discussion = discussion_of(story)
        Discussion.objects.update(closes_at=now + DAY)
        aged = make_article(published_at=now - 30 * DAY + timedelta(hours=3))
        open_rules.close_replies_after_days = 30
        open_rules.save()
        known = {(moment.at, *moment.keys) for moment in moments.upcoming(now)}
        assert known == {
            (now + DAY, discussion.cache_key),
            (now + timedelta(hours=3), f"article-{aged.pk}"),
        }
        assert len(list(moments.upcoming(now + 2 * DAY))) == 0
        make_article(published_at=now - 30 * DAY + timedelta(hours=1))
        moments.KNOWN_AHEAD, known_ahead = 1, moments.KNOWN_AHEAD
        try:
            *_sooner, last = moments.upcoming(now)
        finally:
            moments.KNOWN_AHEAD = known_ahead
    assert (last.at, last.keys) == (now + timedelta(hours=3), frozenset({"*"}))


NOW = timezone.now()
OLD = {"archived_at": NOW - DAY, "archive_audience": Audience.PATRONS}
MEMBER, PATRON = Reader(1), Reader(1, rank=1)


@pytest.mark.parametrize(
    ("own", "reader", "allowance", "way", "said"),
    [
        ({"reply_right": "patrons"}, MEMBER, Allowance(), Way.JOIN, "Patrons reply here."),
        ({"reply_right": "patrons"}, Reader(1, rank=1, may_reply=False), Allowance(), Way.UPGRADE, "Your tier reads"),
        ({"audience": "patrons"}, MEMBER, Allowance(), Way.JOIN, "This story is for patrons"),
        ({"audience": "patrons", "minimum_rank": 2}, PATRON, Allowance(), Way.UPGRADE, "another tier"),
        (OLD, MEMBER, Allowance(), Way.JOIN, "in the archive"),
        ({"audience": "metered"}, MEMBER, Allowance(True, left=1), Way.STORY, "Open the story first"),
        ({"audience": "metered"}, MEMBER, Allowance(True), Way.JOIN, "this month"),
        ({"reply_right": "closed"}, PATRON, Allowance(), Way.NONE, "Replies are closed here."),
        ({"reply_right": "unheard of"}, PATRON, Allowance(), Way.JOIN, "Patrons reply here."),
    ],
)
def test_each_no_of_the_gate_has_a_sentence_and_a_way(
    own: dict[str, Any], reader: Reader, allowance: Allowance, way: Way, said: str
) -> None:
    terms = Terms(**{"story_id": 1, "audience": Audience.EVERYONE, "live_from": NOW - 99 * DAY, **own})
    no = refusal(terms, reader, allowance, NOW)
    assert no is not None
    assert (no.way, said in no.sentence) == (way, True), no.sentence
    open_terms = Terms(story_id=1, audience=Audience.EVERYONE, live_from=NOW - DAY)
    assert refusal(open_terms, reader, allowance, NOW) is None
