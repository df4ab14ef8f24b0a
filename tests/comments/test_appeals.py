"""What was decided is told with its reasons, and can be appealed against once; a second moderator answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments.models import Appeal, Notice, Reply, Report, Ruling, Sanction
from comments.moderation import appeals, reports, sanctions, statements, verbs
from comments.moderation.appeals import AppealError
from members.models import AuditEntry, Member
from newsroom.groups import MODERATORS
from tests.comments.conftest import say
from tests.comments.test_concurrency import _no_jobs_left, at_once
from tests.factories import MemberFactory, make_article

__all__ = ["_no_jobs_left"]
pytestmark = pytest.mark.django_db
LIST = "admin:comments_appeal_changelist"


def removed(story: Any, by: Member, **words: str) -> Ruling:
    """A ruling that removed somebody's reply."""
    made = verbs.remove(say(story, "what I said"), by=by, now=timezone.now(), **words)
    assert made is not None
    return made


def author(ruling: Ruling) -> Member:
    """Who wrote what it is about."""
    found: Member = Reply.objects.get(pk=ruling.reply_id).author
    return found


def page_of(thing: Ruling | Sanction) -> str:
    """Its statement of reasons."""
    return reverse("reply_appeal", args=["ruling" if isinstance(thing, Ruling) else "sanction", thing.pk])


def appealed(ruling: Ruling, text: str = "I meant it well.") -> Appeal:
    """An appeal of whoever wrote."""
    return appeals.appeal(author(ruling), ruling=ruling, text=text, now=timezone.now())


def test_who_wrote_reads_what_was_decided_and_appeals_once(
    story: Any, cast: Any, signed_in: Any, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    ruling = removed(story, cast.moderator, reason="Off topic", message="It belongs under the other story.")
    client = signed_in(author(ruling))
    warm_furniture()
    with django_assert_max_num_queries(3):
        page = client.get(page_of(ruling)).content.decode()
    for words in ("Your reply was removed", ruling.reference, "what I said", "Off topic", "under the other story"):
        assert words in page
    assert "Moe" not in page
    assert not Appeal.objects.exists()
    for _twice in range(2):
        client.post(page_of(ruling), {"text": "I meant it well."}, follow=True)
    made = Appeal.objects.get()
    assert (made.member, made.text, made.ruling) == (author(ruling), "I meant it well.", ruling)
    page = client.get(page_of(ruling)).content.decode()
    assert made.reference in page
    assert "<textarea" not in page
    appeals.settle(made, by=cast.publisher, now=timezone.now(), outcome="dismissed", answer="It was off topic.")
    page = client.get(page_of(ruling)).content.decode()
    assert "The decision stands" in page
    assert "It was off topic." in page


@pytest.mark.parametrize(("text", "said"), [(" \n", "Write something first"), ("x" * 1_000_000, "at most 5000")])
def test_an_appeal_that_says_nothing_or_too_much_comes_back_as_it_was(
    text: str, said: str, story: Any, cast: Any, signed_in: Any
) -> None:
    ruling = removed(story, cast.moderator)
    answer = signed_in(author(ruling)).post(page_of(ruling), {"text": text})
    assert (answer.status_code, said in answer.content.decode(), text in answer.content.decode()) == (422, True, True)
    with pytest.raises(AppealError):
        appealed(ruling, text)
    assert not Appeal.objects.exists()


def test_a_decision_is_nobody_elses_to_read_or_to_appeal_against(story: Any, cast: Any, signed_in: Any) -> None:
    ruling, now = removed(story, cast.moderator), timezone.now()
    mute = sanctions.impose(author(ruling), "mute", by=cast.moderator, now=now, until=now + timedelta(days=7))
    approved = verbs.approve(say(story, "held", status=Reply.Status.HELD), by=cast.moderator, now=now)
    assert approved is not None
    for thing in (ruling, mute, approved):
        answer = Client().get(page_of(thing))
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True)
        for member in (cast.member, cast.moderator):
            client = signed_in(member)
            assert client.get(page_of(thing)).status_code == 404
            assert client.post(page_of(thing), {"text": "Mine!"}).status_code == 404
            with pytest.raises((LookupError, AppealError)):
                which = {"ruling" if isinstance(thing, Ruling) else "sanction": thing}
                appeals.appeal(member, text="Mine!", now=now, **which)  # type: ignore[arg-type]  # one of the two
    assert signed_in(author(approved)).get(page_of(approved)).status_code == 404  # nothing was taken
    assert signed_in(author(ruling)).get(page_of(mute)).status_code == 200
    with pytest.raises(AppealError, match="Nothing was taken"):
        appeals.appeal(author(approved), ruling=approved, text="Thanks!", now=now)
    assert not Appeal.objects.exists()


def test_what_is_over_or_older_than_six_months_is_told_without_a_box(
    story: Any, cast: Any, signed_in: Any, now: Any
) -> None:
    undone, old, just = (removed(story, cast.moderator) for _each in range(3))
    verbs.undo(undone, by=cast.moderator, now=now)
    Ruling.objects.filter(pk=old.pk).update(at=now - statements.APPEAL_WITHIN - timedelta(seconds=1))
    Ruling.objects.filter(pk=just.pk).update(at=now - statements.APPEAL_WITHIN)
    for ruling, said in ((undone, "taken back already"), (old, "within six months")):
        client = signed_in(author(ruling))
        page = client.get(page_of(ruling)).content.decode()
        assert said in page
        assert "<textarea" not in page
        answer = client.post(page_of(ruling), {"text": "Please."})
        assert answer.status_code == 422
    assert signed_in(author(just)).post(page_of(just), {"text": "Please."}).status_code == 303
    assert Appeal.objects.get().ruling == just


@pytest.mark.parametrize("kind", Sanction.Kind.values)
def test_a_sanction_is_told_with_its_reason_and_end_and_never_with_the_moderators_note(
    kind: str, cast: Any, signed_in: Any, now: Any
) -> None:
    words = {"reason": "Insulting or harassing", "note": "zqnote"}
    made = sanctions.impose(cast.member, kind, by=cast.moderator, now=now, until=now + timedelta(days=7), **words)
    client = signed_in(cast.member)
    page = client.get(page_of(made)).content.decode()
    assert made.reference in page
    assert "Insulting or harassing" in page
    assert "zqnote" not in page
    assert ("This ends by itself" in page) == (kind != "warn")
    assert client.post(page_of(made), {"text": "It was not me."}).status_code == 303
    assert Appeal.objects.get().sanction == made


def test_how_it_came_about_is_said_and_who_reported_is_not(story: Any, cast: Any, signed_in: Any) -> None:
    now = timezone.now()
    member = MemberFactory()
    reported, held = say(story, "reported", by=member), say(story, "held", by=member, status="held", rule="links")
    Report.objects.create(reply=reported, member=cast.patron, reason="spam")
    taken = [verbs.reject(each, by=cast.moderator, now=now) for each in (reported, held, say(story, "own", by=member))]
    said = ("after somebody reported", "A rule of the site had held it back", "A moderator decided it.")
    for ruling, how in zip(taken, said, strict=True):
        assert ruling is not None
        page = signed_in(member).get(page_of(ruling)).content.decode()
        assert how in page
        assert "gave no reason" in page


def test_what_a_ban_took_is_told_with_the_ban(story: Any, cast: Any, signed_in: Any) -> None:
    reply = say(story, "said")
    ban = sanctions.impose(reply.author, "ban", by=cast.moderator, now=timezone.now(), rejects_all=True)
    client = signed_in(reply.author)
    assert client.get(page_of(Ruling.objects.get())).status_code == 404
    assert client.get(page_of(ban)).status_code == 200


@pytest.mark.parametrize("outcome", Appeal.Outcome.values)
def test_a_second_moderator_answers_once_and_granting_takes_the_decision_back(
    outcome: str, story: Any, cast: Any
) -> None:
    now, reply = timezone.now(), say(story, "said")
    Report.objects.create(reply=reply, member=cast.member, reason="spam")
    ruling = verbs.remove(reply, by=cast.moderator, now=now)
    assert ruling is not None
    made = appealed(ruling)
    with pytest.raises(AppealError, match="You decided this"):
        appeals.settle(made, by=cast.moderator, now=now, outcome=outcome, answer="No.")
    for wrong in ({"outcome": "perhaps", "answer": "No."}, {"outcome": outcome, "answer": " "}):
        with pytest.raises(AppealError, match="Write an answer"):
            appeals.settle(made, by=cast.publisher, now=now, **wrong)
    with pytest.raises(AppealError, match="5000 characters"):
        appeals.settle(made, by=cast.publisher, now=now, outcome=outcome, answer="x" * 5001)
    assert appeals.settle(made, by=cast.publisher, now=now, outcome=outcome, answer="We looked again.")
    assert not appeals.settle(made, by=cast.publisher, now=now, outcome=outcome, answer="And again.")
    made.refresh_from_db()
    reply.refresh_from_db()
    ruling.refresh_from_db()
    assert (made.outcome, made.answer, made.settled_by) == (outcome, "We looked again.", cast.publisher)
    is_granted = outcome == "granted"
    assert (reply.status, ruling.undone_at is not None) == (("published", True) if is_granted else ("removed", False))
    assert Report.objects.get().outcome == ("keep" if is_granted else "remove")
    assert AuditEntry.objects.about(made).order_by("-pk")[0].verb == f"appeal.{outcome}"
    assert Notice.objects.get().about == f"appeal-{made.pk}"


def test_granting_leaves_what_was_decided_since_and_lifts_a_sanction(story: Any, cast: Any) -> None:
    now, ruling = timezone.now(), removed(story, cast.moderator)
    made = appealed(ruling)
    verbs.restore(ruling.reply, by=cast.publisher, now=now)
    verbs.reject(ruling.reply, by=cast.publisher, now=now, reason="Insulting")
    assert appeals.settle(made, by=cast.publisher, now=now, outcome="granted", answer="That one was wrong.")
    ruling.refresh_from_db()
    assert (ruling.undone_at, Reply.objects.get(pk=ruling.reply_id).status) == (now, "rejected")
    ban = sanctions.impose(author(ruling), "ban", by=cast.moderator, now=now)
    against = appeals.appeal(author(ruling), sanction=ban, text="It was not me.", now=now)
    assert appeals.settle(against, by=cast.publisher, now=now, outcome="granted", answer="Right.")
    assert not Sanction.objects.in_force(now).exists()
    with pytest.raises(AppealError, match="taken back"):
        appeals.appeal(author(ruling), sanction=ban, text="Again.", now=now)


def test_taking_a_decision_back_grants_the_appeal_that_waits(story: Any, cast: Any) -> None:
    ruling = removed(story, cast.moderator)
    made = appealed(ruling)
    assert verbs.undo(ruling, by=cast.moderator, now=timezone.now())
    made.refresh_from_db()
    assert (made.outcome, made.settled_by) == ("granted", cast.moderator)
    assert not appeals.settle(made, by=cast.publisher, now=timezone.now(), outcome="dismissed", answer="No.")


def test_a_moderator_alone_answers_against_themselves_but_never_for_themselves(
    story: Any, cast: Any, signed_in: Any
) -> None:
    ruling, now = removed(story, cast.moderator), timezone.now()
    made = appealed(ruling)
    own = verbs.remove(say(story, "own", by=cast.moderator), by=cast.publisher, now=now)
    assert own is not None
    mine = appealed(own)
    client = signed_in(cast.moderator)
    page = client.get(reverse(LIST)).content.decode()
    assert ("You decided this." in page, "Nobody answers their own" in page, "<textarea" in page) == (True, True, False)
    Member.objects.filter(pk=cast.publisher.pk).update(is_active=False)
    assert "the record says so" in client.get(reverse(LIST)).content.decode()
    with pytest.raises(AppealError, match="their own"):
        appeals.settle(mine, by=cast.moderator, now=now, outcome="granted", answer="Of course.")
    assert appeals.settle(made, by=cast.moderator, now=now, outcome="dismissed", answer="I looked again.")
    assert AuditEntry.objects.about(made).order_by("-pk")[0].reason == "Nobody else could decide."


def test_the_desk_answers_an_appeal_and_keeps_what_was_typed(story: Any, cast: Any, signed_in: Any) -> None:
    ruling = removed(story, cast.moderator, reason="Off topic")
    made = appealed(ruling)
    address = reverse("admin:comments_appeal_settle", args=[made.pk])
    sent = {"outcome": "granted", "answer": "zq" * 2600}
    answer = signed_in(cast.publisher).post(address, sent)
    assert answer.status_code == 422
    assert sent["answer"] in answer.content.decode()
    assert signed_in(cast.writer).post(address, sent).status_code == 403
    for turn in ("It is taken back.", "Somebody answered it already."):
        answer = signed_in(cast.publisher).post(address, {"outcome": "granted", "answer": "Sorry."}, follow=True)
        assert turn in answer.content.decode()
    assert "Sorry." in signed_in(cast.publisher).get(reverse(LIST), {"state": "settled"}).content.decode()
    later = removed(story, cast.moderator)
    appealed(later)
    verbs.restore(later.reply, by=cast.moderator, now=timezone.now())
    verbs.reject(later.reply, by=cast.moderator, now=timezone.now())
    for outcome, turn in (("dismissed", "The decision stands."), ("granted", "decided about the reply since")):
        Appeal.objects.filter(ruling=later).update(settled_at=None)
        address = reverse("admin:comments_appeal_settle", args=[later.appeal.pk])
        answer = signed_in(cast.publisher).post(address, {"outcome": outcome, "answer": "Hm."}, follow=True)
        assert turn in answer.content.decode()


def test_the_desk_of_appeals_costs_twelve_queries_at_any_size(
    story: Any, cast: Any, signed_in: Any, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    now = timezone.now()
    for _each in range(15):
        made = appealed(removed(story, cast.moderator))
        ban = sanctions.impose(made.member, "warn", by=cast.moderator, now=now)
        appeals.appeal(made.member, sanction=ban, text="Why?", now=now)
    client = signed_in(cast.moderator)
    warm_furniture()
    with django_assert_max_num_queries(12):
        page = client.get(reverse(LIST)).content.decode()
    assert page.count('<li class="case"') == 30


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_does(transactional_db: None) -> None:
    moderators = [MemberFactory(group=MODERATORS) for _each in range(3)]
    made = appealed(removed(make_article(), moderators[0]))

    def answer(by: Member, outcome: str) -> bool:
        found = Appeal.objects.select_related("ruling__reply").get(pk=made.pk)
        return appeals.settle(found, by=by, now=timezone.now(), outcome=outcome, answer="So be it.")

    outcomes = at_once([lambda: answer(moderators[1], "granted"), lambda: answer(moderators[2], "dismissed")])
    assert sorted(outcomes) == [False, True]
    assert reports.keep(made.ruling.reply, by=moderators[0], now=timezone.now()) == 0
