"""From a proposal to a story: what may be proposed, what readers see of it, joining two, a story that answers one."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from articles import publishing
from comments.models import Discussion
from members.models import Member, Option, Round, Topic, TopicFollow, TopicStep
from members.topics.loop import following, merging, proposals, steps
from members.topics.loop.alike import look_alikes
from members.topics.loop.steps import TopicError
from newsroom import erasing, rights
from tests.factories import AuthorFactory, Cast, MemberFactory, make_article, make_option, make_patron

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
WEEK = timedelta(days=7)
Status, Kind = Topic.Status, TopicStep.Kind
CASE = "Because nobody has asked so far."


def make_round(now: datetime, opens: int = -7, closes: int = 7, slug: str = "spring") -> Round:
    days = timedelta(days=1)
    return Round.objects.create(
        slug=slug, question="What next?", opens_at=now + opens * days, closes_at=now + closes * days
    )


def make_topic(title: str = "Who owns the quay?", status: str = Status.PROPOSED, **fields: Any) -> Topic:
    return Topic.objects.create(slug=proposals.free_slug(title), title=title, status=status, **fields)


def state(topic: Topic) -> str:
    topic.refresh_from_db()
    return topic.status


# -- Proposals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Хто доглядає за набережною?", "хто-доглядає-за-набережною"),
        ("Ποιος πληρώνει το λιμάνι;", "ποιος-πληρώνει-το-λιμάνι"),
        ("من يملك الرصيف القديم؟", "من-يملك-الرصيف-القديم"),
        ("Who\u200b owns\x00 the   quay?\u200b", "who-owns-the-quay"),
    ],
)
def test_proposals_in_any_alphabet_keep_their_letters_and_lose_what_nobody_sees(
    client: Client, cast: Cast, title: str, slug: str
) -> None:
    client.force_login(cast.patron)
    answer = client.post("/topics/propose/", {"title": title, "case": CASE}, **HERE)
    assert answer.status_code == 303
    found = Topic.objects.get()
    assert (found.slug, found.status, found.by_newsroom) == (slug, Status.PROPOSED, False)
    assert not set(found.title) & {"\u200b", "\x00"}


def test_bad_proposals_get_a_sentence_each_and_keep_their_text(client: Client, cast: Cast) -> None:
    client.force_login(cast.patron)
    long = "word " * 1000
    for title, case, said in [
        ("x", CASE, "Say in a few words"),
        ("?!… — !!!", CASE, "Say in a few words"),
        ("\u200b\u200d\u2060" * 9, CASE, "Say in a few words"),
        (long, CASE, "at most 160 characters"),
        ("Who owns the quay?", "", "why it matters"),
        ("Who owns the quay?", long, "2999 characters too long"),
        ("", "", "Say in a few words"),
    ]:
        answer = client.post("/topics/propose/", {"title": title, "case": case}, **HERE)
        page = answer.content.decode()
        assert (answer.status_code, said in page) == (422, True), (title[:20], said)
        assert title[:30].strip() in page
        assert case[:30] in page
    assert not Topic.objects.exists()


def test_the_same_proposal_twice_leads_to_the_first(client: Client, cast: Cast, now: datetime) -> None:
    make_topic("Where did the herring go?", Status.NOT_CHOSEN)
    unseen = make_topic("What is under the market?", proposed_by=MemberFactory())
    client.force_login(cast.patron)
    answer = client.post("/topics/propose/", {"title": "where did the HERRING go", "case": CASE}, **HERE)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "That is proposed already" in page
    assert 'action="/topics/where-did-the-herring-go/follow/"' in page
    assert client.post("/topics/propose/", {"title": unseen.title, "case": CASE}, **HERE).status_code == 303
    again = client.post("/topics/propose/", {"title": unseen.title, "case": CASE}, **HERE)
    assert "You proposed that already" in again.content.decode()
    assert Topic.objects.filter(title=unseen.title).count() == 2


def test_only_its_author_and_the_desk_see_what_is_proposed(client: Client, cast: Cast, now: datetime) -> None:
    idea = proposals.propose(cast.patron, title="Where did the herring go?", case=CASE, now=now)
    for who, status in [(None, 404), (cast.member, 404), (cast.patron, 200), (cast.editor, 200)]:
        browser = Client()
        if who:
            browser.force_login(who)
        assert browser.get(idea.get_absolute_url()).status_code == status
        assert browser.get(f"{idea.get_absolute_url()}follow/").status_code == status
    proposals.admit(idea, make_round(now, 2, 9), by=cast.editor, now=now)
    assert client.get(idea.get_absolute_url()).status_code == 404, "its round did not open yet"
    proposals.decline(idea, reason="We did it in May.", by=cast.editor, now=now)
    assert "We did it in May." in client.get(idea.get_absolute_url()).content.decode()
    client.force_login(cast.patron)
    own = client.get("/topics/propose/").content.decode()
    assert "Declined: We did it in May." in own


def test_staff_propose_for_the_newsroom_and_strangers_are_shown_the_way(client: Client, cast: Cast) -> None:
    fields = {"title": "Where did the herring go?", "case": CASE}
    for who in (None, cast.member):
        if who:
            client.force_login(who)
        assert "Become a patron" in client.post("/topics/propose/", fields, **HERE).content.decode()
    client.force_login(cast.writer)
    assert client.post("/topics/propose/", fields, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert not Topic.objects.exists()
    assert client.post("/topics/propose/", fields, **HERE).status_code == 303
    assert Topic.objects.get().by_newsroom


def test_words_in_common_make_topics_look_alike() -> None:
    ferry = make_topic("Why does the ferry cost so much?")
    others = [make_topic("Who sets the price of the ferry, and what does it cost?"), make_topic("Who owns the quay?")]
    found = look_alikes([ferry], [ferry, *others])[ferry.pk]
    assert [(each.topic, each.words) for each in found] == [(others[0], ["cost", "does", "ferry"])]


# -- Joining ---------------------------------------------------------------------------------------------------------


def test_joined_topics_go_on_as_one(client: Client, cast: Cast, now: datetime) -> None:
    follower, proposer = MemberFactory(), MemberFactory()
    source = make_topic("Ferry prices", Status.NOT_CHOSEN, proposed_by=proposer)
    target = make_topic("Who sets the price of the ferry?", Status.NOT_CHOSEN)
    third = make_topic("Everything about ferries", Status.NOT_CHOSEN)
    for member, topic in [(follower, source), (cast.member, source), (cast.member, target)]:
        following.follow(topic, member, now=now)
    Discussion.objects.create(topic=source)
    merging.merge(source, into=target, by=cast.editor, now=now)
    assert state(source) == Status.MERGED
    answer = client.get(source.get_absolute_url())
    assert (answer.status_code, answer["Location"]) == (301, target.get_absolute_url())
    assert set(target.follows.values_list("member", flat=True)) == {follower.pk, proposer.pk, cast.member.pk}
    assert Discussion.objects.get().topic == target
    merging.merge(target, into=third, by=cast.editor, now=now)
    assert client.get(source.get_absolute_url())["Location"] == third.get_absolute_url(), "one hop, not two"


def test_what_cannot_be_joined_says_why_and_stays(cast: Cast, now: datetime) -> None:
    topic = make_topic("Ferry prices", Status.NOT_CHOSEN)
    declined = make_topic("Declined", Status.DECLINED)
    merged = make_topic("Merged", Status.MERGED, merged_into=topic)
    unseen = make_topic("Unseen")
    running = make_option(make_round(now), "In the vote").topic
    for source, into in [(topic, topic), (topic, declined), (topic, merged), (topic, unseen), (running, topic)]:
        before = state(source)
        with pytest.raises(TopicError):
            merging.merge(source, into=into, by=cast.editor, now=now)
        assert state(source) == before
    assert not TopicStep.objects.exists()


# -- A story answers it ----------------------------------------------------------------------------------------------


def test_a_story_that_goes_out_answers_its_topic_and_says_so(client: Client, cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.ASSIGNED, votes=412)
    story = make_article(
        topic=topic, headline="It is ours", status="ready", published_at=None, live_from=None, announced_at=None
    )
    publishing.publish(story, by=cast.editor, now=now)
    assert state(topic) == Status.PUBLISHED
    step = topic.steps.get()
    assert (step.kind, step.story_id, step.note, step.told_at) == (Kind.PUBLISHED, story.pk, "It is ours", None)
    page = client.get(story.get_absolute_url()).content.decode()
    assert '<span class="number">412</span> patrons chose the topic' in page
    assert topic.get_absolute_url() in page
    assert story.get_absolute_url() in client.get(topic.get_absolute_url()).content.decode()
    publishing.withdraw(story, reason="A mistake.", by=cast.editor, now=now)
    assert state(topic) == Status.ASSIGNED
    page = client.get(topic.get_absolute_url()).content.decode()
    assert "The story was taken back" in page
    assert "It is ours" not in page
    publishing.restore(story, by=cast.editor, now=now)
    assert state(topic) == Status.PUBLISHED
    assert list(topic.steps.order_by("pk").values_list("kind", flat=True)) == ["published", "withdrawn", "published"]


def test_a_topic_set_on_a_story_that_is_out_is_answered_and_one_taken_off_is_not(cast: Cast, now: datetime) -> None:
    first, second = make_topic("First one", Status.WON), make_topic("Second one", Status.ASSIGNED)
    story = make_article(topic=None)
    for topic, states in [
        (first, (Status.PUBLISHED, Status.ASSIGNED)), (second, (Status.ASSIGNED, Status.PUBLISHED)),
        (None, (Status.ASSIGNED, Status.ASSIGNED)),
    ]:  # fmt: skip
        story.topic = topic
        publishing.correct(story, by=cast.editor, now=now, stamp=False)
        assert (state(first), state(second)) == states
    publishing.correct(story, by=cast.editor, now=now, stamp=False)
    assert TopicStep.objects.count() == 4


def test_a_backdated_story_answers_its_topic_and_tells_nobody(cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.WON)
    story = make_article(
        topic=topic, status="ready", published_at=now - WEEK, live_from=None, announced_at=None, published_on=None
    )
    publishing.publish(story, by=cast.editor, now=now)
    assert state(topic) == Status.PUBLISHED
    assert topic.steps.get().told_at == now


def test_one_of_two_answers_withdrawn_leaves_the_topic_answered(cast: Cast, now: datetime) -> None:
    topic = make_topic(status=Status.PUBLISHED)
    story, _other = make_article(topic=topic), make_article(topic=topic)
    publishing.withdraw(story, reason="A mistake.", by=cast.editor, now=now)
    assert state(topic) == Status.PUBLISHED


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"votes": 1}, "1</span> patron chose the topic"),
        ({}, "It answers a topic that a patron proposed:"),
        ({"by_newsroom": True}, "It answers the topic"),
    ],
)
def test_a_story_says_truly_who_asked_for_it(client: Client, fields: dict[str, Any], said: str) -> None:
    story = make_article(topic=make_topic(status=Status.PUBLISHED, **fields))
    page = client.get(story.get_absolute_url()).content.decode()
    assert said in page
    assert ("You asked for this." in page) is not fields.get("by_newsroom", False)


# -- Its page --------------------------------------------------------------------------------------------------------


def test_the_page_tells_what_was_and_what_is_to_come(client: Client, cast: Cast, now: datetime) -> None:
    past = make_round(now, -60, -30, "past")
    Round.objects.update(closed_at=past.closes_at)
    topic = make_option(past, "Who owns the quay?", votes=3, status=Status.NOT_CHOSEN, proposed_at=now - 9 * WEEK).topic
    Option.objects.create(round=make_round(now), topic=topic)
    Topic.objects.update(status=Status.IN_VOTE)
    page = client.get(topic.get_absolute_url()).content.decode()
    lines = ["Proposed by a patron", "Put to the vote", "Not chosen, with 3 votes", "Put to the vote", "vote closes"]
    places = [page.index(lines[0])]
    for line in lines[1:]:
        places.append(page.index(line, places[-1]))
    assert "votes so far" not in page, "hidden until the close"
    Option.objects.filter(votes=None).update(votes=5, is_winner=True)
    Topic.objects.update(status=Status.WON)
    Round.objects.filter(slug="spring").update(closes_at=now, closed_at=now)
    steps.take(
        topic, Kind.ASSIGNED, {Status.WON}, at=now, by=cast.editor, assigned_to=cast.writer, due_on=date(2027, 3, 9)
    )
    page = client.get(topic.get_absolute_url()).content.decode()
    assert "A colleague is on it." in page
    assert "Due in March 2027." in page
    assert cast.writer.name not in page, "who signs no stories is not named"
    AuthorFactory(name="Wanda Ink", slug="wanda", member=cast.writer)
    assert '<a href="/author/wanda/">Wanda Ink</a> is on it.' in client.get(topic.get_absolute_url()).content.decode()


def test_a_result_shows_at_the_deadline_with_no_worker(client: Client, now: datetime) -> None:
    topic = make_option(make_round(now, -7, 0), "Who owns the quay?").topic
    assert "Not chosen, with 0 votes" in client.get(topic.get_absolute_url()).content.decode()


def test_following_is_one_press_and_taken_back_by_one(client: Client, cast: Cast) -> None:
    topic = make_topic(status=Status.WON)
    address = f"{topic.get_absolute_url()}follow/"
    assert client.post(address, {"wanted": "1"}, **HERE)["Location"].startswith("/accounts/login/?next=%2Ftopics%2F")
    client.force_login(cast.member)
    client.get(address)
    assert not TopicFollow.objects.exists(), "a GET never acts"
    assert "Follow this topic" in client.get(topic.get_absolute_url()).content.decode()
    for _turn in range(2):
        assert client.post(address, {"wanted": "1"}, **HERE)["Location"] == f"{topic.get_absolute_url()}#follow"
    assert TopicFollow.objects.get().member == cast.member
    assert "You follow this topic." in client.get(topic.get_absolute_url()).content.decode()
    assert topic.title in client.get("/topics/mine/").content.decode()
    client.post(address, {"wanted": "0"}, **HERE)
    assert not TopicFollow.objects.exists()
    assert client.post(address, {"wanted": "1"}, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


# -- Rights ----------------------------------------------------------------------------------------------------------


def test_an_erased_proposer_takes_the_name_along_and_leaves_what_others_asked_for(
    client: Client, now: datetime
) -> None:
    member: Member = make_patron(MemberFactory())
    out = make_topic("Out in the open", Status.NOT_CHOSEN, proposed_by=member)
    joined = make_topic("Joined by another", proposed_by=member)
    make_topic("Of another", Status.MERGED, merged_into=joined, proposed_by=MemberFactory())
    make_topic("Alone with its author", proposed_by=member)
    following.follow(out, member, now=now)
    following.wish(member, wants_mail=False)
    exported = rights.export(member)
    assert {row["title"] for row in exported["proposals"]} == {out.title, joined.title, "Alone with its author"}
    assert [row["topic__title"] for row in exported["followed topics"]] == [out.title]
    erasing.erase(member, now=now)
    assert set(Topic.objects.values_list("title", flat=True)) == {out.title, joined.title, "Of another"}
    assert not Topic.objects.filter(proposed_by=member).exists()
    assert "Proposed by a patron" in client.get(out.get_absolute_url()).content.decode()
