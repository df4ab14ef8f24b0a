"""What tests of replies share: a discussion, somebody's reply, a signed-in client."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.access import Poster, subject_of
from comments.models import Discussion, Reply
from comments.writing import posting
from members.gate import Reader
from members.models import Member, SiteRules
from newsroom import furniture
from tests.factories import MemberFactory, make_article

SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def story(db: None) -> Article:
    """A live story open to everybody."""
    return make_article()


@pytest.fixture
def open_rules(db: None) -> SiteRules:
    """Rules that hold nobody's first replies."""
    rules = SiteRules(pk=1, hold_first_replies=0)
    rules.save()
    return rules


@pytest.fixture
def warm_furniture() -> Any:
    """The furniture loaded and trusted, as in a process that hears of changes."""

    def warm() -> None:
        furniture.snapshot.trusted = True
        furniture.snapshot.get()

    yield warm
    furniture.snapshot.trusted = False


@pytest.fixture
def signed_in() -> Callable[[Member], Client]:
    """A browser in which the member is signed in, sending forms from our own pages."""

    def sign_in(member: Member) -> Client:
        client = Client(**SAME_ORIGIN)
        client.force_login(member)
        return client

    return sign_in


def poster(member: Member, *, on_staff: bool = False, rank: int = 0, network: str = "") -> Poster:
    """The member as one who writes."""
    return Poster(member, Reader(member.pk, rank, on_staff), network=network)


def discussion_of(story: Any) -> Discussion:
    """The story's discussion."""
    now = timezone.now()
    found = Discussion.objects.filter(story=story).first()
    return posting.discussion_of(subject_of(story, found, SiteRules.current(), now))


def say(
    story: Any,
    text: str,
    *,
    by: Member | None = None,
    under: Reply | None = None,
    status: str = Reply.Status.PUBLISHED,
    at: datetime | None = None,
    **own: Any,
) -> Reply:
    """A reply as the verbs leave it, of the given status."""
    reply: Reply = Reply.objects.write(
        discussion_of(story),
        under,
        text=text,
        posted_at=at or timezone.now(),
        author=by or MemberFactory(),
        status=status,
        announced_at=timezone.now(),
        **own,
    )
    return reply
