"""From draft to readers and back: steps a newsroom switches on, what withdrawing leaves, and failures halfway."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import publishing
from articles.models import Article, Byline, Picture, Revision, Tag
from articles.publishing import PublishError
from articles.workflow import reviewing
from members.models import AuditEntry, Issue, Letter, Mailing, SiteRules
from tests.articles.test_desk import form_of, signed_in, stored
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article
from tests.world import ADDRESSES, World, local

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TEXT = "<p>The council voted.</p><p>Nobody asked the dockers.</p>"


def saved(by: Any, now: datetime, **fields: Any) -> Article:
    """A draft kept by `by`."""
    story = Article(**{"headline": "The quay", "full_text": TEXT, "section": SectionFactory(), **fields})
    publishing.save_draft(story, by=by, now=now)
    return story


# -- Review ---------------------------------------------------------------------------------------


@pytest.fixture
def reviewed_desk(now: datetime) -> SiteRules:
    """A newsroom in which a second person approves every story."""
    return SiteRules.objects.create(pk=1, review_step=True)


def test_one_person_alone_goes_from_new_to_published(now: datetime, cast: Cast) -> None:
    story = saved(cast.editor, now)
    publishing.publish(story, by=cast.editor, now=now)
    assert story.is_live(now)


def test_with_review_on_a_second_person_has_to_approve(reviewed_desk: SiteRules, now: datetime, cast: Cast) -> None:
    story = saved(cast.writer, now)
    for go in (
        lambda: publishing.publish(story, by=cast.editor, now=now),
        lambda: publishing.schedule(story, at=now + HOUR, by=cast.editor, now=now),
    ):
        with pytest.raises(PublishError, match="second person"):
            go()
    with pytest.raises(PublishError, match="last to change"):
        reviewing.review(story, by=cast.writer, now=now)
    reviewing.review(story, by=cast.editor, now=now, remark="Good.")
    publishing.publish(story, by=cast.editor, now=now)
    assert AuditEntry.objects.get(verb="story.review").reason == "Good."


@pytest.mark.parametrize(
    "changes",
    [{"headline": "Other"}, {"standfirst": "Other"}, {"full_text": "<p>Other.</p>"}, {"lead_picture": "new"}],
    ids=lambda changes: next(iter(changes)),
)
def test_changed_words_take_both_approvals_back(
    changes: dict[str, Any], reviewed_desk: SiteRules, now: datetime, cast: Cast
) -> None:
    SiteRules.objects.update(legal_step=True)
    story = saved(cast.writer, now, legal_flag=True)
    reviewing.review(story, by=cast.editor, now=now)
    reviewing.clear(story, by=cast.publisher, now=now)
    story.dateline = "Odesa"  # not words
    publishing.save_draft(story, by=cast.writer, now=now)
    assert story.reviewed_at
    assert story.legal_cleared_at
    for name, value in changes.items():
        setattr(story, name, Picture.objects.create(alt="A boat") if value == "new" else value)
    publishing.save_draft(story, by=cast.editor, now=now)
    story.refresh_from_db()
    assert (story.reviewed_at, story.reviewed_by, story.legal_cleared_at, story.legal_cleared_by) == (None,) * 4
    with pytest.raises(PublishError, match="last to change"):  # now it is the editor who changed them last
        reviewing.review(story, by=cast.editor, now=now)
    reviewing.review(story, by=cast.publisher, now=now)


def test_words_changed_while_publishing_are_not_covered_by_the_approval(
    reviewed_desk: SiteRules, now: datetime, cast: Cast
) -> None:
    story = saved(cast.writer, now)
    reviewing.review(story, by=cast.editor, now=now)
    client = signed_in(cast.publisher)
    sent = form_of(client, story, headline="Slipped in")
    answer = client.post(reverse("admin:articles_article_publish", args=[story.pk]), sent, follow=True)
    story.refresh_from_db()
    assert story.status == Article.Status.DRAFT
    assert story.headline == "Slipped in"  # the words are kept
    assert story.reviewed_at is None
    assert "second person" in answer.content.decode()


def test_a_scheduled_story_whose_words_change_waits_for_review_and_keeps_its_hour(
    reviewed_desk: SiteRules, now: datetime, cast: Cast
) -> None:
    story = saved(cast.writer, now)
    reviewing.review(story, by=cast.editor, now=now)
    publishing.schedule(story, at=now + HOUR, by=cast.editor, now=now)
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, standfirst="Something new")))
    story.refresh_from_db()
    assert story.status == Article.Status.READY
    assert story.standfirst == "Something new"
    assert story.published_at == now + HOUR
    assert not Article.objects.live(now + HOUR).exists()
    assert list(Article.objects.late(now + HOUR)) == [story]
    reviewing.review(story, by=cast.publisher, now=now)
    publishing.schedule(story, at=now + HOUR, by=cast.editor, now=now)
    assert Article.objects.live(now + HOUR).exists()


def test_a_scheduled_story_stays_scheduled_while_its_words_stay(
    reviewed_desk: SiteRules, now: datetime, cast: Cast
) -> None:
    story = saved(cast.writer, now)
    reviewing.review(story, by=cast.editor, now=now)
    publishing.schedule(story, at=now + HOUR, by=cast.editor, now=now)
    story.dateline = "Odesa"
    publishing.correct(story, by=cast.editor, now=now, stamp=False)
    assert Article.objects.live(now + HOUR).exists()


def test_a_published_story_is_corrected_in_place_with_review_on(
    reviewed_desk: SiteRules, now: datetime, cast: Cast
) -> None:
    story = make_article()
    story.headline = "Put right"
    publishing.correct(story, by=cast.editor, now=now, stamp=False)
    assert Article.objects.live(now).filter(headline="Put right").exists()


def test_a_flagged_story_waits_for_the_lawyer(now: datetime, cast: Cast) -> None:
    SiteRules.objects.create(pk=1, legal_step=True)
    plain, flagged = saved(cast.editor, now), saved(cast.editor, now, legal_flag=True)
    publishing.publish(plain, by=cast.editor, now=now)
    with pytest.raises(PublishError, match="not cleared"):
        publishing.publish(flagged, by=cast.editor, now=now)
    reviewing.clear(flagged, by=cast.publisher, now=now)
    publishing.publish(flagged, by=cast.editor, now=now)


def test_the_steps_are_on_the_form_only_where_they_are_switched_on(now: datetime, cast: Cast) -> None:
    story = saved(cast.writer, now, legal_flag=True)
    path = reverse("admin:articles_article_change", args=[story.pk])
    page = signed_in(cast.publisher).get(path).content.decode()
    assert "/review/" not in page
    assert "/clear/" not in page
    assert signed_in(cast.publisher).post(f"{path.removesuffix('change/')}review/").status_code == 303
    assert not AuditEntry.objects.filter(verb="story.review").exists()
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True)
    page = signed_in(cast.publisher).get(path).content.decode()
    assert "/review/" in page
    assert "/clear/" in page
    assert "/review/" not in signed_in(cast.writer).get(path).content.decode()
    client = signed_in(cast.publisher)
    for verb in ("review", "clear"):
        client.post(reverse(f"admin:articles_article_{verb}", args=[story.pk]), {"remark": "Fine."})
    story.refresh_from_db()
    assert story.reviewed_by == cast.publisher
    assert story.legal_cleared_by == cast.publisher


# -- Withdrawing ----------------------------------------------------------------------------------


def test_a_withdrawn_storys_address_gives_a_notice_leads_on_or_says_nothing(now: datetime, cast: Cast) -> None:
    other = make_article()
    client = signed_in(cast.editor)
    answers = {}
    for answer, target in (("notice", ""), ("redirect", other.get_absolute_url()), ("gone", "")):
        story = make_article(headline=f"Secret {answer}")
        path = reverse("admin:articles_article_withdraw", args=[story.pk])
        client.post(path, {"reason": "It was forged.", "answer": answer, "target": target})
        answers[answer] = Client().get(story.get_absolute_url())
        publishing.restore(Article.objects.get(pk=story.pk), by=cast.editor, now=now)
        assert Client().get(story.get_absolute_url()).status_code == 200
    assert answers["notice"].status_code == 410
    assert "It was forged." in answers["notice"].content.decode()
    assert (answers["redirect"].status_code, answers["redirect"].headers["Location"]) == (302, other.get_absolute_url())
    assert answers["gone"].status_code == 410
    assert "forged" not in answers["gone"].content.decode()
    assert "Secret" not in answers["gone"].content.decode()
    assert set(AuditEntry.objects.filter(verb="story.withdraw").values_list("reason", flat=True)) == {"It was forged."}


@pytest.mark.parametrize(
    "target",
    ["", "nowhere", "//evil.example/", "/\\evil.example", "http://example.org/", "javascript:alert(1)", "https://",
     "https://a@b.example/", "https://[x/", "/2026/11/03/no-such-story/", "/no where/", "itself", "itself#top",
     "itself/rest/", "absolute"],
)  # fmt: skip
def test_a_withdrawn_story_never_leads_to_itself_or_nowhere(target: str, now: datetime, settings: Any) -> None:
    story = make_article(slug="gone")
    path = story.get_absolute_url()
    known = {"itself": path, "itself#top": f"{path}#top", "itself/rest/": f"{path}rest/"}
    known["absolute"] = f"{settings.SITE_URL}{path}"
    with pytest.raises(PublishError):
        publishing.withdraw(story, reason="x", answer="redirect", target=known.get(target, target), by=None, now=now)
    assert Article.objects.live(now).exists()


@pytest.mark.parametrize("target", ["/", "/corrections/?from=1", "https://example.org/ä?b=1"])
def test_a_withdrawn_story_may_lead_to_ours_or_elsewhere(target: str, now: datetime) -> None:
    story = make_article()
    publishing.withdraw(story, reason="x", answer="redirect", target=target, by=None, now=now)
    assert story.withdrawal_target == target


@pytest.mark.usefixtures("kept_furniture")
def test_withdrawing_removes_it_everywhere_and_stops_its_letters(now: datetime, cast: Cast) -> None:
    world = World.make()
    letter_of = Issue.objects.get()
    story = world.stories["patrons"]
    Mailing.objects.create(key="q", issue=letter_of, email="a@example.org", template="members/story")
    publishing.withdraw(story, reason="Forged.", by=cast.editor, now=now)
    assert Mailing.objects.get(key="q").status == Mailing.Status.SUPPRESSED
    own = (story.get_absolute_url(), "/letters/", "/gift/", "/replies/")  # what was sent before cannot be called back
    seen = [local(path) for path in _said_by_every_address(world, cast, story.headline)]
    assert not [path for path in seen if not path.startswith(own)]


# -- Embargo --------------------------------------------------------------------------------------


def _said_by_every_address(world: World, cast: Cast, word: str) -> Iterator[str]:
    """Each public address that says `word`, to anybody, a member or a patron."""
    for who in (None, cast.member, cast.patron):
        client = Client(headers={"accept": "text/html"})
        if who:
            client.force_login(who)
        for paths in ADDRESSES.values():
            for path in paths(world):
                answer = client.get(local(path))
                said = b"".join(answer.streaming_content) if answer.streaming else answer.content
                if word in said.decode("utf-8", "replace") + str(answer.headers):
                    yield path


@pytest.mark.usefixtures("kept_furniture")
def test_no_address_knows_an_approved_story_before_its_embargo_ends(now: datetime, cast: Cast) -> None:
    world = World.make()
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    word = "Zqembargoed"
    story = saved(
        cast.editor, now, headline=word, standfirst=word, full_text=f"<p>{word}</p><p>{word}</p>",
        embargo_until=now + HOUR, section=world.section, series=world.series, topic=world.topic,
    )  # fmt: skip
    Byline.objects.create(article=story, author=world.author)
    story.tags.add(world.tag)
    for other in world.stories.values():
        other.related_links.create(story=story)
        Article.objects.filter(pk=other.pk).update(
            full_text=f'<p>Open.</p><aside data-read-also="{story.pk}"></aside><p>Rest.</p>'
        )
        publishing.derive(Article.objects.get(pk=other.pk))
    publishing.publish(story, by=cast.editor, now=now)
    assert story.status == Article.Status.PUBLISHED
    assert not list(_said_by_every_address(world, cast, word))
    assert not Issue.objects.filter(story_id=story.pk).exists()
    for client in (Client(), signed_in(cast.patron)):
        assert client.get(story.get_absolute_url()).status_code == 404
        assert word not in client.get(f"/search/?q={word.lower()}").content.decode().replace(word.lower(), "")
    publishing.lift_embargo(story, until=None, reason="Agreed by phone.", by=cast.editor, now=now)
    assert next(_said_by_every_address(world, cast, word))  # the walk can see it
    assert Issue.objects.filter(story_id=story.pk).exists()


@pytest.mark.parametrize("until", [None, 30], ids=["lifted", "shortened"])
def test_an_embargo_ends_sooner_only_with_a_reason_in_the_record(until: int | None, now: datetime, cast: Cast) -> None:
    wanted = now + timedelta(minutes=until) if until else None
    story = saved(cast.editor, now, embargo_until=now + HOUR)
    story.embargo_until = wanted
    for keep in (
        lambda: publishing.save_draft(story, by=cast.publisher, now=now),
        lambda: publishing.publish(story, by=cast.publisher, now=now),
    ):
        with pytest.raises(PublishError, match="embargo holds"):
            keep()
    story = Article.objects.get(pk=story.pk)
    with pytest.raises(PublishError, match="Say why"):
        publishing.lift_embargo(story, until=wanted, reason=" ", by=cast.editor, now=now)
    publishing.lift_embargo(story, until=wanted, reason="They published first.", by=cast.editor, now=now)
    entry = AuditEntry.objects.get(verb="story.lift")
    assert entry.reason == "They published first."
    assert entry.changes["embargo_until"][0].startswith("2026-11-03T13:00")


def test_the_form_refuses_to_lift_an_embargo_and_only_editors_have_the_verb(now: datetime, cast: Cast) -> None:
    story = saved(cast.writer, now, embargo_until=now + HOUR)
    path = reverse("admin:articles_article_change", args=[story.pk])
    for who in (cast.writer, cast.editor):
        client = signed_in(who)
        answer = client.post(path, form_of(client, story, embargo_until="", headline="Typed"))
        assert "The embargo holds" in answer.content.decode()
        assert "Typed" in answer.content.decode()
    longer = form_of(client, story, embargo_until="2026-11-03T20:00")
    stored(client.post(path, longer))
    lift = reverse("admin:articles_article_lift", args=[story.pk])
    assert signed_in(cast.writer).post(lift, {"lift_reason": "x"}).status_code == 403
    client.post(lift, {"lift_reason": "Agreed.", "lift_until": "2026-11-03T15:00"})
    story.refresh_from_db()
    assert story.embargo_until == now + 2 * HOUR
    client.post(lift, {"lift_reason": "Agreed."})
    story.refresh_from_db()
    assert story.embargo_until is None


# -- Failures and clashes -------------------------------------------------------------------------


class FailsAt:
    """Lets the database fail at the n-th statement."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Count down; at nought the server is gone."""
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
            if self.left == 0:
                raise OperationalError("the server closed the connection")
        return execute(sql, *rest)


def everything() -> list[Any]:
    """What a verb may have left behind."""
    rows = Article.objects.order_by("pk").values("headline", "status", "live_from", "published_at", "edition", "slug")
    return [*rows, Revision.objects.count(), AuditEntry.objects.count(), Issue.objects.count()]


VERBS: dict[str, Callable[[Article, datetime], Any]] = {
    "publish": lambda story, now: publishing.publish(story, by=None, now=now),
    "schedule": lambda story, now: publishing.schedule(story, at=now + 2 * HOUR, by=None, now=now),
    "correct": lambda story, now: publishing.correct(story, by=None, now=now, stamp=True),
    "withdraw": lambda story, now: publishing.withdraw(story, reason="x", by=None, now=now),
    "lift": lambda story, now: publishing.lift_embargo(story, until=None, reason="x", by=None, now=now),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_failure_at_any_step_leaves_schedule_and_live_version_untouched(verb: str, now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    story = saved(None, now, embargo_until=now + HOUR)
    publishing.schedule(story, at=now + HOUR, by=None, now=now)
    before = everything()
    steps = 0
    for number in range(1, 60):
        copy = Article.objects.get(pk=story.pk)
        copy.headline = "Half done"
        if verb == "publish":
            copy.embargo_until = now + HOUR
        try:
            with transaction.atomic(), connection.execute_wrapper(FailsAt(number)):
                VERBS[verb](copy, now)
        except OperationalError:
            assert everything() == before
            steps += 1
        else:
            break
    assert steps >= 8
    assert everything() != before


def test_a_failure_behind_the_form_leaves_everything_as_it_was(now: datetime, cast: Cast) -> None:
    story = saved(cast.editor, now)
    publishing.schedule(story, at=now + HOUR, by=cast.editor, now=now)
    client = signed_in(cast.editor)
    sent = form_of(client, story, headline="Half done")
    path = reverse("admin:articles_article_publish", args=[story.pk])
    before = everything()
    for number in (6, 10, 14, 18, 22):
        with connection.execute_wrapper(FailsAt(number)):
            assert client.post(path, sent).status_code == 503
        assert everything() == before


def test_whoever_presses_second_is_told_and_keeps_what_was_typed(now: datetime, cast: Cast) -> None:
    story = saved(cast.editor, now)
    client = signed_in(cast.publisher)
    sent = form_of(client, story, headline="Typed meanwhile")
    publishing.publish(Article.objects.get(pk=story.pk), by=cast.editor, now=now)
    path = reverse("admin:articles_article_publish", args=[story.pk])
    answer = client.post(path, sent)
    assert answer.status_code == 409
    assert "Typed meanwhile" in answer.content.decode()
    assert Article.objects.get().headline == "The quay"
    assert "cannot be done now" in client.post(path, follow=True).content.decode()


# -- Costs ----------------------------------------------------------------------------------------


def statements(run: Callable[[], Any]) -> int:
    """How many queries `run` makes; marks of the transaction are none."""
    with CaptureQueriesContext(connection) as queries:
        run()
    marks = ("SAVEPOINT", "RELEASE", "ROLLBACK")
    return sum(not query["sql"].startswith(marks) for query in queries)


def test_saving_and_publishing_cost_what_they_may(now: datetime, cast: Cast) -> None:
    Letter.objects.create(slug="weekly", name="Weekly")
    picture = Picture.objects.create(key="inside", alt="A crane")
    story = saved(cast.editor, now, full_text=f'{TEXT}<figure data-picture="{picture.key}"></figure>')
    Byline.objects.create(article=story, author=AuthorFactory())
    story.tags.add(Tag.objects.create(name="Quay", slug="quay"))
    SiteRules.objects.create(pk=1)
    story = Article.objects.select_related("section", "minimum_tier", "lead_picture").get()
    costs = [
        statements(lambda: publishing.save_draft(story, by=cast.editor, now=now)),
        statements(lambda: publishing.publish(story, by=cast.editor, now=now)),
        statements(lambda: publishing.correct(story, by=cast.editor, now=now, stamp=True)),
    ]
    assert costs == [8, 14, 8]
