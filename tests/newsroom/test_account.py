"""The account: one page, the profile, gifts of stories, and a person's rights over their data."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from members import meter, story_gifts
from members.gate import Audience
from members.models import Letter, LetterSubscription, Member, Price, StoryGift, StripeCustomer, Subscription
from newsroom import erasing
from tests.factories import make_article

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def pays(member: Member, now: datetime) -> Subscription:
    customer = StripeCustomer.objects.create(member=member, stripe_id="cus_1")
    return Subscription.objects.create(
        customer=customer, stripe_id="sub_1", price=Price.objects.first(), status="active", started_at=now,
        fetched_at=now,
    )  # fmt: skip


def test_account_wants_somebody_signed_in(client: Client, db: None) -> None:
    for path in ("/account/", "/account/export/", "/account/erase/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_account_is_one_page_in_plain_sentences(client: Client, now: datetime, cast: Any) -> None:
    Letter.objects.create(slug="daily", name="The Daily")
    story_gifts.give(cast.patron, make_article(headline="A gift").pk, now=now)
    client.force_login(cast.patron)
    answer = client.get("/account/")
    page = answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert page.count("<h1") == 1
    for part in ("The Daily", "A gift", "9 more stories", "Download everything", "Sign out"):
        assert part in page
    assert "style=" not in page


def test_profile_is_kept_and_a_name_is_one_line(client: Client, cast: Any) -> None:
    client.force_login(cast.member)
    saved = client.post("/account/profile/", {"name": "  Nadia \n R. ", "language": "uk"})
    assert (saved.status_code, saved["Location"]) == (303, "/account/#profile")
    cast.member.refresh_from_db()
    assert (cast.member.name, cast.member.language) == ("Nadia R.", "uk")
    refused = client.post("/account/profile/", {"name": "n" * 81, "language": "tlh"})
    assert refused.status_code == 422
    assert "n" * 81 in refused.content.decode()


def test_export_holds_what_we_know_and_nobody_elses(client: Client, now: datetime, cast: Any) -> None:
    LetterSubscription.objects.create(
        letter=Letter.objects.create(slug="daily", name="The Daily"), member=cast.member, email=cast.member.email
    )
    client.force_login(cast.member)
    answer = client.get("/account/export/")
    assert "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["account"]["email"] == cast.member.email
    assert data["letters"][0]["letter__name"] == "The Daily"
    assert cast.patron.email not in answer.content.decode()


def test_erasing_wants_the_address_typed_and_leaves_no_trace(client: Client, now: datetime, cast: Any) -> None:
    member = cast.member
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    client.force_login(member)
    assert client.get("/account/erase/").status_code == 200
    assert client.post("/account/erase/", {"email": "wrong@example.org"}).status_code == 422
    member.refresh_from_db()
    assert member.erased_at is None
    answer = client.post("/account/erase/", {"email": member.email.upper()})
    assert answer["Location"] == "/account/erased/"
    assert client.get("/account/erased/").status_code == 200
    erased = Member.objects.get(pk=member.pk)
    assert (erased.name, erased.is_active, erased.erased_at) == ("", False, now)
    assert not EmailAddress.objects.exists()
    assert not Member.objects.filter(email=member.email).exists()
    assert client.get("/account/").status_code == 302


def test_erasing_waits_while_money_flows_and_for_people_who_work_here(now: datetime, cast: Any) -> None:
    pays(cast.patron, now)
    for member in (cast.patron, cast.editor):
        with pytest.raises(erasing.EraseError):
            erasing.erase(member, now=now)
        member.refresh_from_db()
        assert member.erased_at is None


def give(client: Client, story: Any) -> Any:
    return client.post("/gift/give/", {"story": story.pk}, **HERE)


def test_patron_gives_a_story_and_a_stranger_opens_it(client: Client, now: datetime, cast: Any) -> None:
    story = make_article(Audience.PATRONS)
    client.force_login(cast.patron)
    made = give(client, story)
    gift = StoryGift.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/gift/{gift.token}/made/")
    assert f"http://testserver/gift/{gift.token}/" in client.get(made["Location"]).content.decode()
    stranger = Client()
    assert story.headline in stranger.get(f"/gift/{gift.token}/").content.decode()
    gift.refresh_from_db()
    assert gift.openings == 0
    assert stranger.post(f"/gift/{gift.token}/", HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    for _ in range(2):  # the same browser again costs nothing
        opened = stranger.post(f"/gift/{gift.token}/", **HERE)
        assert opened["Location"] == f"{story.get_absolute_url()}rest/"
    assert meter.GIFTS_COOKIE in stranger.cookies
    gift.refresh_from_db()
    assert gift.openings == 1
    assert stranger.get(made["Location"]).status_code == 302


def test_who_may_not_read_may_not_give(client: Client, cast: Any) -> None:
    story = make_article(Audience.PATRONS)
    assert give(client, story)["Location"] == "/membership/"
    client.force_login(cast.member)
    assert give(client, story)["Location"] == "/membership/"
    client.force_login(cast.patron)
    assert client.post("/gift/give/", {"story": story.pk}).status_code == 403
    assert client.post("/gift/give/", {"story": "x"}, **HERE).status_code == 404
    assert client.get("/gift/give/").status_code == 405
    assert not StoryGift.objects.exists()


def test_ten_stories_a_month_are_given_and_the_same_one_twice_is_one(client: Client, now: datetime, cast: Any) -> None:
    stories = [make_article() for _ in range(11)]
    client.force_login(cast.patron)
    for story in (stories[0], *stories):
        give(client, story)
    assert StoryGift.objects.count() == 10
    assert "this month's ten stories" in client.get("/account/").content.decode().replace("&#x27;", "'")
    assert story_gifts.left_this_month(cast.patron, now=now + timedelta(days=40)) == 10


@pytest.mark.parametrize("reason", ["expired", "revoked", "used up"])
def test_dead_gift_says_so(client: Client, now: datetime, cast: Any, reason: str) -> None:
    gift = story_gifts.give(cast.patron, make_article(Audience.PATRONS).pk, now=now)
    if reason == "expired":
        StoryGift.objects.update(expires_at=now)
    elif reason == "used up":
        StoryGift.objects.update(openings=50)
    else:
        patron = Client()
        patron.force_login(cast.patron)
        assert patron.post(f"/gift/{gift.token}/revoke/").status_code == 303
    for answer in (client.get(f"/gift/{gift.token}/"), client.post(f"/gift/{gift.token}/", **HERE)):
        assert answer.status_code == 410
        assert "This gift is used up" in answer.content.decode()
    assert meter.GIFTS_COOKIE not in client.cookies


def test_gift_of_a_withdrawn_story_is_not_found(client: Client, now: datetime, cast: Any) -> None:
    story = make_article()
    gift = story_gifts.give(cast.patron, story.pk, now=now)
    type(story).objects.update(status="withdrawn")
    assert client.get(f"/gift/{gift.token}/").status_code == 404


def test_only_the_giver_takes_a_gift_back(client: Client, now: datetime, cast: Any) -> None:
    gift = story_gifts.give(cast.patron, make_article().pk, now=now)
    client.force_login(cast.member)
    client.post(f"/gift/{gift.token}/revoke/")
    assert StoryGift.objects.get().revoked_at is None


def test_last_opening_goes_to_one_of_two(now: datetime, cast: Any) -> None:
    gift = story_gifts.give(cast.patron, make_article().pk, now=now)
    StoryGift.objects.update(openings=49)
    assert [story_gifts.count_opening(gift, now=now) for _ in range(2)] == [True, False]
