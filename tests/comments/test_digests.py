"""When something is mailed, with what, in which words: digests, decisions, moderators; and a member's own page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Appeal, Follow, Mute, Notice, NoticeWishes, Reply, Report, Ruling, Sanction
from comments.moderation import sanctions, verbs
from comments.notices import digests, following, moderators, outbox, telling
from members.models import Mailing, Member
from tests.comments.conftest import discussion_of, say
from tests.comments.listening import sent, tell, untold, wish
from tests.comments.test_concurrency import at_once
from tests.factories import AuthorFactory, MemberFactory, make_article

pytestmark = pytest.mark.django_db


def utc(*parts: int) -> datetime:
    """A moment in 2026; in Copenhagen it is an hour later, two in summer."""
    return datetime(2026, *parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pace", "at", "due"),
    [
        ("at_once", utc(11, 3, 12, 20), utc(11, 3, 12, 20)),
        ("hourly", utc(11, 3, 12, 20), utc(11, 3, 13, 0)),
        ("hourly", utc(11, 3, 12, 0), utc(11, 3, 13, 0)),
        ("daily", utc(11, 3, 12, 20), utc(11, 4, 6, 0)),
        ("daily", utc(11, 3, 5, 59), utc(11, 3, 6, 0)),
        ("daily", utc(11, 3, 6, 0), utc(11, 4, 6, 0)),
        ("daily", utc(10, 24, 12, 0), utc(10, 25, 6, 0)),  # the night that the clocks go back
        ("daily", utc(7, 1, 12, 0), utc(7, 2, 5, 0)),
    ],
)
def test_what_is_due_is_due_at_once_on_the_hour_or_at_seven(pace: str, at: datetime, due: datetime) -> None:
    assert outbox.due_at(pace, at) == due


def test_a_digest_is_one_mail_by_story_and_names_what_it_leaves_out(now: datetime, story: Any) -> None:
    member, other = wish(MemberFactory(), answers="hourly", followed="hourly"), make_article(headline="The other one")
    following.follow(member, discussion_of(story), now=now)
    for number in range(12):
        tell(untold(story, f"said {number}", at=now + timedelta(seconds=number)))
    tell(untold(other, "answered there", under=say(other, "mine", by=member)))
    assert digests.mail_due(now + timedelta(minutes=59)) == 0
    assert [digests.mail_due(now + timedelta(hours=1)) for _twice in range(2)] == [1, 0]
    [mail] = sent()
    assert mail.subject == "13 new replies for you"
    assert mail.body.count(f"Under “{story.headline}”") == mail.body.count("Under “The other one”") == 1
    assert "said 9" in mail.body
    assert "said 10" not in mail.body
    assert "And 2 more" in mail.body
    assert mail.body.count("/replies/wishes/") == 2, "a way to stop each kind"
    assert "{{" not in mail.body + mail.alternatives[0][0]
    wished = Mailing.objects.get().context
    assert [stop["kind"] for stop in wished["stops"]] == ["answers", "followed"]


def test_a_mail_is_in_the_language_and_words_of_what_happened(now: datetime, story: Any) -> None:
    asker, fan = MemberFactory(language="de"), wish(MemberFactory(), followed="at_once")
    writer = wish(MemberFactory(), own_stories="at_once")
    story.bylines.create(author=AuthorFactory(member=writer))
    following.follow(fan, discussion_of(story), now=now)
    tell(untold(story, under=say(story, "first", by=asker), by=MemberFactory(name="Ann <A>")))
    subjects = {mail.to[0]: mail.subject for mail in sent()}
    assert subjects == {
        asker.email: "Ann <A> answered your reply",
        fan.email: f"Ann <A> replied under “{story.headline}”",
        writer.email: f"Ann <A> replied under your story “{story.headline}”",
    }


def test_what_is_erased_leaves_the_mails_that_wait(now: datetime, story: Any) -> None:
    fan = wish(MemberFactory(), followed="at_once")
    following.follow(fan, discussion_of(story), now=now)
    gone, kept = untold(story, "zqgone", by=MemberFactory(name="Zqname")), untold(story, "zqkept")
    outbox.note_all(gone, {fan.pk: ["followed"]}, now=now)
    outbox.note_all(kept, {fan.pk: ["followed"]}, now=now)
    digests.mail_due(now)
    assert [digests.unquote(keys) for keys in ([], [0], [gone.pk])] == [0, 0, 1]
    [mail] = sent()
    assert "zqkept" in mail.body
    assert not [word for word in ("zqgone", "Zqname") if word in mail.body + mail.alternatives[0][0]]


def decide(now: datetime, ruling: Ruling | None) -> None:
    """The job that tells of a ruling, and what mails it."""
    assert ruling is not None
    telling.tell_decided(ruling.pk)
    telling.tell_decided(ruling.pk)
    digests.mail_due(now)


def test_a_decision_comes_with_reasons_reference_words_and_the_way_to_appeal(
    now: datetime, story: Any, cast: Any
) -> None:
    reply = say(story, "my own words", by=cast.member, status=Reply.Status.HELD, rule="links")
    ruling = verbs.reject(reply, by=cast.moderator, now=now, reason="Off topic", message="Try the other story.")
    decide(now, ruling)
    [mail] = sent()
    assert ruling is not None
    assert (mail.to, mail.subject) == ([cast.member.email], "Your reply is not shown")
    for page in (mail.body, mail.alternatives[0][0]):
        for part in ("Off topic", "Try the other story.", "my own words", ruling.reference, "A rule of the site"):
            assert part in page
        assert f"http://testserver/replies/appeal/ruling/{ruling.pk}/" in page
        assert cast.moderator.name not in page


def test_approval_is_told_of_and_what_was_taken_back_is_not(now: datetime, story: Any, cast: Any) -> None:
    held = say(story, "held", by=cast.member, status=Reply.Status.HELD)
    decide(now, verbs.approve(held, by=cast.moderator, now=now))
    assert [mail.subject for mail in sent()] == ["Your reply is published"]
    astray = f"ruling-{Ruling.objects.get().pk}"  # a row of somebody else's name is no way to read it
    Notice.objects.create(member=cast.patron, kind="decisions", about=astray, due_at=now)
    assert digests.mail_due(now) == 0
    shown = say(story, "shown", by=cast.member)
    ruling = verbs.remove(shown, by=cast.moderator, now=now)
    assert ruling is not None
    telling.tell_decided(ruling.pk)
    deferred = Notice.objects.get(about=f"ruling-{ruling.pk}")
    verbs.undo(ruling, by=cast.moderator, now=now)
    assert digests.mail_due(now) == 0
    deferred.refresh_from_db()
    assert deferred.sent_at == now
    again = verbs.remove(shown, by=cast.moderator, now=now)
    assert again is not None
    telling.tell_decided(again.pk)
    Reply.objects.filter(pk=shown.pk).update(status="erased")  # by its author, meanwhile
    assert digests.mail_due(now) == 0


def test_sanctions_appeals_and_reports_are_told_to_whom_they_concern(now: datetime, story: Any, cast: Any) -> None:
    said = [say(story, f"rude {number}", by=cast.member) for number in range(2)]
    report = Report.objects.create(reply=said[0], member=cast.patron, reason="insult", note="zqreporternote")
    sanction = sanctions.impose(
        cast.member, "mute", by=cast.moderator, now=now, reason="Insults", note="zqnote",
        until=now + timedelta(days=7), rejects_all=True,
    )  # fmt: skip
    Report.objects.filter(pk=report.pk).update(settled_at=now)
    telling.report_settled(report)
    appeal = Appeal.objects.create(
        member=cast.member, sanction=sanction, text="But", settled_at=now, outcome="dismissed", answer="No."
    )
    telling.appeal_settled(appeal)
    telling.report_settled(Report(pk=0, member=None))  # the word list's
    deferred = ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_decided")
    assert not deferred.exists(), "the sanction tells of what it took"
    digests.mail_due(now)
    own, reporter = sorted(sent(), key=lambda mail: mail.to[0])
    assert own.subject == "What was decided about your replies"
    for part in (
        "ends by itself on 10 November 2026, 13:00",
        "Insults",
        "2 replies of yours",
        "It stands.",
        "S-0",
        "No.",
    ):
        assert part in own.body
    assert "/replies/appeal/" not in own.body, "there is one appeal"
    assert reporter.subject == "What came of your report"
    assert report.reference in reporter.body
    assert "no longer shown" in reporter.body
    everything = "".join(mail.body + mail.alternatives[0][0] for mail in (own, reporter))
    assert not [word for word in ("zqnote", "zqreporternote", cast.patron.name, "rude") if word in everything]


def test_moderators_get_one_digest_of_what_waits_and_none_of_its_text(now: datetime, cast: Any) -> None:
    assert moderators.mail_digests(now) == 0, "nothing waits"
    wish(cast.publisher, moderation="never")
    after_eight = say(make_article(), "came later", status=Reply.Status.HELD, at=now - timedelta(minutes=30))
    assert moderators.mail_digests(now) == 0, "it is told of tomorrow"
    after_eight.delete()
    hasty = wish(MemberFactory(group="Moderators"), moderation="hourly")
    busy = make_article(headline="The busy one")
    for number in range(30):
        say(busy, f"zqheld {number}", status=Reply.Status.HELD, at=now - timedelta(hours=30))
    reported = say(busy, "zqreported", at=now - timedelta(hours=30))
    Report.objects.create(reply=reported, member=cast.member, reason="illegal", reported_at=now - timedelta(minutes=30))
    assert [moderators.mail_digests(now + timedelta(minutes=each)) for each in (0, 10, 59)] == [2, 0, 0]
    mails = {mail.to[0]: mail for mail in sent()}
    assert mails.keys() == {cast.moderator.email, hasty.email}
    mail = mails[cast.moderator.email]
    assert mail.subject == "1 reply reported as illegal, 30 wait"
    for part in ("30 replies are held", "30 · The busy one", "/admin/comments/reply/", "2 November, 07:00"):
        assert part in mail.body
    assert "zq" not in mail.body + mail.alternatives[0][0]
    stop = mail.extra_headers["List-Unsubscribe"]
    assert stop.strip("<>") in mail.body
    assert moderators.mail_digests(now + timedelta(hours=1)) == 0, "by the hour only of what is new"
    assert moderators.mail_digests(now + timedelta(hours=24)) == 1, "the next morning"


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_mail_each_member_once() -> None:
    story = make_article()
    people = [wish(MemberFactory(), followed="at_once") for _number in range(12)]
    for member in people:
        following.follow(member, discussion_of(story), now=timezone.now())
    reply, now = say(story, "said"), timezone.now()
    outbox.note_all(reply, {member.pk: ["followed"] for member in people}, now=now)
    made = at_once([lambda: digests.mail_due(now)] * 3)
    assert sum(made) == Mailing.objects.count() == len(people)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def test_ones_own_page_says_what_came_of_everything_and_costs_the_same(
    story: Any, cast: Any, signed_in: Any, warm_furniture: Any, django_assert_max_num_queries: Any
) -> None:
    member, client = cast.member, signed_in(cast.member)
    gone = make_article(headline="Zqwithdrawn", status="withdrawn")
    root = say(story, "of another", by=MemberFactory(name="Otto"))
    said = {status: say(story, f"it is {status}", by=member, status=status) for status in ("published", "held")}
    for verb, reason in ((verbs.reject, "Off topic"), (verbs.remove, "Insulting")):
        said[reason] = say(story, f"mine {reason}", by=member)
        verb(said[reason], by=cast.moderator, now=timezone.now(), reason=reason)
    say(gone, "under the withdrawn", by=member)
    say(story, "", by=member, status=Reply.Status.ERASED)
    removed = Ruling.objects.get(reply=said["Insulting"])
    Appeal.objects.create(member=member, ruling=removed, text="But")
    sanction = Sanction.objects.create(member=member, kind="warn", reason="Be kind", note="zqnote")
    for branch in (None, root):
        following.follow(member, root.discussion, now=timezone.now(), branch=branch)
    Mute.objects.create(member=member, muted=root.author)
    warm_furniture()
    client.get("/replies/mine/")
    with django_assert_max_num_queries(10):
        page = client.get("/replies/mine/").content.decode()
    rejected = Ruling.objects.get(reply=said["Off topic"])
    for part in (
        "it is published", "it is held", "It waits", "Off topic", rejected.reference,
        f"/replies/appeal/ruling/{rejected.pk}/",
        "is with another moderator", "Be kind", f"/replies/appeal/sanction/{sanction.pk}/", "under the withdrawn",
        "no longer here", "answers to Otto", "Unmute",
    ):  # fmt: skip
        assert part in page, part
    assert f"/replies/appeal/ruling/{removed.pk}/" not in page
    assert not [word for word in ("Zqwithdrawn", "zqnote", cast.moderator.name, "moderation") if word in page]
    client.post("/replies/mine/", {"unfollow": Follow.objects.get(branch=root).pk})
    client.post("/replies/mine/", {"unmute": Mute.objects.get().pk})
    assert Follow.objects.get().branch is None
    assert not Mute.objects.exists()
    stranger = signed_in(cast.patron)
    stranger.post("/replies/mine/", {"unfollow": Follow.objects.get().pk})
    assert Follow.objects.exists()
    assert "it is" not in stranger.get("/replies/mine/").content.decode()


def test_wishes_are_asked_of_whom_they_concern_and_pages_follow_each_other(
    story: Any, cast: Any, signed_in: Any
) -> None:
    asked = {}
    AuthorFactory(member=cast.writer)
    for person in (cast.member, cast.writer, cast.moderator):
        page = signed_in(person).get("/replies/mine/").content.decode()
        asked[person.name] = [name for name in ("answers", "own_stories", "moderation") if f'name="{name}"' in page]
    assert list(asked.values()) == [["answers"], ["answers", "own_stories"], ["answers", "moderation"]]
    client, chosen = signed_in(cast.member), {"answers": "daily", "followed": "never", "decisions": "hourly"}
    assert client.post("/replies/mine/", {**chosen, "moderation": "hourly"}).status_code == 303
    wishes = NoticeWishes.objects.get()
    assert (wishes.answers, wishes.followed, wishes.decisions, wishes.moderation) == (
        "daily",
        "never",
        "hourly",
        "daily",
    )
    assert client.post("/replies/mine/", {**chosen, "answers": "yearly"}).status_code == 422
    for number in range(45):
        say(story, f"number {number:02}.", by=cast.member)
    met, path = [], "/replies/mine/"
    while path:
        page = client.get(path).content.decode()
        met += [number for number in range(45) if f"number {number:02}." in page]
        after = page.partition('href="?before=')[2].partition('"')[0]
        path = f"/replies/mine/?before={after}" if after else ""
    assert sorted(met) == list(range(45))
    assert Member.objects.get(pk=cast.member.pk).notices.count() == 0
