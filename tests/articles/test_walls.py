"""What walls and asks say to whom: no figure that is wrong for the reader, one ask a page, the way back kept."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from articles.models import Article
from members.meter import STORY_TO_OPEN
from members.models import Complimentary, Grant, Price, SiteRules, StoryGift, Tier
from tests.factories import Cast, MemberFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db
KEPT = "What only some may read."
HERE: dict[str, Any] = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture(autouse=True)
def _paper(db: None, now: datetime) -> None:
    text = {"appeal_title": "The site asks", "appeal_text": "From {from_price}."}
    rules = {"name": "The Lantern", "meter_limit": 3, "meter_limit_members": 5, **text}
    SiteRules.objects.update_or_create(pk=1, defaults=rules)


def tiers() -> tuple[Tier, Tier, Tier]:
    """The first without the archive, the second, and a third that nobody can pay for; 5, 10 and 15 € a month."""
    first, second, third = (tier(rank) for rank in (1, 2, 3))
    Tier.objects.filter(pk=first.pk).update(opens_archive=False, perks="Perk 1\nPerk 2")
    Price.objects.filter(tier=third).update(stripe_id=None)
    return first, second, third


def tier(rank: int) -> Tier:
    """The tier of the rank, 5 € a month for each step; the cast's own for the first."""
    made: Tier = TierFactory(slug=f"tier-{rank}", name=f"Tier {rank}", rank=rank)
    return made


def text_of(html: str, name: str = "wall") -> str:
    """The words of the page's wall (or appeal) in one line; empty where there is none."""
    found = re.search(rf'<section class="{name}[^>]*>(.*?)</section>', html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()).replace("\u00a0", " ") if found else ""


def wall(client: Client, story: Article, path: str = "") -> str:
    """The words of the wall at a story, of which the rest is kept."""
    html = client.get(story.get_absolute_url() + path).content.decode()
    assert KEPT not in html
    return text_of(html)


def go_on(client: Client, story: Article) -> str:
    """Press *Continue reading*; the page that comes."""
    return client.post(f"{story.get_absolute_url()}rest/", follow=True, **HERE).content.decode()


def test_a_patrons_wall_names_the_lowest_price_that_opens_this_story(client: Client, cast: Cast) -> None:
    _first, second, third = tiers()
    said = wall(client, make_article("patrons"))
    assert "5 € a month, stop" in said
    assert "Perk 1" in said
    assert "archive" not in said
    said = wall(client, make_article("patrons", minimum_tier=second))
    assert "10 € a month as “Tier 2”" in said
    assert "5 € a" not in said
    assert "€" not in wall(client, make_article("patrons", minimum_tier=third))
    client.force_login(cast.patron)
    assert "10 € a month as “Tier 2” opens it" in wall(client, make_article("patrons", minimum_tier=second))


def test_a_wall_of_the_archive_says_so(client: Client, now: datetime, cast: Cast) -> None:
    tiers()
    old = make_article(published_at=now - timedelta(days=31))
    SiteRules.objects.update(archive_days=30, archive_audience="members")
    assert "Stories older than 30 days are for readers with an account." in wall(client, old)
    SiteRules.objects.update(archive_audience="patrons")
    said = wall(client, old)
    assert "Stories older than 30 days are for patrons." in said
    assert "10 € a month as “Tier 2”" in said
    client.force_login(cast.patron)
    said = wall(client, old)
    assert "Stories older than 30 days open with another tier than yours." in said
    assert "10 € a month as “Tier 2” opens it" in said


def test_a_used_up_meter_is_told_in_the_readers_own_figures(client: Client, cast: Cast) -> None:
    tier(1)
    stories = [make_article("metered") for _ in range(6)]
    first = text_of(client.get(stories[0].get_absolute_url()).content.decode())
    assert "3 stories like this are free for everybody each month." in first
    assert "left" not in first
    for story in stories[:3]:
        assert KEPT in go_on(client, story)
    said = text_of(go_on(client, stories[3]))
    assert said.startswith("You have read your 3 free stories of November 2 more are free with an account")
    assert "and read all of them The count starts anew on 1 December." in said
    assert "€" not in said
    SiteRules.objects.update(meter_limit_members=0)
    said = text_of(go_on(client, stories[3]))
    assert "Without paying you read on from 1 December" in said
    assert "with an account" not in said
    SiteRules.objects.update(meter_limit_members=5)
    client.force_login(cast.member)
    said = text_of(client.get(stories[0].get_absolute_url()).content.decode())
    assert "With your account 5 stories like this are free each month. You have 5 left in November." in said


def test_a_reader_of_a_crowded_network_is_not_told_of_stories_they_never_read(client: Client) -> None:
    from django.core.cache import cache

    story = make_article("metered")
    cache.set("meter:127.0.0.0/24:20261103", 10_000)
    said = text_of(go_on(client, story))
    assert "from your network" in said
    assert "5 stories like this" in said
    assert "You have read" not in said


def ask(client: Client, story: Article, path: str = "", **headers: Any) -> str:
    """The words of the appeal under a story."""
    html = client.get(story.get_absolute_url() + path, **headers).content.decode()
    assert html.count('class="appeal"') <= 1
    return text_of(html, "appeal")


def test_the_ask_is_for_its_reader_and_there_is_one(client: Client, now: datetime, cast: Cast) -> None:
    given, story = tier(1), make_article()
    assert ask(client, story).startswith("The site asks From 5 €. Become a patron")
    client.force_login(cast.member)
    assert ask(client, story).startswith("You read us with a free account")
    lapsed = MemberFactory()
    Complimentary.objects.create(
        member=lapsed, tier=given, starts_at=now - timedelta(days=200), ends_at=now - timedelta(days=153), reason="kind"
    )
    Grant.objects.rebuild(lapsed)
    client.force_login(lapsed)
    said = ask(client, story)
    assert said.startswith("You were a patron until 3 June")
    assert "From 5 €." in said
    client.force_login(cast.patron)
    assert ask(client, story).startswith("Thank you")
    assert "data-dismissible" not in client.get(story.get_absolute_url()).content.decode()
    client.force_login(cast.writer)
    assert ask(client, story) == ""
    client.logout()
    assert ask(client, make_article("patrons")) == ""
    assert ask(client, make_article(shows_appeal=False)) == ""


def test_the_third_counted_story_of_a_week_asks_in_the_fragment_alone(client: Client) -> None:
    stories = [make_article("metered") for _ in range(3)]
    for story in stories[:2]:
        assert "often" not in text_of(go_on(client, story), "appeal")
    page = client.get(stories[2].get_absolute_url()).content.decode()
    assert re.search(r'<section class="appeal"[^>]* hidden>', page)
    go_on(client, stories[2])
    assert ask(client, stories[2]).startswith("The site asks")
    for headers in ({}, {"headers": {"X-Fragment": "1"}}):
        said = ask(client, stories[2], "rest/", **headers)
        assert said.startswith("You are here often. Would you join us? You have opened 3 of")


def test_a_section_asks_in_its_own_words_and_the_desk_minds_the_price(client: Client, cast: Cast) -> None:
    tier(1)
    story = make_article()
    client.force_login(cast.publisher)
    address = f"/admin/articles/section/{story.section_id}/change/"
    assert "Today that is 5\u00a0€." in client.get(address).content.decode()
    form = {"name": "City", "slug": "city", "position": 0, "is_in_menu": "on", "appeal_title": "The city asks"}
    refused = client.post(address, {**form, "appeal_text": "From {price}."})
    assert "“{price}” stands for nothing here" in refused.content.decode()
    warned = client.post(address, {**form, "appeal_text": "Only 4 € <b>a month</b>."}, follow=True)
    assert "The appeal names “4 €”, typed by hand" in warned.content.decode()
    plain = client.post(address, {**form, "appeal_text": "Here from {from_price}."}, follow=True)
    assert "typed by hand" not in plain.content.decode()
    assert ask(Client(), story).startswith("The city asks Here from 5 €.")


def test_discover_stands_on_open_stories_and_mentions_no_archive_that_is_open(client: Client) -> None:
    story = make_article()
    said = text_of(client.get(story.get_absolute_url()).content.decode(), "discover")
    assert "archive" not in said
    SiteRules.objects.update(archive_days=90, archive_audience="members")
    assert "archive" in text_of(client.get(story.get_absolute_url()).content.decode(), "discover")
    assert text_of(client.get(make_article("members").get_absolute_url()).content.decode(), "discover") == ""


def test_wrong_code_and_lost_session_keep_the_way_back(client: Client) -> None:
    story = make_article("members")
    back = f"{story.get_absolute_url()}#continue"
    sent = client.post("/letters/discover/", {"email": "ann@example.org", "next": back, "story": story.pk}, **HERE)
    assert client.session[STORY_TO_OPEN] == story.pk
    page = sent["Location"]
    wrong = client.post("/accounts/login/code/confirm/", {"code": "000000", "next": back})
    assert f'name="next" value="{back}"' in wrong.content.decode()
    assert f'href="/accounts/login/?next={story.get_absolute_url()}%23continue"' in client.get(page).content.decode()
    client.cookies.clear()
    for lost in (client.get(page), client.post("/accounts/login/code/confirm/", {"code": "1", "next": back})):
        assert lost.status_code == 302
        assert f'value="{back}"' in client.get(lost["Location"]).content.decode()


def test_who_may_read_anyway_uses_up_no_gift_and_a_gift_gives_no_gift(
    client: Client, now: datetime, cast: Cast
) -> None:
    story = make_article("patrons", minimum_tier=TierFactory(slug="keeper", name="Keeper", rank=2))
    gift = StoryGift.objects.create(
        patron=cast.editor, story_id=story.pk, token="a" * 32, expires_at=now + timedelta(days=5)
    )
    client.force_login(cast.writer)
    client.post(f"/gift/{gift.token}/", **HERE)
    assert StoryGift.objects.get().openings == 0
    client.force_login(cast.patron)
    client.post(f"/gift/{gift.token}/", **HERE)
    assert StoryGift.objects.get().openings == 1
    assert KEPT in client.get(f"{story.get_absolute_url()}rest/").content.decode()
    assert 'class="give"' not in client.get(f"{story.get_absolute_url()}rest/").content.decode()
    assert client.post("/gift/give/", {"story": story.pk}, **HERE)["Location"] == "/membership/"
    for forged in ("x" * 4000, "%00", "a%2F..%2Fb", "é"):
        assert client.get(f"/gift/{forged}/").status_code == 404


def test_gifts_of_the_month_are_listed_with_what_became_of_them(client: Client, now: datetime, cast: Cast) -> None:
    client.force_login(cast.patron)
    for name in ("Running", "Stopped", "Over"):
        client.post("/gift/give/", {"story": make_article("patrons", headline=name).pk}, **HERE)
    over, stopped, running = StoryGift.objects.order_by("-pk")
    assert running.expires_at == now + timedelta(days=5)
    StoryGift.objects.filter(pk=over.pk).update(expires_at=now, openings=2)
    client.post(f"/gift/{stopped.token}/revoke/")
    page = " ".join(client.get("/account/").content.decode().split())
    assert "opened 0 of 50 times, until 8 November" in page
    assert "opened 2 of 50 times, was good until 3 November" in page
    assert "stopped on 3 November" in page
    assert page.count("/revoke/") == 1
    shown = Client().get(f"/gift/{running.token}/").content.decode()
    assert "A patron gives you this story" in shown
    assert cast.patron.name not in shown
    assert KEPT not in shown
