"""What a tier gives besides its rank: the archive, replies; and the days of grace, told but closing nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.models import Reply
from members.gate import Reader
from members.models import Complimentary, Grant, Member, SiteRules, Tier
from members.readers import reader_of
from tests.factories import MemberFactory, make_article
from tests.members.money.till import SAME_ORIGIN, make_tiers

pytestmark = pytest.mark.django_db


def patron_of(*slugs: str, **tier_fields: Any) -> Member:
    """A member with complimentary access to each tier; `tier_fields` are set on all of them."""
    member: Member = MemberFactory()
    now = timezone.now()
    for tier in Tier.objects.filter(slug__in=slugs):
        Tier.objects.filter(pk=tier.pk).update(**tier_fields)
        Complimentary.objects.create(member=member, tier=tier, ends_at=now + timedelta(days=9))
    Grant.objects.rebuild(member, now=now)
    return member


def reader(member: Member) -> Reader:
    return Member.objects.with_standing(timezone.now()).get(pk=member.pk).as_reader()


@pytest.fixture(autouse=True)
def tiers(db: None, now: Any) -> None:
    make_tiers()


@pytest.fixture
def old_story() -> Article:
    """A story that everybody could read, and that the archive's rule has closed to all but patrons."""
    SiteRules.objects.create(pk=1, archive_days=30, archive_audience="patrons")
    text = '<p>Open.</p><hr data-paywall="here"><p>zqhidden</p>'
    then = timezone.now() - timedelta(days=90)
    return make_article("everyone", slug="old", full_text=text, published_at=then)


def test_standing_is_read_in_one_query(django_assert_num_queries: Any) -> None:
    member = patron_of("tier-1", "tier-2")
    with django_assert_num_queries(1):
        assert reader(member) == Reader(member.pk, rank=2, opens_archive=True, may_reply=True)


def test_any_covering_tier_that_gives_a_right_gives_it() -> None:
    member = patron_of("tier-1", "tier-2")
    Tier.objects.filter(slug="tier-2").update(opens_archive=False, may_reply=False)
    assert (reader(member).opens_archive, reader(member).may_reply) == (True, True)
    Tier.objects.update(opens_archive=False, may_reply=False)
    assert (reader(member).opens_archive, reader(member).may_reply) == (False, False)


def test_a_grant_that_is_over_gives_no_right() -> None:
    member = patron_of("tier-1")
    later = Member.objects.with_standing(timezone.now() + timedelta(days=10)).get(pk=member.pk).as_reader()
    assert (later.rank, later.opens_archive, later.may_reply, later.in_grace) == (0, False, False, False)


@pytest.mark.parametrize(("source", "told"), [("subscription", True), ("complimentary", False)])
def test_grace_is_told_of_a_subscription_alone(source: str, told: bool) -> None:
    member = patron_of("tier-1")
    Grant.objects.filter(member=member).update(reason="grace", source=source)
    assert reader(member).in_grace is told


def test_a_patron_without_the_archive_meets_the_wall_that_says_so(old_story: Article, client: Client) -> None:
    client.force_login(patron_of("tier-1", opens_archive=False))
    text = client.get(old_story.get_absolute_url()).content.decode()
    assert "zqhidden" not in text
    assert "This story is in the archive" in text
    client.force_login(patron_of("tier-2"))
    assert "zqhidden" in client.get(old_story.get_absolute_url()).content.decode()


def test_a_patron_whose_tier_may_not_reply_reads_which_one_may(client: Client) -> None:
    SiteRules.objects.create(pk=1, reply_right="patrons")
    story = make_article("everyone", slug="fresh")
    client.force_login(patron_of("tier-1", may_reply=False))
    path = f"/replies/to/story/{story.pk}/"
    answer = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "writing them comes with another" in text
    assert "Patron" in text
    assert client.post(path, {"comment": "Hello there"}, **SAME_ORIGIN).status_code == 403
    assert Reply.objects.count() == 0
    client.force_login(patron_of("tier-2"))
    assert client.get(path).status_code == 200


def test_signing_in_within_a_request_knows_the_rights_too(rf: Any, settings: Any) -> None:
    member = patron_of("tier-1", may_reply=False)
    request = rf.get("/")
    request.user, request.COOKIES[settings.SESSION_COOKIE_NAME] = Member.objects.get(pk=member.pk), "x"
    assert reader_of(request).may_reply is False
