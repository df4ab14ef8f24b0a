"""Who asked for a topic hears of each step once: whom, in which words, what a killed worker leaves, how it stops."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from articles import publishing
from members.letters.sending import mailings
from members.models import Ballot, Choice, Mailing, Member, Option, Round, Topic, TopicStep
from members.topics import jobs
from members.topics.loop import following, merging, proposals, stories, telling
from members.topics.loop.telling import tell, tell_due, tell_page
from members.topics.rounds import closing
from tests.factories import Cast, MemberFactory, make_article, make_option, make_patron
from tests.members.topics.test_loop import HERE, make_round, make_topic

pytestmark = pytest.mark.django_db
Status, Kind = Topic.Status, TopicStep.Kind


def readers(number: int, **fields: Any) -> list[Member]:
    return [MemberFactory(**fields) for _ in range(number)]


def followed_by(topic: Topic, *members: Member, now: datetime) -> None:
    for member in members:
        following.follow(topic, member, now=now)


def cast_for(member: Member, *options: Option) -> None:
    ballot = Ballot.objects.create(round=options[0].round, member=make_patron(member))
    Choice.objects.bulk_create(Choice(ballot=ballot, option=option) for option in options)


def told() -> list[int]:
    """Whom mails about topics were made for, each as often as one was."""
    return sorted(Mailing.objects.filter(template__startswith="members/topic").values_list("member", flat=True))


def sent() -> list[Any]:
    """The messages of all mails, sent."""
    for mailing in Mailing.objects.order_by("pk"):
        mailings.send(mailing)
    return mail.outbox


def test_who_proposed_voted_or_follows_hears_once_of_a_step_and_nobody_else(cast: Cast, now: datetime) -> None:
    proposer, voter, follower, stopped, gone, stranger = readers(6)
    option = make_option(make_round(now, -30, -9), "Who owns the quay?", votes=1, status=Status.WON)
    topic = option.topic
    Topic.objects.update(proposed_by=proposer)
    cast_for(voter, option)
    followed_by(topic, voter, follower, stopped, gone, cast.editor, now=now)
    following.wish(stopped, wants_mail=False)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    for colleague in (cast.writer, cast.publisher):
        proposals.assign(topic, to=colleague, due_on=date(2027, 3, 9), by=cast.editor, now=now)
    assert topic.steps.untold().count() == 2
    for _turn in range(2):
        tell_due(now)
    assert told() == sorted([proposer.pk, voter.pk, follower.pk])
    assert not TopicStep.objects.untold().exists()
    assert stranger.pk not in told()


def test_a_result_is_one_mail_a_person_and_says_how_their_choices_did(cast: Cast, now: datetime) -> None:
    round_ = make_round(now, -9, 1)
    quay, herring = make_option(round_, "Who owns the quay?"), make_option(round_, "Where did the herring go?")
    one, two, follower = readers(3)
    cast_for(one, quay, herring)
    cast_for(two, quay)
    followed_by(herring.topic, follower, one, now=now)
    after = round_.closes_at
    closing.close_round(round_, now=after)
    for step in TopicStep.objects.untold():
        tell(step, now=after)
    assert told() == sorted([one.pk, two.pk, follower.pk])
    letters = {message.to[0]: message for message in sent()}
    assert letters[two.email].subject == "Patrons chose: Who owns the quay?"
    assert "2 votes, chosen" in letters[one.email].body
    assert "Where did the herring go?: 1 vote, not chosen this time" in letters[one.email].body
    assert "Where did the herring go?" not in letters[two.email].body
    assert "How your topics did" in letters[follower.email].body
    assert not Mailing.objects.filter(context__has_key="decisions"), "what they chose is forgotten once it is out"
    assert not Mailing.objects.on_the_desk().exists()


def test_a_worker_killed_between_two_pages_forgets_nobody_and_mails_nobody_twice(cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.WON)
    people = readers(7)
    followed_by(topic, *people, now=now)
    proposals.assign(topic, to=cast.writer, due_on=None, by=cast.editor, now=now)
    step = topic.steps.get()
    last = tell_page(step, after=0, now=now, page=3)
    assert (len(told()), last) == (3, people[2].pk)
    assert topic.steps.untold().exists()
    tell(step, now=now, page=3)
    assert told() == [person.pk for person in people]
    assert not topic.steps.untold().exists()
    late = MemberFactory()
    followed_by(topic, late, now=now)
    jobs.tell_step(step.pk)
    jobs.tell_steps(0)
    assert late.pk not in told()


def test_a_topic_on_a_ballot_is_told_of_once_its_round_opens(cast: Cast, now: datetime) -> None:
    topic = make_topic(proposed_by=cast.patron)
    early, coming = make_round(now, 1, 9, "early"), make_round(now, 2, 9, "coming")
    for round_ in (early, coming):
        proposals.admit(topic, round_, by=cast.editor, now=now)
    tell_due(coming.opens_at - timedelta(seconds=1))
    assert not told(), "it left the ballot of the first, and the second is not open"
    tell_due(coming.opens_at)
    assert told() == [cast.patron.pk]
    (message,) = sent()
    assert message.subject == "The vote is open: Who owns the quay?"
    assert "It is on the ballot of “What next?”." in message.body


def test_old_news_and_what_is_no_longer_so_is_told_to_nobody(cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.WON, proposed_by=cast.patron)
    proposals.assign(topic, to=cast.writer, due_on=None, by=cast.editor, now=now)
    proposals.decline(topic, reason="A court forbids it.", by=cast.editor, now=now)
    tell_due(now + telling.TOO_LATE + timedelta(seconds=1))
    assert not told()
    assert not TopicStep.objects.untold().exists()


def test_the_story_asked_for_is_told_of_once_whatever_becomes_of_it(client: Client, cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.ASSIGNED, proposed_by=cast.patron, votes=412)
    story = make_article(
        topic=topic, headline="It is ours & theirs", status="ready", published_at=None, live_from=None,
        announced_at=None,
    )  # fmt: skip
    publishing.publish(story, by=cast.editor, now=now)
    publishing.withdraw(story, reason="A mistake.", by=cast.editor, now=now)
    tell_due(now)
    assert not told(), "it is not out"
    publishing.restore(story, by=cast.editor, now=now)
    tell_due(now)
    publishing.withdraw(story, reason="Another.", by=cast.editor, now=now)
    publishing.restore(story, by=cast.editor, now=now)
    tell_due(now)
    assert told() == [cast.patron.pk]
    (message,) = sent()
    html = str(message.alternatives[0][0])
    assert message.subject == "The story you asked for is out: It is ours & theirs"
    for part in (message.body, html):
        assert f"http://testserver{story.get_absolute_url()}" in part
        assert "412 patrons asked for it." in part
        assert "What only some may read" not in part
    stop = message.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in message.body
    assert stop in html
    client.get(stop)
    assert following.wants_mail(cast.patron), "a GET never acts"
    for _turn in range(2):
        answer = client.post(stop, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "It is stopped" in answer.content.decode()) == (200, True)
    assert not following.wants_mail(cast.patron)
    assert client.post("/topics/mails/forged/").status_code == 410
    client.force_login(cast.patron)
    client.post("/topics/mine/", {"wanted": "1"}, **HERE)
    assert following.wants_mail(cast.patron)


def test_what_is_imported_or_backdated_tells_nobody(cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.WON, proposed_by=cast.patron)
    assert stories.published(topic.pk, story_id=1, headline="Old", tells=False, now=now)
    assert not stories.published(topic.pk, story_id=2, headline="Another", tells=True, now=now)
    tell_due(now)
    assert not told()


def test_joined_proposals_are_told_once_and_hear_of_the_other_from_then_on(cast: Cast, now: datetime) -> None:
    follower, old_voter = readers(2)
    option = make_option(make_round(now, -30, -9), "Ferry prices", votes=1, status=Status.NOT_CHOSEN)
    cast_for(old_voter, option)
    Topic.objects.update(proposed_by=cast.patron)
    followed_by(option.topic, follower, now=now)
    target = make_topic("Who sets the price of the ferry?", Status.NOT_CHOSEN)
    merging.merge(option.topic, into=target, by=cast.editor, now=now)
    tell_due(now)
    everybody = sorted([follower.pk, old_voter.pk, cast.patron.pk])
    assert told() == everybody
    message = sent()[0]
    assert message.subject == "Joined with another: Ferry prices"
    assert "“Who sets the price of the ferry?”" in message.body
    Mailing.objects.all().delete()
    proposals.decline(target, reason="The ferry is sold.", by=cast.editor, now=now)
    tell_due(now)
    assert told() == everybody
    assert all("The ferry is sold." in message.body for message in sent()[-3:])


def test_a_mail_is_in_its_readers_language(cast: Cast, now: datetime, settings: Any) -> None:
    Member.objects.filter(pk=cast.patron.pk).update(language="de")
    topic = make_topic(status=Status.WON, proposed_by=cast.patron)
    followed_by(topic, cast.member, now=now)
    proposals.assign(topic, to=cast.writer, due_on=date(2027, 3, 9), by=cast.editor, now=now)
    tell_due(now)
    dues = dict(Mailing.objects.values_list("member", "context__due"))
    assert dues == {cast.patron.pk: "März 2027", cast.member.pk: "March 2027"}


def test_many_are_told_in_few_queries(cast: Cast, now: datetime, django_assert_max_num_queries: Any) -> None:
    round_ = Round.objects.create(slug="many", question="Many?", opens_at=now, closes_at=now + timedelta(days=1))
    options = [make_option(round_, f"Topic {number}") for number in range(3)]
    for member in readers(30):
        cast_for(member, options[0])
    closing.close_round(round_, now=round_.closes_at)
    step = TopicStep.objects.untold().first()
    assert step is not None
    with django_assert_max_num_queries(20):
        tell(step, now=round_.closes_at)
    assert len(told()) == 30
