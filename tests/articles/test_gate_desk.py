"""The gate on the desk: the census counts as the gate decides, odd rules are named, walls are explained."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from itertools import product
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from articles.desk.gate import asked, facts
from articles.desk.gate.census import Census, Group, by_section, periods_at, take
from articles.desk.gate.facts import Facts, SectionFact, TierFact
from articles.desk.gate.standing import CLOSED, open_to
from articles.desk.gate.warnings import RULES, warnings
from articles.models import Article, SectionLimit
from members.gate import ANONYMOUS, STRICTNESS, Allowance, Audience, Decision, decide
from members.models import Complimentary, Grant, MeteredView, SiteRules
from members.models.rules import LONGEST_ARCHIVE_DAYS
from tests.articles.test_desk import draft, signed_in
from tests.factories import Cast, MemberFactory, SectionFactory, TierFactory, make_article, make_patron

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
GATE, WHY = "/admin/articles/gate/", "/admin/articles/gate/why/"
FULL = Allowance(switched_on=True, left=1, left_as_member=2)


def shown(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().partition("</h1>")[2])).split())


# -- Counting ------------------------------------------------------------------------------------------------------


AGES = (30 * DAY - SECOND, 30 * DAY, 400 * DAY)
RULES_OF_THE_ARCHIVE = [
    SiteRules(archive_days=days, archive_audience=audience)
    for days in (None, 0, 30, LONGEST_ARCHIVE_DAYS)
    for audience in (*Audience.values, "unheard of")
]


def test_sql_says_of_every_live_story_what_the_gate_decides(now: datetime) -> None:
    """Every audience, of public interest or not, younger than thirty days by a second, as old, and older."""
    for audience, interest, age in product([*Audience.values, "", "unheard of"], (False, True), AGES):
        make_article(audience, public_interest=interest, published_at=now - age)
    make_article("members", published_at=now + DAY)
    make_article("members", status="withdrawn")
    draft(audience="members")
    openness = {"everyone": Decision.READ, "metered": Decision.SPEND, "members": Decision.SIGN_UP}
    for rules in RULES_OF_THE_ARCHIVE:
        stories = list(Article.objects.live(now).select_related("minimum_tier").annotate(opens=open_to(rules, now)))
        assert len(stories) == 36
        for story in stories:
            terms = story.terms(rules)
            audience = Audience.EVERYONE if story.public_interest else terms.audience_at(now)
            assert story.opens == (audience if audience in STRICTNESS else CLOSED), (story, rules)
            assert decide(terms, ANONYMOUS, FULL, now) is openness.get(story.opens, Decision.SUBSCRIBE)


def test_every_number_of_the_census_leads_to_as_many_stories(cast: Cast, now: datetime) -> None:
    SiteRules.objects.create(pk=1, archive_days=30, archive_audience="members", meter_limit=3)
    sport = SectionFactory(slug="sport")
    for audience, section, days in product(("everyone", "patrons"), (sport, SectionFactory(slug="city")), (1, 400)):
        make_article(audience, section=section, published_at=now - days * DAY)
    make_article("metered", section=None, published_at=now - 900 * DAY)
    make_article("everyone", section=sport, published_at=now - 900 * DAY, public_interest=True)
    make_article("unheard of", section=sport, published_at=now + DAY)
    client, followed = signed_in(cast.editor), set[tuple[str, str]]()
    for query in ({}, {"section": sport.pk, "months": "12"}, {"section": "none"}):
        page = client.get(GATE, query).content.decode()
        links = set(re.findall(r'<a href="(/admin/articles/article/\?[^"]+)">(\d+)</a>', page))
        assert links
        for address, number in links - followed:
            listed = re.sub(r"<[^>]+>", "", client.get(unescape(address)).content.decode())
            assert re.search(rf"\b{number} stor(y|ies)\b", listed), (query, address)
        followed |= links
    assert len(followed) > 20


def test_a_story_stands_in_the_month_it_first_came_out_in_whatever_its_date_is_now(now: datetime) -> None:
    story = make_article(published_at=now - 40 * DAY)
    Article.objects.filter(pk=story.pk).update(published_at=now - DAY)
    census = take(SiteRules(), now)
    assert [census.periods[group.period].name for group in census.groups] == ["2026-09"]


@pytest.mark.parametrize("moment", ["2026-01-01", "2026-11-03", "2026-12-31"])
def test_the_periods_leave_no_gap_and_two_years_of_months_at_least(moment: str) -> None:
    periods = periods_at(datetime.fromisoformat(f"{moment}T12:00+00:00"))
    months = [period for period in periods if period.is_month]
    assert 24 <= len(months) <= 35
    assert months[0].begins.month == 1
    assert months[-1].name == moment[:7]
    years = [period.begins.year for period in periods if not period.is_month]
    assert years == list(range(years[0], months[0].begins.year))


def test_who_is_limited_to_sections_counts_only_these(cast: Cast) -> None:
    SectionLimit.objects.create(member=cast.editor, section=SectionFactory(slug="city"))
    make_article("members", section=SectionFactory(slug="city"))
    make_article("members", section=SectionFactory(slug="sport"))
    text = shown(signed_in(cast.editor), GATE)
    assert "City" in text
    assert "Sport" not in text


@pytest.mark.parametrize("query", ["section=x&months=99", "section=999999", "section=²&months=²", "months=-1"])
def test_the_census_shrugs_at_what_it_does_not_know(query: str, cast: Cast) -> None:
    make_article()
    assert signed_in(cast.editor).get(f"{GATE}?{query}").status_code == 200
    listed = "/admin/articles/article/?opens=nobody&month=9999-13"
    assert signed_in(cast.editor).get(listed).status_code == 200


# -- Odd rules -----------------------------------------------------------------------------------------------------

TIER = TierFact(1, "Supporter", 1, is_active=True, opens_archive=True, is_sold=True, has_patrons=True)
ON = {"meter_limit": 3, "meter_limit_members": 6}


def group(opens: str, stories: int = 10, **more: Any) -> Group:
    values = {"section": 1, "period": 0, "audience": opens, "public_interest": False, "tier": None, "old_interest": 0}
    return Group(opens=opens, stories=stories, **{**values, **more})


OPEN, METERED, MEMBERS, PATRONS = (group(audience) for audience in Audience.values)
ALL = (OPEN, METERED, MEMBERS, PATRONS)
HIGH = replace(TIER, pk=2, name="Guardian", rank=2)
ODD: list[tuple[str, dict[str, Any], tuple[Group, ...], dict[str, Any], str]] = [
    ("unheard of", ON, (*ALL, group(CLOSED, 1, audience="x")), {}, "1 story has an audience the gate does not know"),
    ("nothing sold", ON, ALL, {"tiers": (replace(TIER, is_sold=False),)}, "nothing is sold"),
    ("tier out of reach", ON, (*ALL, group("patrons", 2, tier=2)),
     {"tiers": (TIER, replace(HIGH, is_sold=False, is_active=False))},
     "2 stories ask for “Guardian”, a tier that is switched"),
    ("tier out of reach", ON, (*ALL, group("patrons", 2, tier=2)),
     {"tiers": (TIER, replace(HIGH, is_sold=False))}, "no price that Stripe knows"),
    ("tier out of reach", ON, (*ALL, group("patrons", 2, tier=2)),
     {"tiers": (TIER, replace(HIGH, has_patrons=False))}, "nobody reads them yet"),
    ("archive without key", {**ON, "archive_days": 30, "archive_audience": "patrons"},
     (*ALL, group("patrons", 1, audience="members")), {"tiers": (replace(TIER, opens_archive=False),)}, "no tier"),
    ("meter off", {}, ALL, {}, "10 stories are metered, but the meter is switched off"),
    ("meter idle", ON, (OPEN, MEMBERS), {}, "no live story is metered"),
    ("members get less", {"meter_limit": 3}, ALL, {}, "Members may open 0 metered stories a month"),
    ("archive idle", {**ON, "archive_days": 30}, ALL, {}, "closes nothing yet: no open story is more than 30 days old"),
    ("archive idle", {**ON, "archive_days": 30, "archive_audience": "everyone"}, ALL, {}, "it does nothing"),
    ("archive closes all", {**ON, "archive_days": 1}, (METERED, group("members", audience="everyone")), {},
     "after 1 day nothing is left"),
    ("all closed", {}, (MEMBERS, PATRONS), {}, "No live story can be read without an account"),
    ("nearly all open", ON, (group("everyone", 99), group("metered", 1)), {}, "99 of 100 live stories (99 %)"),
    ("default nobody keeps", ON, ALL[:3], {"sections": (SectionFact(1, "City", "patrons"),)},
     "“City” start as “Patrons”, but none of its 30"),
    ("gifts of nothing", {"archive_days": 9}, (OPEN,), {}, "a gift opens nothing"),
    ("interest grown old", ON, (*ALL, group("everyone", 3, public_interest=True, old_interest=2)), {},
     "2 stories have been open as of public interest"),
]  # fmt: skip


def set_up(rules: dict[str, Any], groups: tuple[Group, ...], **more: Any) -> Facts:
    values = {"tiers": (TIER, HIGH), "sections": (SectionFact(1, "City", ""),), **more}
    return Facts(rules=SiteRules(**rules), census=Census(groups, ()), **values)


@pytest.mark.parametrize(("kind", "rules", "groups", "more", "says"), ODD)
def test_a_rule_that_is_odd_says_so_and_what_to_do(
    kind: str, rules: dict[str, Any], groups: tuple[Group, ...], more: dict[str, Any], says: str
) -> None:
    warned = {each.kind: each for each in warnings(set_up(rules, groups, **more))}
    assert says in warned[kind].sentence
    assert warned[kind].address.startswith("/admin/")


def test_every_rule_has_an_example_and_is_silent_where_all_is_well() -> None:
    assert {kind for kind, *_rest in ODD} == {rule.__name__.replace("_", " ").replace("tiers", "tier").replace(
        "defaults nobody keeps", "default nobody keeps") for rule in RULES}  # fmt: skip
    assert not warnings(set_up(ON, ALL))
    assert not warnings(set_up({}, ()))
    assert not warnings(set_up({}, (OPEN,))), "a paper that is open as it came is no mistake"
    archived = group("members", audience="everyone")
    assert not warnings(set_up({**ON, "archive_days": 30}, (*ALL, archived)))


def test_page_and_home_name_what_is_odd_to_who_may_see_it(cast: Cast) -> None:
    make_article("metered")
    says = "1 story is metered, but the meter is switched off"
    assert says in shown(signed_in(cast.editor), GATE)
    assert says in shown(signed_in(cast.editor), "/admin/")
    assert says not in shown(signed_in(cast.writer), "/admin/")
    page = signed_in(cast.publisher).get(GATE).content.decode()
    assert 'href="/admin/members/siterules/"' in page
    assert 'href="/admin/members/siterules/"' not in signed_in(cast.editor).get(GATE).content.decode().partition(
        "</h1>"
    )[2], "a link nobody may follow"  # fmt: skip


def test_tiers_are_sold_and_held_as_prices_and_grants_say(cast: Cast, now: datetime) -> None:
    TierFactory(slug="high", name="High", rank=7)
    unsold = TierFactory(slug="unsold", name="Unsold", rank=8, prices=None)
    unsold.prices.update(stripe_id=None)
    by_rank = {tier.rank: tier for tier in facts.tiers_at(now)}
    assert [(by_rank[rank].is_sold, by_rank[rank].has_patrons) for rank in (1, 7, 8)] == [
        (True, True), (True, False), (False, False),
    ]  # fmt: skip


# -- Why -----------------------------------------------------------------------------------------------------------


def test_a_story_is_meant_by_address_number_or_headline(cast: Cast) -> None:
    story = make_article("members", headline="The tide table", slug="tide-table")
    client, says = (
        signed_in(cast.publisher),
        "Anybody without an account sees the sign-up wall: the story is for members",
    )
    path = story.get_absolute_url()
    change = reverse("admin:articles_article_change", args=[story.pk])
    for text in (path, f"{settings.SITE_URL}{path}", f"{path}rest/#continue", change, str(story.pk), "tide table"):
        assert says in shown(client, WHY, story=text), text
    make_article(headline="Another tide table")
    assert "Which of these stories?" in shown(client, WHY, story="tide table")
    for text in (
        "nothing like it",
        "/2026/02/31/x/",
        "https://elsewhere.example/2026/11/03/tide-table/",
        "9" * 30,
        "\0",
    ):
        assert "sees the" not in shown(client, WHY, story=text)


def test_a_member_is_meant_by_any_address_number_or_name(cast: Cast) -> None:
    story, ada = make_article("members"), MemberFactory(email="Ada@Example.org", name="Ada Lind")
    EmailAddress.objects.create(user=ada, email="second@example.org")
    client = signed_in(cast.publisher)
    for text in ("ada@example.ORG", "SECOND@example.org", str(ada.pk), "ada", "Ada Lind"):
        assert "Ada Lind reads all of it while signed in" in shown(client, WHY, story=story.pk, reader=text), text
    MemberFactory(name="Ada Berg")
    assert "Which of these members?" in shown(client, WHY, story=story.pk, reader="ada")
    assert "No member is called" in shown(client, WHY, story=story.pk, reader="nobody@example.org")


@pytest.mark.parametrize("text", ["ada@example.org", "17"])
def test_a_member_is_found_without_looking_at_every_member(text: str, cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = asked.meant(text).explain()
    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_the_facts_of_a_member_stand_below_the_sentence(cast: Cast, now: datetime) -> None:
    SiteRules.objects.create(pk=1, meter_limit=1, meter_limit_members=2)
    story, read = make_article("metered"), make_article("metered", headline="Read before")
    member = cast.member
    MeteredView.objects.create(member=member, story_id=read.pk, period="2026-11")
    MeteredView.objects.create(member=member, story_id=story.pk, period="2026-10")
    client = signed_in(cast.publisher)
    text = shown(client, WHY, story=story.pk, reader=member.pk)
    assert "Mina Member sees “Continue reading”, which opens it: the story is metered, and of 2 a month 1" in text
    assert "1 of 2 opened this month. Read before" in text
    MeteredView.objects.create(member=member, story_id=999, period="2026-11")
    assert "Mina Member sees the patrons’ wall" in shown(client, WHY, story=story.pk, reader=member.pk)
    tier = TierFactory(slug="tier-1")
    Complimentary.objects.create(member=member, tier=tier, starts_at=now - 9 * DAY, ends_at=now - DAY, reason="x")
    Grant.objects.rebuild(member)
    text = shown(client, WHY, story=make_article("patrons").pk, reader=member.pk)
    assert "Mina Member sees the patrons’ wall: the story is for patrons, and they are no patron now." in text
    assert "(Complimentary) ended Mon 2 Nov" in text
    make_patron(member)
    text = shown(client, WHY, story=story.pk, reader=member.pk)
    assert "a patron (“Tier 1”) is never counted" in text


def test_staff_and_closed_accounts_are_told_as_what_they_are(cast: Cast) -> None:
    story, client = make_article("members"), signed_in(cast.publisher)
    assert "Wanda Writer reads all of it: they work at the desk" in shown(client, WHY, story=story.pk, reader="wanda")
    cast.member.is_active = False
    cast.member.save()
    text = shown(client, WHY, story=story.pk, reader=cast.member.pk)
    assert "Mina Member sees the sign-up wall" in text
    assert "Closed: nobody can sign in with it. They read like anybody." in text


def test_what_is_not_live_says_why_it_is_not(cast: Cast, now: datetime) -> None:
    client, to_come = signed_in(cast.publisher), now + DAY
    stories = {
        "it is a draft": draft(),
        "it is ready, but nobody has put it out": draft(status="ready"),
        "it goes live on Wed 4 Nov": make_article(published_at=to_come),
        "it is under embargo and goes live on Wed 4 Nov": make_article(embargo_until=to_come, live_from=to_come),
        "it was withdrawn on Tue 3 Nov": make_article(status="withdrawn", withdrawn_at=now),
    }
    for says, story in stories.items():
        assert f"is told that there is no such page: {says}" in shown(client, WHY, story=story.pk)
        text = shown(client, WHY, story=story.pk, reader=cast.writer.pk)
        assert f"Wanda Writer sees it because they work at the desk; nobody else does: {says}" in text


def test_a_patron_is_one_of_the_tier_the_story_asks_for(cast: Cast) -> None:
    high = TierFactory(slug="high", name="High", rank=7)
    story, client = make_article("patrons", minimum_tier=high), signed_in(cast.editor)
    assert "A patron of “High” reads all of it" in shown(client, WHY, story=story.pk, **{"as": "patron"})
    text = shown(client, WHY, story=story.pk)
    assert "A patron of “Tier 1” is asked for a higher tier: the story is for patrons of “High” and above" in text
    page = client.get(reverse("admin:articles_article_change", args=[story.pk])).content.decode()
    for kind in ("", "&amp;as=member", "&amp;as=patron"):
        assert f'href="{WHY}?story={story.pk}{kind}"' in page


def test_who_may_not_see_members_is_told_of_typical_readers_alone(cast: Cast) -> None:
    story = make_article("members")
    text = shown(signed_in(cast.editor), WHY, story=story.pk, reader=cast.member.pk)
    assert "Mina" not in text
    assert "Anybody without an account sees the sign-up wall" in text
    assert "Or a certain member" not in text


def test_who_sees_no_stories_may_ask_about_what_is_live(cast: Cast) -> None:
    live, hidden = make_article("members", headline="Known"), draft(headline="Secret")
    client = signed_in(cast.manager)
    assert "Mina Member reads all of it" in shown(client, WHY, story=live.pk, reader=cast.member.pk)
    assert "Secret" not in shown(client, WHY, story=hidden.pk)
    assert "Secret" not in shown(client, WHY, story="Secret").replace("“Secret”", "")


def test_by_section_keeps_the_order_of_the_menu(now: datetime) -> None:
    census = Census((group("everyone", section=1), group("members", 5, section=2), group("members", section=None)), ())
    rows = by_section(census, {2: "Sport", 1: "City", 3: "Empty"})
    assert [(row.label, row.stories) for row in rows] == [("Sport", 5), ("City", 10), ("In no section", 10)]
