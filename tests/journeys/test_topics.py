"""A topic's whole way, in browsers with and without JavaScript: proposed, joined, voted on, counted, given to somebody,
written, and back to those who asked for it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article, Author, Byline
from members.models import Member, Option, Round, Topic
from members.topics import jobs
from members.topics.loop import proposals
from newsroom.groups import EDITORS, WRITERS
from tests.browser.fixtures import OpenWindow
from tests.browser.window import Window
from tests.factories import MemberFactory, SectionFactory, make_article, make_option, make_patron
from tests.journeys.almanac import Almanac, in_order, letter, letters

pytestmark = pytest.mark.browser
TITLE, ALIKE, RIVAL = "Who keeps the mooring fees", "Where the mooring fees went", "Who dredges the channel"
HEADLINE = "The mooring fees paid for a car park"
PROPOSER, TWIN, CHANGER, LEAVER, FOLLOWER = (
    f"{name}@example.org" for name in ("petra", "ole", "carla", "vera", "fia")
)  # fmt: skip


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_what_patrons_ask_for_becomes_a_story(almanac: Almanac, open_window: OpenWindow, has_script: bool) -> None:
    round_ = is_prepared()

    def seat(email: str = "", group: str | None = None) -> Window:
        window = open_window(java_script_enabled=has_script)
        if email:
            window.sign_in_as(somebody(email, group))
        return window

    proposer, desk, stranger = seat(PROPOSER), seat("edgar@example.org", EDITORS), seat()
    changer, leaver, follower = seat(CHANGER), seat(LEAVER), seat(FOLLOWER)
    proposes(proposer)
    topic = Topic.objects.get(title=TITLE)
    joins_the_alike_and_admits(desk, topic)
    opens(almanac, stranger, topic)
    votes_by_one_press(proposer)
    changes(changer)
    takes_back(leaver)
    follows(follower, topic)
    sees_the_ballot_and_the_way_in(stranger)
    result_stands_at_the_close(almanac, stranger, round_)
    result_is_stored_and_mailed_once(almanac, round_)
    gives_it_to_a_writer(desk, almanac, topic)
    story_goes_out(desk, almanac, topic)
    everybody_finds_the_story(stranger, topic)
    those_who_asked_hear_once(almanac)
    windows = (proposer, desk, stranger, changer, leaver, follower)
    assert [window.complaints for window in windows] == [[]] * len(windows)


def somebody(email: str, group: str | None = None) -> Member:
    """A patron, or somebody of the newsroom."""
    member: Member = MemberFactory(email=email, name=email.partition("@")[0].title(), group=group)
    return member if group else make_patron(member)


def is_prepared() -> Round:
    """A round that opens tomorrow with one topic on it, and a proposal that says almost the same."""
    now = timezone.now()
    round_ = Round.objects.create(
        slug="spring", question="Where do we look next?", opens_at=now + timedelta(days=1),
        closes_at=now + timedelta(days=15), choices_per_ballot=1,
    )  # fmt: skip
    make_option(round_, RIVAL)
    make_article(section=SectionFactory(slug="harbour", name="Harbour"), headline="The tide tables were wrong")
    proposals.propose(somebody(TWIN), title=ALIKE, case="They are gone.", now=now)
    writer: Member = MemberFactory(email="wanda@example.org", name="Wanda Writer", group=WRITERS)
    Author.objects.create(name="Wanda Writer", slug="wanda-writer", member=writer)
    return round_


def work(almanac: Almanac) -> None:
    """What the worker does each minute for topics."""
    jobs.close_rounds(timestamp=0)
    jobs.tell_steps(timestamp=0)
    almanac.site.work()


def proposes(proposer: Window) -> None:
    """In two fields; nobody else sees it before the desk did."""
    proposer.go("/topics/")
    proposer.follow("Propose a topic", within="main")
    in_order(proposer)
    proposer.page.get_by_label("What should we look into?").fill(TITLE)
    proposer.page.get_by_label("Why does it matter, and to whom?").fill("Every boat pays, and the quay crumbles.")
    proposer.press("Propose it")
    proposer.sees("Thank you. We read every proposal")
    assert TITLE not in proposer.site.read("/topics/")


def joins_the_alike_and_admits(desk: Window, topic: Topic) -> None:
    """Both wait in the queue; the one is joined with the other, which goes on the coming round's ballot."""
    twin = Topic.objects.get(title=ALIKE)
    desk.go("/admin/members/topic/queue/")
    desk.sees(TITLE)
    in_order(desk)
    beside = desk.page.locator(f"form[action='/admin/members/topic/{twin.pk}/do/merge/']")
    beside.locator(f"button[name=into][value='{topic.pk}']").click()
    desk.sees(f"“{ALIKE}” is joined with “{TITLE}”.")
    desk.press("Put to the vote")
    desk.sees(f"“{TITLE}” is on the ballot of “Where do we look next?”.")
    desk.sees("No proposal waits.")
    assert f"/topics/{twin.slug}/" not in desk.site.read("/topics/")


def opens(almanac: Almanac, stranger: Window, topic: Topic) -> None:
    """The kept page changes with the clock alone; whoever proposed it, or what was joined with it, hears so once."""
    stranger.go("/topics/")
    stranger.sees("No vote is open now.")
    almanac.clock.shift(timedelta(days=1, minutes=1))
    assert TITLE in almanac.site.read("/topics/")
    work(almanac)
    work(almanac)
    for email in (PROPOSER, TWIN):
        assert letters(email, "The vote is open") == 1
        letter(email, "The vote is open").says(f"It is on the ballot of “{topic.options.get().round}”.")
    letter(TWIN, "Joined with another").says(f"It asks for the same as “{TITLE}”")


def press(window: Window, name: str) -> None:
    """Press a button of the ballot, which answers in place with a script and as a page without."""
    window.press(name, within="#ballot")


def votes_by_one_press(proposer: Window) -> None:
    """From the site's menu, one press."""
    proposer.follow("Topics", within="header")
    press(proposer, f"Vote for this : {TITLE}")
    proposer.sees(TITLE, within=".your-votes")
    proposer.sees("All your votes are given")
    in_order(proposer)


def changes(changer: Window) -> None:
    """The one vote goes from one topic to the other."""
    changer.go("/topics/")
    press(changer, f"Vote for this : {RIVAL}")
    changer.sees(RIVAL, within=".your-votes")
    press(changer, f"Take back : {RIVAL}")
    expect(changer.page.locator(".your-votes")).to_have_count(0)
    press(changer, f"Vote for this : {TITLE}")
    changer.sees(TITLE, within=".your-votes")
    changer.go("/topics/")
    changer.sees(TITLE, within=".your-votes")


def takes_back(leaver: Window) -> None:
    """And nothing is left of the ballot."""
    leaver.go("/topics/")
    press(leaver, f"Vote for this : {RIVAL}")
    leaver.sees(RIVAL, within=".your-votes")
    press(leaver, f"Take back : {RIVAL}")
    leaver.sees("You have 1 vote", within=".ballot-side")
    assert not Member.objects.get(email=LEAVER).ballots.exists()


def follows(follower: Window, topic: Topic) -> None:
    """Without a vote, from the topic's page."""
    follower.go(topic.get_absolute_url())
    follower.sees("The vote is open.")
    follower.press("Follow this topic")
    follower.sees("You follow this topic.")
    in_order(follower)


def sees_the_ballot_and_the_way_in(stranger: Window) -> None:
    """Everything on it, but no button, and no word of how it stands, on any page."""
    stranger.go("/topics/")
    stranger.sees(TITLE, within="#ballot")
    stranger.sees(RIVAL, within="#ballot")
    stranger.sees("How it stands is hidden until it closes.")
    expect(stranger.page.locator("#ballot").get_by_role("link", name="Become a patron")).to_be_visible()
    expect(stranger.page.locator("#ballot").get_by_role("link", name="Sign in and vote")).to_be_visible()
    expect(stranger.page.locator("#ballot button")).to_have_count(0)
    in_order(stranger)
    for path in ("/topics/", Topic.objects.get(title=TITLE).get_absolute_url(), "/"):
        page = stranger.site.read(path)
        assert TITLE in page, path
        assert "<meter" not in page
        assert "so far" not in page


def result_stands_at_the_close(almanac: Almanac, stranger: Window, round_: Round) -> None:
    """No job ran: the clock alone closes the vote, on pages that were kept as well."""
    almanac.clock.move_to(round_.closes_at + timedelta(seconds=1))
    assert "2 votes, chosen" in almanac.site.read("/topics/")
    stranger.go("/topics/")
    won = stranger.page.locator(".tally li", has_text=TITLE)
    expect(won.locator(".tally-votes")).to_have_text("2 votes, chosen")
    expect(stranger.page.locator(".tally li", has_text=RIVAL).locator(".tally-votes")).to_have_text("0 votes")
    stranger.sees("2 ballots counted")
    stranger.sees("No vote is open now.")
    in_order(stranger)
    assert Round.objects.get(pk=round_.pk).closed_at is None


def result_is_stored_and_mailed_once(almanac: Almanac, round_: Round) -> None:
    """However often the jobs run. Whoever took the vote back asked for nothing."""
    before = almanac.site.read("/topics/").count("2 votes, chosen")
    work(almanac)
    work(almanac)
    assert Round.objects.get(pk=round_.pk).ballots_counted == 2
    assert set(Option.objects.values_list("topic__title", "votes", "is_winner")) == {
        (TITLE, 2, True),
        (RIVAL, 0, False),
    }
    assert almanac.site.read("/topics/").count("2 votes, chosen") == before == 1
    heard = {email: letters(email, "Patrons chose") for email in (PROPOSER, TWIN, CHANGER, FOLLOWER, LEAVER)}
    assert heard == {PROPOSER: 1, TWIN: 1, CHANGER: 1, FOLLOWER: 1, LEAVER: 0}
    letter(CHANGER, "Patrons chose").says("How your choices did", "2 votes, chosen")
    letter(FOLLOWER, "Patrons chose").says("How your topics did")


def gives_it_to_a_writer(desk: Window, almanac: Almanac, topic: Topic) -> None:
    """With a day, of which readers hear the month."""
    desk.go("/admin/members/topic/queue/?state=won")
    desk.page.get_by_label("Colleague").select_option("wanda@example.org")
    desk.page.get_by_label("Due").fill("2026-12-20")
    in_order(desk)
    desk.press("Assign")
    desk.sees(f"Wanda Writer is on “{TITLE}”.")
    work(almanac)
    for email in (PROPOSER, TWIN, CHANGER, FOLLOWER):
        assert letters(email, "We are on it") == 1
        letter(email, "We are on it").says("A colleague is on it. The story is due in December 2026.")
    assert "is on it." in almanac.site.read(topic.get_absolute_url())


def story_goes_out(desk: Window, almanac: Almanac, topic: Topic) -> None:
    """The writer handed it in; the editor says which topic it answers and publishes it."""
    story = make_article(
        section=SectionFactory(slug="harbour", name="Harbour"), headline=HEADLINE, status=Article.Status.READY,
        published_at=None, announced_at=None,
    )  # fmt: skip
    Byline.objects.create(article=story, author=Author.objects.get())
    desk.go(f"/admin/articles/article/{story.pk}/change/")
    desk.page.locator("summary", has_text="Details").click()
    desk.page.get_by_label("Answers the topic", exact=True).select_option(label=TITLE)
    desk.page.locator("[data-primary]").click()
    desk.sees("Published")
    work(almanac)
    assert Topic.objects.get(pk=topic.pk).status == Topic.Status.PUBLISHED


def everybody_finds_the_story(stranger: Window, topic: Topic) -> None:
    """From the front page, which says whose wish it was; from the topic; from what the vote led to."""
    stranger.go("/")
    stranger.sees(HEADLINE, within="main")
    in_order(stranger)
    stranger.follow(HEADLINE, within="main")
    stranger.sees("You asked for this.", within=".asked")
    expect(stranger.main(".asked")).to_contain_text(f"2 patrons chose the topic {TITLE}")
    in_order(stranger)
    stranger.follow(TITLE, within=".asked")
    stranger.page.wait_for_url(f"**{topic.get_absolute_url()}")
    stranger.sees("You asked for it, and here it is.")
    expect(stranger.main(".topic-story").get_by_role("link", name=HEADLINE)).to_be_visible()
    in_order(stranger)
    stranger.go("/topics/")
    expect(stranger.main(".round-came")).to_have_text(f"It became: {HEADLINE}")


def those_who_asked_hear_once(almanac: Almanac) -> None:
    """The last mail of the topic, to everybody who voted for it, follows or proposed it."""
    work(almanac)
    for email in (PROPOSER, TWIN, CHANGER, FOLLOWER):
        assert letters(email, "The story you asked for is out") == 1
        letter(email, "The story you asked for is out").says(HEADLINE, "2 patrons asked for it.")
    assert letters(LEAVER, "") == 0
