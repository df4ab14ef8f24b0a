"""The walk: what is behind the cut stands on no address that its reader may not read it on.

One story per audience carries a word after its cut, and a reply under it quotes another. Every public
address is asked as anonymous, member and patron, as a page and as a fragment, and nothing acts on GET.
"""

from typing import Any

import pytest
from django.test import Client

from articles.models import Article
from comments.models import Reply
from members.gate import Audience
from members.models import Ballot, LetterSubscription, Member, MeteredView, Payment, StoryGift, Topic
from tests.test_architecture import public_patterns
from tests.world import ADDRESSES, World, local, marker, reply_marker

READABLE = {
    "anonymous": {Audience.EVERYONE},
    "member": {Audience.EVERYONE, Audience.MEMBERS},
    "patron": set(Audience),
}
ACTS_NEVER = (Article, Reply, Member, MeteredView, Ballot, LetterSubscription, StoryGift, Topic, Payment)


@pytest.fixture
def world(cast: Any) -> World:
    """The paper of the walk."""
    return World.make()


def client_of(who: str, cast: Any) -> Client:
    """A browser, signed in as one of the cast."""
    client = Client(headers={"accept": "text/html"})
    if who != "anonymous":
        client.force_login(getattr(cast, who))
    return client


def words_withheld(who: str) -> list[str]:
    """The words this reader must meet nowhere."""
    hidden = [audience for audience in Audience if audience not in READABLE[who]]
    return [word for audience in hidden for word in (marker(audience), reply_marker(audience))]


def read(client: Client, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Status and everything that was said, headers included."""
    answer = getattr(client, method)(local(path), headers=headers)
    said = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, said.decode("utf-8", "replace") + str(answer.headers)


def test_every_public_address_is_in_the_walk() -> None:
    names = {pattern.name for _route, pattern in public_patterns()}
    assert names == set(ADDRESSES)


@pytest.mark.django_db
@pytest.mark.parametrize("who", READABLE)
def test_what_is_behind_the_cut_stands_on_no_address(who: str, cast: Any, world: World) -> None:
    client, leaks, errors = client_of(who, cast), [], []
    for name, paths in ADDRESSES.items():
        for path in paths(world):
            for fragment in ({}, {"X-Fragment": "1"}):
                status, said = read(client, "get", path, **fragment)
                if name == "search":  # the page says back what was asked
                    said = said.replace(path.partition("q=")[2], "")
                leaks += [f"{path} says {word}" for word in words_withheld(who) if word in said]
                if status >= 500:
                    errors.append(f"{path}: {status}")
    assert not leaks
    assert not errors


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["member", "patron"])
def test_what_a_reader_may_read_is_on_the_storys_page(who: str, cast: Any, world: World) -> None:
    client = client_of(who, cast)
    for audience in READABLE[who]:
        story = world.stories[audience]
        assert marker(audience) in read(client, "get", story.get_absolute_url())[1]


@pytest.mark.django_db
@pytest.mark.parametrize("who", READABLE)
def test_get_and_head_change_nothing_on_any_address(who: str, cast: Any, world: World) -> None:
    client = client_of(who, cast)
    before = state()
    for paths in ADDRESSES.values():
        for path in paths(world):
            read(client, "get", path)
            read(client, "head", path)
    assert state() == before


def state() -> dict[str, list[Any]]:
    """Every row of what a reader can change."""
    fields = {"password", "last_login"}
    return {
        model.__name__: [
            {key: value for key, value in row.items() if key not in fields}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in ACTS_NEVER
    }


@pytest.mark.django_db
def test_story_that_is_not_live_is_on_no_address(cast: Any, world: World) -> None:
    story = world.stories[Audience.EVERYONE]
    Article.objects.filter(pk=story.pk).update(live_from=None, status=Article.Status.DRAFT)
    story.refresh_from_db()
    client = client_of("patron", cast)
    for paths in ADDRESSES.values():
        for path in paths(world):
            asked = path.partition("q=")[2] or path  # the search page says back what was asked
            assert marker(Audience.EVERYONE) not in read(client, "get", path)[1].replace(asked, ""), path
    assert read(client, "get", path_of(story))[0] == 404


def path_of(story: Article) -> str:
    """Its public address, live or not."""
    return f"/{story.published_on:%Y/%m/%d}/{story.slug}/"
