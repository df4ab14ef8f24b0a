"""Writing, editing, deleting, recommending and reporting through the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Discussion, Reply, Report, Sanction
from comments.writing import posting
from members.models import AuditEntry, Mailing
from tests.comments.conftest import SAME_ORIGIN, discussion_of, say
from tests.factories import MemberFactory, make_article, make_patron

pytestmark = pytest.mark.django_db


def write(client: Client, story: Any, text: str, **more: Any) -> Any:
    """Post `text` as the form does."""
    return client.post(f"/replies/to/story/{story.pk}/", {"comment": text, **more})


def jobs() -> int:
    """How many jobs wait to tell those answered."""
    return ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered").count()


def test_a_new_accounts_reply_is_held_and_shown_to_them_alone(story: Any, signed_in: Any) -> None:
    member = MemberFactory()
    response = write(signed_in(member), story, "Good evening.")
    reply = Reply.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == f"/replies/{reply.pk}/#reply-{reply.pk}"
    assert (reply.status, reply.rule, reply.author) == (Reply.Status.HELD, "new_member", member)
    assert reply.reason
    assert jobs() == 0
    assert signed_in(member).get(f"/replies/{reply.pk}/").status_code == 302
    assert Client().get(f"/replies/{reply.pk}/").status_code == 404


def test_a_visible_reply_purges_and_queues_one_job_in_the_same_transaction(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    write(signed_in(MemberFactory()), story, "Good evening.")
    assert Reply.objects.get().status == Reply.Status.PUBLISHED
    assert jobs() == 1


def test_the_same_words_twice_lead_to_the_reply_that_is_there(story: Any, signed_in: Any, open_rules: Any) -> None:
    client = signed_in(MemberFactory())
    first, second = write(client, story, "Good evening."), write(client, story, "good  EVENING.")
    assert first.headers["Location"] == second.headers["Location"]
    assert Reply.objects.count() == 1


def test_whoever_is_not_signed_in_keeps_the_text_through_signing_in(story: Any) -> None:
    client = Client(**SAME_ORIGIN)
    response = write(client, story, "Good evening.")
    assert response.status_code == 303
    assert response.headers["Location"] == f"/accounts/login/?next=%2Freplies%2Fto%2Fstory%2F{story.pk}%2F"
    assert not Reply.objects.exists()
    client.force_login(MemberFactory())
    assert "Good evening." in client.get(f"/replies/to/story/{story.pk}/").content.decode()
    write(client, story, "Good evening.")
    assert Reply.objects.count() == 1
    assert "Good evening." not in client.get(f"/replies/to/story/{story.pk}/").content.decode()


def test_a_form_from_elsewhere_is_refused(story: Any) -> None:
    client = Client(HTTP_SEC_FETCH_SITE="cross-site")
    client.force_login(MemberFactory())
    assert write(client, story, "Good evening.").status_code == 403
    assert not Reply.objects.exists()


def test_a_filled_honeypot_posts_nothing(story: Any, signed_in: Any, open_rules: Any) -> None:
    response = write(signed_in(MemberFactory()), story, "Buy this.", honeypot="x")
    assert response.status_code == 422
    assert "Buy this." in response.content.decode()
    assert not Reply.objects.exists()


def test_a_member_past_the_limit_is_told_to_wait_and_keeps_the_text(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    client = signed_in(MemberFactory())
    for number in range(3):
        assert write(client, story, f"Reply {number}").status_code == 303
    response = write(client, story, "One too many")
    assert response.status_code == 429
    assert "One too many" in response.content.decode()
    assert Reply.objects.count() == 3


def test_one_network_has_a_limit_across_accounts(story: Any, signed_in: Any, open_rules: Any) -> None:
    write(signed_in(MemberFactory()), story, "first")
    digest = Reply.objects.get().ip_digest
    assert len(digest) == 64
    for number in range(40):
        say(story, f"other {number}", ip_digest=digest)
    assert write(signed_in(MemberFactory()), story, "one more").status_code == 429


def test_slow_mode_makes_one_wait_between_two_replies(story: Any, signed_in: Any, open_rules: Any) -> None:
    Discussion.objects.filter(pk=discussion_of(story).pk).update(slow_seconds=300)
    client = signed_in(MemberFactory())
    assert write(client, story, "first").status_code == 303
    assert write(client, story, "second").status_code == 429


def test_a_closed_discussion_and_a_closed_story_take_nothing(story: Any, signed_in: Any, open_rules: Any) -> None:
    client = signed_in(MemberFactory())
    Discussion.objects.filter(pk=discussion_of(story).pk).update(is_open=False)
    response = write(client, story, "late")
    assert response.status_code == 403
    assert "late" in response.content.decode()
    assert write(client, make_article(reply_right="closed"), "late").status_code == 403
    assert write(client, make_article(published_at=timezone.now() - timedelta(days=40)), "late").status_code == 303
    open_rules.close_replies_after_days = 30
    open_rules.save()
    assert write(client, make_article(published_at=timezone.now() - timedelta(days=40)), "late").status_code == 403


def test_who_may_not_read_or_is_no_patron_may_not_reply(signed_in: Any, open_rules: Any) -> None:
    for story in (make_article(audience="patrons"), make_article(reply_right="patrons")):
        assert write(signed_in(MemberFactory()), story, "let me in").status_code == 403
        assert write(signed_in(make_patron(MemberFactory())), story, "thank you").status_code == 303
    assert Reply.objects.count() == 2


def test_muted_and_banned_members_are_refused_and_watched_ones_held(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    for kind, status in (("mute", 403), ("ban", 403), ("hold", 303)):
        member = MemberFactory()
        Sanction.objects.create(member=member, kind=kind)
        assert write(signed_in(member), story, "hello").status_code == status
    assert [reply.status for reply in Reply.objects.all()] == ["held"]
    over = MemberFactory()
    Sanction.objects.create(member=over, kind="ban", ends_at=timezone.now() - timedelta(days=1))
    write(signed_in(over), story, "hello again")
    assert Reply.objects.get(author=over).status == "published"


def test_badges_come_from_the_account_not_the_form(story: Any, signed_in: Any, cast: Any) -> None:
    from articles.models import Author, Byline

    Byline.objects.create(article=story, author=Author.objects.create(name="W", slug="w", member=cast.writer))
    write(signed_in(cast.writer), story, "I wrote it.", name="Somebody", email="x@example.org", badge="")
    write(signed_in(cast.editor), story, "I edited it.")
    write(signed_in(cast.member), story, "I read it.", badge="staff")
    assert [reply.badge for reply in Reply.objects.order_by("path")] == ["author", "staff", ""]


def test_topics_and_pages_have_replies_too(signed_in: Any, open_rules: Any) -> None:
    from articles.models import Page
    from members.models import Topic

    client = signed_in(MemberFactory())
    topic = Topic.objects.create(slug="t", title="T", status=Topic.Status.IN_VOTE)
    page = Page.objects.create(title="About", path="about", is_published=True, replies_open=True)
    assert client.post(f"/replies/to/topic/{topic.pk}/", {"comment": "one"}).status_code == 303
    assert client.post(f"/replies/to/page/{page.pk}/", {"comment": "two"}).status_code == 303
    assert [(reply.discussion.kind, reply.comment) for reply in Reply.objects.order_by("pk")] == [
        ("topic", "one"),
        ("page", "two"),
    ]
    closed = Page.objects.create(title="Imprint", path="imprint", is_published=True)
    assert client.post(f"/replies/to/page/{closed.pk}/", {"comment": "three"}).status_code == 403
    hidden = Topic.objects.create(slug="h", title="H")
    assert client.post(f"/replies/to/topic/{hidden.pk}/", {"comment": "four"}).status_code == 404


@pytest.mark.parametrize("depth", [1, 2, 5, 6])
def test_posting_costs_the_same_at_every_depth(
    story: Any, signed_in: Any, open_rules: Any, depth: int, django_assert_num_queries: Any, warm_furniture: Any
) -> None:
    parent = None
    for level in range(depth - 1):
        parent = say(story, f"level {level}", under=parent)
    discussion_of(story)
    client = signed_in(MemberFactory())
    write(client, make_article(), "warms the content types")
    warm_furniture()
    reply_to = {"reply_to": parent.pk} if parent else {}
    # session, member, warnings, story, [savepoint], lock, parent, 3 inserts, NOTIFY, job, [savepoint]; in [] the test's
    with django_assert_num_queries(13 if parent else 12):
        write(client, story, "good evening", **reply_to)
    reply = Reply.objects.get(comment="good evening")
    assert reply.depth == min(depth, 5)
    assert reply.reply_to == parent


def test_a_report_has_a_reference_and_is_made_once(story: Any, signed_in: Any) -> None:
    member = MemberFactory()
    reply = say(story, "nasty words")
    client = signed_in(member)
    page = f"/replies/{reply.pk}/report/"
    assert client.post(page, {"reason": "unknown"}).status_code == 422
    for _again in range(2):
        response = client.post(page, {"reason": "insult", "note": "look"})
        assert response.headers["Location"] == f"/replies/{reply.pk}/#reply-{reply.pk}"
    report = Report.objects.get()
    assert report.reference in client.get(page).content.decode()
    mailing = Mailing.objects.get()
    assert (mailing.email, mailing.context["reference"]) == (member.email, report.reference)


def test_the_first_reply_makes_the_discussion_and_drops_the_storys_page(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    signed_in(MemberFactory()).get(f"/replies/to/story/{story.pk}/")
    assert not Discussion.objects.exists()  # looking makes nothing
    with CaptureQueriesContext(connection) as asked:
        write(signed_in(MemberFactory()), story, "first")
    dropped = [query["sql"] for query in asked if "pg_notify" in query["sql"]]
    keys = (f"article-{story.pk}", Discussion.objects.get().cache_key)
    assert all(any(key in sql for sql in dropped) for key in keys)


def test_the_page_for_writing_shows_what_is_answered(story: Any, signed_in: Any) -> None:
    reply = say(story, "what do you say?", by=MemberFactory(name="Nadia"))
    page = signed_in(MemberFactory()).get(f"/replies/to/story/{story.pk}/?to={reply.pk}").content.decode()
    assert "what do you say?" in page
    assert f'name="reply_to" value="{reply.pk}"' in page
    assert signed_in(MemberFactory()).get(f"/replies/to/story/{story.pk}/?to=nonsense").status_code == 200


def test_nothing_is_audited_that_a_reader_does(story: Any, signed_in: Any, open_rules: Any) -> None:
    write(signed_in(MemberFactory()), story, "hello")
    assert not AuditEntry.objects.exists()


def test_a_verb_refuses_what_the_gate_refuses(story: Any, open_rules: Any) -> None:
    from tests.comments.conftest import poster

    terms = make_article(audience="patrons").terms(open_rules)
    with pytest.raises(posting.PostError):
        posting.post(
            discussion_of(story),
            terms,
            by=poster(MemberFactory()),
            text="hello",
            reply_to=None,
            rules=open_rules,
            now=timezone.now(),
        )
    assert not Reply.objects.exists()
