"""Who hears of a reply: once, for the nearest reason, not before it is visible; and how they stop it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.models import Article, Byline
from comments import jobs
from comments.models import Follow, Mute, Notice, NoticeWishes, Reply
from comments.moderation import verbs
from comments.notices import digests, following, links, telling
from members.models import Mailing, Member, SiteRules
from tests.comments.conftest import discussion_of, say
from tests.comments.listening import sent, tell, told, untold, wish
from tests.conftest import NOON
from tests.factories import AuthorFactory, MemberFactory, make_article, make_patron

pytestmark = pytest.mark.django_db


def follower(story: Any, branch: Reply | None = None, **fields: Any) -> Member:
    """Somebody who follows, and hears at once."""
    member = wish(MemberFactory(**fields), followed="at_once")
    following.follow(member, discussion_of(story), now=timezone.now(), branch=branch)
    return member


def journalist(story: Any, **paces: str) -> Member:
    """Somebody who signs the story."""
    member = wish(MemberFactory(), **paces)
    Byline.objects.create(article=story, author=AuthorFactory(member=member))
    return member


def test_everybody_hears_once_and_for_the_nearest_reason(story: Any) -> None:
    asker = follower(story)
    Byline.objects.create(article=story, author=AuthorFactory(member=asker))
    quiet = wish(follower(story), answers="never")
    silent = journalist(story)  # own stories are asked for, not imposed
    opted = journalist(story, own_stories="daily")
    both = wish(follower(story), own_stories="at_once")
    Byline.objects.create(article=story, author=AuthorFactory(member=both))
    answer = untold(story, under=say(story, "first", by=asker))
    second = untold(story, "to quiet", under=say(story, "second", by=quiet))
    tell(answer, second)
    heard = {(notice.member_id, notice.about): notice.kind for notice in Notice.objects.all()}
    assert heard == {
        (asker.pk, f"reply-{answer.pk}"): "answers",
        (asker.pk, f"reply-{second.pk}"): "followed",
        (quiet.pk, f"reply-{answer.pk}"): "followed",
        (quiet.pk, f"reply-{second.pk}"): "followed",  # not as an answer: of these they want none
        (both.pk, f"reply-{answer.pk}"): "followed",
        (both.pk, f"reply-{second.pk}"): "followed",
        (opted.pk, f"reply-{answer.pk}"): "own_stories",
        (opted.pk, f"reply-{second.pk}"): "own_stories",
    }
    assert silent.pk not in {member for member, _about in heard}
    assert opted.name not in told(), "its day has not come"
    assert told()[asker.name] == ["an answer", "to quiet"]


def test_who_follows_a_branch_hears_of_it_alone_and_some_hear_never(story: Any) -> None:
    root, other = say(story, "root"), say(story, "other")
    child = say(story, "child", under=root)
    of_root, of_child, of_all = follower(story, root), follower(story, child), follower(story)
    gone, erased = follower(story), follower(story)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    Member.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    writer, muter = follower(story), follower(story)
    Mute.objects.create(member=muter, muted=writer)
    below = untold(story, "below", under=child, by=writer)
    beside = untold(story, "beside", under=root, by=writer)
    elsewhere = untold(story, "elsewhere", under=other, by=writer)
    imported = say(story, "imported", under=root, by=writer)  # announced already
    tell(below, beside, elsewhere, imported)
    assert not Notice.objects.filter(member__in=[gone, erased, writer, muter]).exists()
    heard = {member.name: texts for member in Member.objects.all() if (texts := sorted(told().get(member.name, [])))}
    assert heard.pop(child.author.name) == ["below"]
    assert heard.pop(root.author.name) == ["beside"]
    assert heard.pop(other.author.name) == ["elsewhere"]
    assert heard == {
        of_root.name: ["below", "beside"],
        of_child.name: ["below"],
        of_all.name: ["below", "beside", "elsewhere"],
    }


def test_twins_agree_about_who_follows_what(story: Any) -> None:
    """`followers_of` asks the database what `covers` asks of a row."""
    chain: list[Reply] = []
    for depth in range(7):  # the deepest stand beside each other
        chain.append(say(story, f"{depth}", under=chain[-1] if chain else None))
    rows = [Follow(discussion=chain[0].discussion, branch=branch) for branch in (None, *chain)]
    for number, row in enumerate(rows):
        row.member = MemberFactory(name=f"{number}")
        row.save()
    for reply in Reply.objects.all():
        assert set(following.followers_of(reply)) == {row.member_id for row in rows if following.covers(row, reply)}
    assert len(following.followers_of(chain[4])) == 5


def test_a_held_reply_is_told_of_when_it_is_approved_and_once(story: Any, cast: Any) -> None:
    first = say(story, "first", by=MemberFactory(name="Asker"))
    answer = untold(story, under=first, status=Reply.Status.HELD, by=MemberFactory(name="Answerer"))
    tell(answer)
    assert not Notice.objects.exists()
    assert verbs.approve(answer, by=cast.moderator, now=timezone.now())
    assert not verbs.approve(answer, by=cast.moderator, now=timezone.now())
    deferred = ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered")
    assert [job.args for job in deferred] == [{"reply_id": answer.pk}]
    tell(answer)
    [story_told] = Mailing.objects.get().context["stories"]
    [reply_told] = story_told["replies"]
    assert (reply_told["name"], reply_told["text"], reply_told["kind"]) == ("Answerer", "an answer", "answers")
    assert reply_told["url"].endswith(f"/replies/{answer.pk}/")
    assert story_told["title"] == story.headline


def test_what_comes_back_with_its_branch_is_told_of_then(story: Any, cast: Any) -> None:
    first = say(story, "first")
    answer = untold(story, under=first, status=Reply.Status.HELD)
    verbs.reject(first, by=cast.moderator, now=timezone.now())
    verbs.approve(answer, by=cast.moderator, now=timezone.now())
    tell(answer)
    assert not Notice.objects.exists()
    verbs.restore(first, by=cast.moderator, now=timezone.now())
    tell(first)
    assert told() == {first.author.name: ["an answer"]}


Change = Callable[[Reply, Member, Article], Any]
MEANWHILE: dict[str, Change] = {
    "nothing": lambda reply, member, story: None,
    "rejected": lambda reply, member, story: Reply.objects.filter(pk=reply.pk).update(status="rejected"),
    "branch rejected": lambda reply, member, story: Reply.objects.filter(pk=reply.reply_to_id).update(
        status="rejected"
    ),
    "deleted": lambda reply, member, story: Reply.objects.filter(pk=reply.pk).update(status="erased"),
    "withdrawn": lambda reply, member, story: Article.objects.filter(pk=story.pk).update(status="withdrawn"),
    "muted": lambda reply, member, story: Mute.objects.create(member=member, muted=reply.author),
    "unfollowed": lambda reply, member, story: following.unfollow(member.pk, reply.discussion_id),
    "unwished": lambda reply, member, story: wish(member, followed="never"),
    "left": lambda reply, member, story: Member.objects.filter(pk=member.pk).update(is_active=False),
}


@pytest.mark.parametrize("change", MEANWHILE)
def test_what_is_unfit_when_the_mail_is_made_is_not_told(now: datetime, story: Any, change: str) -> None:
    member = wish(follower(story), followed="daily")
    answer = untold(story, under=say(story, "first", by=wish(MemberFactory(), answers="never")))
    telling.tell_answered(answer.pk)
    MEANWHILE[change](answer, member, story)
    assert digests.mail_due(now + timedelta(days=1)) == (change == "nothing")
    assert not Notice.objects.filter(sent_at=None).exists(), "settled all the same"


def test_text_goes_only_to_those_who_may_read_it(cast: Any) -> None:
    SiteRules.objects.create(pk=1, meter_limit=3)
    for audience in ("patrons", "metered"):
        closed = make_article(audience=audience)
        reader, patron = follower(closed, name="Reader"), make_patron(follower(closed, name="Patron"))
        tell(untold(closed, "as the story says"))
        assert told() == {"Reader": [""], "Patron": ["as the story says"]}
        assert reader.pk != patron.pk
        Mailing.objects.all().delete()


def test_a_thousand_followers_cost_the_request_nothing_and_the_job_little(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    client, discussion = signed_in(MemberFactory()), discussion_of(story)
    client.post(f"/replies/to/story/{story.pk}/", {"comment": "warms up"})

    def costs(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.post(f"/replies/to/story/{story.pk}/", {"comment": text}).status_code == 303
        return len(queries)

    alone = costs("nobody listens")
    crowd = Member.objects.bulk_create(Member(email=f"m{n}@example.org", name=f"M{n}") for n in range(1000))
    NoticeWishes.objects.bulk_create(NoticeWishes(member=member, followed="at_once") for member in crowd)
    Follow.objects.bulk_create(Follow(member=member, discussion=discussion) for member in crowd)
    assert costs("a thousand listen") == alone
    said = Reply.objects.get(comment="a thousand listen")
    assert not Notice.objects.exists()
    with CaptureQueriesContext(connection) as queries:
        jobs.tell_answered(said.pk)
    assert Mailing.objects.count() == 1000
    assert len(queries) < 250, len(queries)  # one by one they would be 8,000


def test_killed_anywhere_nobody_hears_twice_and_nobody_is_forgotten(now: datetime, story: Any, settings: Any) -> None:
    """A run that dies takes back all of its page: the claim, the mails and their jobs."""
    for _somebody in range(3):
        follower(story)
    answer, settings.SITE_URL = untold(story), None  # no link can be made of it: the run breaks after its claim
    with pytest.raises(TypeError):
        telling.tell_answered(answer.pk)
    assert Notice.objects.filter(sent_at=None).count() == 3
    assert not Mailing.objects.exists()
    settings.SITE_URL = "http://testserver"
    tell(answer)
    assert Mailing.objects.count() == 3
    Notice.objects.update(sent_at=None)  # as if the claim were lost: the mail's own key still holds
    digests.mail_due(now)
    assert Mailing.objects.count() == 3


def test_each_mail_stops_at_one_press_and_asking_again_gives_the_same_answer(
    story: Any, cast: Any, settings: Any
) -> None:
    member = follower(story)
    tell(untold(story, "<b>hi</b>"))
    [mail] = sent()
    stop = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in mail.body
    unfollow = next(found for found in re.findall(r"http://\S+", mail.body) if "/unfollow/" in found)
    assert max(len(stop), len(unfollow)) <= 200
    assert "&lt;b&gt;hi" in mail.alternatives[0][0]
    assert "stories" not in Mailing.objects.get().context, "what was quoted is not kept"
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 50
    for link, is_on in (
        (stop, lambda: NoticeWishes.objects.get(member=member).followed != "never"),
        (unfollow, lambda: Follow.objects.filter(member=member).exists()),
    ):
        assert "Stop them" in Client().get(link).content.decode()
        Client().head(link)
        assert is_on()
        answers = [Client().post(link, {"List-Unsubscribe": "One-Click"}) for _twice in range(2)]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].content == answers[1].content
        assert not answers[0].cookies
        assert not is_on()
    for name in ("wishes", "unfollow"):
        assert Client().post(f"/replies/{name}/forged/").status_code == 410


def test_a_merged_account_is_spoken_for_by_the_one_that_is_left(cast: Any) -> None:
    Member.objects.filter(pk=cast.member.pk).update(merged_into=cast.patron, is_active=False)
    Client().post(links.wishes_link(cast.member.pk, ["answers", "decisions"]))
    wishes = NoticeWishes.objects.get()
    assert (wishes.member, wishes.answers, wishes.followed) == (cast.patron, "never", "daily")
    assert wishes.decisions == "never"


def test_following_is_for_who_may_read_and_a_get_never_acts(story: Any, cast: Any, signed_in: Any) -> None:
    branch, client = say(story, "first"), signed_in(cast.member)
    path = f"/replies/follow/story/{story.pk}/"
    assert Client().get(path).status_code == 303
    for address, kept in ((path, None), (f"{path}?branch={branch.pk}", branch)):
        assert "Follow th" in client.get(address).content.decode()
        assert not Follow.objects.filter(branch=kept).exists()
        for _twice in range(2):
            assert client.post(address, {"wanted": "1"}).status_code == 303
        assert Follow.objects.filter(member=cast.member, branch=kept).count() == 1
        assert "You follow" in client.get(address).content.decode()
        client.post(address, {"wanted": "0"})
        assert not Follow.objects.exists()
    assert client.post(f"/replies/follow/story/{make_article().pk}/", {"wanted": "1"}).status_code == 303
    Follow.objects.all().delete()
    closed = make_article(audience="patrons")
    assert client.get(f"/replies/follow/story/{closed.pk}/").status_code == 403
    client.post(f"/replies/follow/story/{closed.pk}/", {"wanted": "1"})
    hidden = say(story, "held", status=Reply.Status.HELD)
    assert client.post(f"{path}?branch={hidden.pk}", {"wanted": "1"}).status_code == 404
    assert not Follow.objects.exists()


def test_networks_and_sent_notices_are_kept_as_long_as_the_rules_say(now: datetime, story: Any) -> None:
    SiteRules.objects.create(pk=1, networks_kept_days=3)
    old = say(story, "old", at=NOON - timedelta(days=4), ip_digest="x")
    new = say(story, "new", at=NOON - timedelta(days=2), ip_digest="y")
    for days, is_sent in ((91, True), (89, True), (91, False)):
        sent_at = NOON - timedelta(days=days) if is_sent else None
        Notice.objects.create(member=old.author, about=f"reply-{days}{is_sent}", due_at=NOON, sent_at=sent_at)
    jobs.forget_networks(0)
    jobs.forget_notices(0)
    assert [Reply.objects.get(pk=reply.pk).ip_digest for reply in (old, new)] == ["", "y"]
    assert set(Notice.objects.values_list("about", flat=True)) == {"reply-89True", "reply-91False"}
