"""The content API: documented as it answers, in pages, through the gate; a key reads what its right reads, no more."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from articles.api import answers
from articles.models import Article, Byline, Correction, Picture, RelatedLink, Tag
from members.api import keys
from members.models import ApiKey, AuditEntry, Member, Tier
from newsroom import caching
from tests.factories import AuthorFactory, Cast, SectionFactory, TierFactory, make_article
from tests.surfaces.door import Browser, Door, listening
from tests.surfaces.people import HIGHER, STORIES, whole_world
from tests.test_architecture import public_patterns
from tests.world import ADDRESSES, World, local, marker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
STORY = "/api/v1/stories/"


@pytest.fixture
def world(cast: Cast, now: datetime) -> World:
    """The paper of the walks, with a story for the higher tier."""
    return whole_world()


@pytest.fixture
def door() -> Iterator[Door]:
    """The front door with its page cache."""
    door = Door()
    caching.trust_followers(True)
    with listening(door):
        yield door
    caching.trust_followers(False)


def bearer(by: Member, rank: int | None, now: datetime) -> dict[str, str]:
    """The header of a new key that reads as a patron of a tier of `rank`, or as anybody."""
    tier = TierFactory(slug=f"tier-{rank}", name=f"Tier {rank}", rank=rank) if rank else None
    return {"Authorization": f"Bearer {keys.make(ApiKey(name=f'Of {rank}', tier=tier), by=by, now=now)}"}


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document with shapes that allow nothing they do not name."""
    shapes = document["components"]["schemas"]
    closed = {name: {**shape, "additionalProperties": False} for name, shape in shapes.items()}
    return {**document, "components": {**document["components"], "schemas": closed}}


def test_every_address_is_documented_and_answers_as_it_is_documented(world: World, now: datetime, cast: Cast) -> None:
    client, document = Client(), json.loads(Client().get("/api/openapi.json").content)
    validate(document)
    ours_are = [route.removeprefix("api") for route, _url in public_patterns() if route.startswith("api/v1/")]
    routes = {re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", route) for route in ours_are}
    for ours, theirs in (("{pk}", "{id}"), ("{published_on}", "{year}/{month}/{day}")):
        routes = {route.replace(ours, theirs) for route in routes}
    assert set(document["paths"]) == routes

    text = f'<figure data-picture="{_prepared("inside").key}"></figure>'
    of_it = {"section": world.section, "series": world.series, "lead_picture": _prepared("rich"), "updated_at": now}
    rich = make_article(slug="rich", full_text=text, **of_it)
    RelatedLink.objects.create(article=rich, url="https://example.org/report")
    RelatedLink.objects.create(article=rich, story=world.stories["everyone"])
    Correction.objects.create(article=rich, text="It was 2006.", kind=Correction.Kind.values[0])
    Article.objects.filter(pk=world.stories["members"].pk).update(status="withdrawn", withdrawal_reason="It was wrong.")
    seen = set()
    paths = [local(path) for name, made in ADDRESSES.items() if name.startswith("api_") for path in made(world)]
    for path in [*paths, f"{STORY}{rich.pk}/", f"{STORY}?limit=2", f"{STORY}?limit=0", "/api/v1/tags/nobody/"]:
        answer = client.get(path, headers=bearer(cast.publisher, None, now) if path == "/api/v1/" else {})
        shape = _shape_of(document, path) if answer.status_code == 200 else "Trouble"
        seen.add((answer.status_code, answer["Content-Type"]))
        if shape:
            schema = {**strict(document), "$ref": f"#/components/schemas/{shape}"}
            checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
            assert [error.message for error in checker.iter_errors(answer.json())] == [], path
    problem = "application/problem+json"
    assert seen == {(200, "application/json"), (400, problem), (404, problem), (410, problem)}

    told = client.get(f"{STORY}{rich.pk}/").json()
    assert [correction["text"] for correction in told["corrections"]] == ["It was 2006."]
    assert [link["publisher"] for link in told["related"]] == ["example.org", ""]
    addresses = re.findall(r'(?:href|src)="([^"]*)"|srcset="([^"]*)"', told["content_html"])
    plain = [part.strip() for pair in addresses for part in "".join(pair).split(",")]
    assert len(plain) > 4
    assert all(address.startswith("http://testserver/") for address in plain)


def test_key_reads_what_its_right_reads_and_leaves_nothing_behind(world: World, now: datetime, cast: Cast,
                                                                  door: Door) -> None:  # fmt: skip
    rights = {None: {"everyone"}, 1: {"everyone", "metered", "members", "patrons"}, 2: set(STORIES)}
    headers = {rank: bearer(cast.publisher, rank, now) for rank in rights}
    assert HIGHER in STORIES
    browser = door.browser()
    for rank in (2, None, 1):
        for name, story in world.stories.items():
            path, may = f"/api/v1/stories{story.get_absolute_url()}", name in rights[rank]
            anonymous, own = browser.get(path), browser.get(path, **headers[rank])
            assert (marker(name) in anonymous.said) is (name == "everyone")
            assert (marker(name) in own.said) is may, (rank, path)
            assert json.loads(own.body)["is_cut"] is not may
            assert (marker(name) in browser.get(f"{STORY}{story.pk}/", **headers[rank]).said) is may
            assert own.headers["cache-control"] == "private, no-store"
            assert "authorization" in own.headers["vary"].lower()
            if name == "patrons":
                tags = f"{anonymous.headers['etag']}, W/{anonymous.headers['etag']}"
                assert browser.get(path, If_None_Match=tags).status == 304
                assert browser.get(path, If_None_Match=own.headers["etag"], **headers[rank]).status == 304
                assert browser.get(path, If_None_Match=own.headers["etag"]).status == 200
                assert browser.get(path, If_None_Match=tags, **headers[rank]).status == 200
    kept = b"".join(page.body for page in door.store._pages.values())
    assert marker("everyone").encode() in kept
    assert not [name for name in STORIES if name != "everyone" and marker(name).encode() in kept]
    patron = door.browser(cast.patron)
    hidden = f"{STORY}{world.stories['patrons'].pk}/"
    assert marker("patrons") not in patron.get(hidden).said, "a session opens nothing here"

    key = ApiKey.objects.get(name="Of 2")
    assert key.used_on == now.date()
    assert keys.revoke(key, by=cast.publisher, now=now)
    assert not keys.revoke(key, by=cast.publisher, now=now)
    for said in (headers[2]["Authorization"], "Bearer nk_nobody", "Basic eDp5", "Bearer", "", "\x00"):
        refused = browser.get(hidden, Authorization=said)
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer"), said
        assert marker("patrons") not in refused.said


def test_key_costs_one_query_more_and_an_answer_six_at_most(world: World, now: datetime, cast: Cast) -> None:
    client, headers = Client(), bearer(cast.publisher, 2, now)
    picture = _prepared("inside")
    rich = make_article("patrons", slug="rich", series=world.series, lead_picture=_prepared("lead"),
                        full_text=f'<p>1</p><figure data-picture="{picture.key}"></figure>')  # fmt: skip
    RelatedLink.objects.create(article=rich, story=world.stories["everyone"])
    query = "?section=city&tag=water&author=ada-ink&series=tides&language=en&since=2026-11-01&limit=100"
    for path in (f"{STORY}{rich.pk}/", f"/api/v1/stories{rich.get_absolute_url()}", f"{STORY}{query}"):
        client.get(path, headers=headers)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path, headers=headers).status_code == 200
        assert len(queries) <= 6, (path, [query["sql"][:80] for query in queries])


def test_stories_come_in_pages_each_once_as_far_as_the_filters_want_them(now: datetime, cast: Cast, door: Door) -> None:
    city, sport, ada = SectionFactory(slug="city"), SectionFactory(slug="sport"), AuthorFactory(slug="ada")
    water, browser = Tag.objects.create(name="Water", slug="water"), door.browser()
    stories = []
    for number in range(9):
        section, language = (city, "") if number % 2 else (sport, "de-CH")
        moment = now - timedelta(hours=number // 2)  # two of each moment
        story = make_article(section=section, language=language, slug=f"s{number}", published_at=moment)
        if number % 3 == 0:
            Byline.objects.create(article=story, author=ada)
        if number < 6:
            story.tags.add(water)
        stories.append(story)
    make_article(slug="to-come", published_at=now + timedelta(minutes=1))
    newest = [story.pk for story in sorted(stories, key=lambda story: (story.published_at, story.pk), reverse=True)]
    wanted = {
        "": range(9), "section=city": (1, 3, 5, 7), "tag=water": range(6), "author=ada": (0, 3, 6),
        "tag=water&author=ada": (0, 3), "tag=water&section=sport": (0, 2, 4), "author=ada&section=city": (3,),
        "language=en": (1, 3, 5, 7), "language=DE": (0, 2, 4, 6, 8), "language=d": (), "series=nobody": (),
        "section=nobody": (), "tag=nobody": (), "since=2026-11-03T10:00:00Z": range(4),
        "since=2026-11-03T11:00:00+01:00": range(4), "since=2026-11-04": (),
        "tag=water&since=2026-11-03T11:00Z": (0, 1),
    }  # fmt: skip
    for query, numbers in wanted.items():
        keys_wanted = [pk for pk in newest if pk in {stories[number].pk for number in numbers}]
        for limit in (2, 100) if query in ("", "tag=water", "author=ada", "section=city") else (100,):
            assert _followed(browser, f"{STORY}?{query}&limit={limit}") == keys_wanted, query
    kept = {name.partition("?")[2] for name in door.store._pages}
    assert "limit=100&section=city" in kept
    assert not [name for name in kept if "since" in name or "nobody" in name], "what anybody can invent is not kept"
    entered = door.renders
    assert "max-age=0" in browser.get(f"{STORY}?section=city&limit=100&nonsense=1").headers["cache-control"]
    assert door.renders == entered, "kept"
    door.store.drop(["archive"])
    browser.get(f"{STORY}?section=city&limit=100")
    assert door.renders == entered + 1, "every change of a story drops it"


def test_what_cannot_be_answered_is_a_problem_and_any_origin_may_ask(world: World, now: datetime, door: Door) -> None:
    browser = door.browser()
    Article.objects.filter(pk=world.stories["members"].pk).update(status="withdrawn", withdrawal_reason="It was wrong.")
    gone = f"{STORY}{world.stories['members'].pk}/"
    odd = ("limit=0", "limit=101", "limit=x", "before=x", "before=1-2", "since=tuesday", "since=2026-13-01", "tag=%00")
    asked = [(400, f"{STORY}?{query}") for query in odd] + [(400, "/api/v1/tags/?after=%07"), (410, gone)]
    asked += [
        (404, f"{STORY}9999/"),
        (404, f"{STORY}2026/11/03/nobody/"),
        (404, "/api/v1/pages/nobody/"),
        (404, "/api/"),
    ]
    for status, path in asked:
        answer = browser.get(path, Origin="https://app.example")
        said = json.loads(answer.body)
        assert (answer.status, said["status"], said["instance"]) == (status, status, urlsplit(path).path), path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert said["detail"]
    assert json.loads(browser.get(gone).body)["detail"] == "It was wrong."
    for method in ("POST", "PUT", "DELETE"):
        refused = browser.ask(method, STORY)
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    before = browser.ask("OPTIONS", STORY, Origin="https://app.example", Access_Control_Request_Method="GET")
    assert before.status == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in before.headers
    assert browser.get("/api/v1/stories").headers["location"] == "/api/v1/stories/"


def test_who_asks_too_often_is_told_when_to_go_on(now: datetime, cast: Cast) -> None:
    client, headers = Client(), bearer(cast.publisher, None, now)
    key = ApiKey.objects.get()
    cache.set(f"limit:api:key-{key.pk}", answers.A_KEY - 1, 60)
    cache.set("limit:api:network-127.0.0.0/24", answers.A_NETWORK - 1, 60)
    for own in (headers, {}):
        assert client.get("/api/v1/sections/", headers=own).status_code == 200
        refused = client.get("/api/v1/sections/", headers=own)
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")


def test_desk_shows_a_key_once_keeps_its_fingerprint_and_takes_it_back(cast: Cast, now: datetime) -> None:
    desk = Client()
    desk.force_login(cast.publisher)
    tier = Tier.objects.get()
    assert desk.post(reverse("admin:members_apikey_add"), {"name": ""}).status_code == 422
    made = desk.post(reverse("admin:members_apikey_add"), {"name": "Harbour app", "tier": tier.pk}).content.decode()
    found = re.search(r"nk_[\w-]{43}", made)
    assert found is not None
    key, secret = ApiKey.objects.get(), found[0]
    assert (key.made_by, key.tier, key.digest) == (cast.publisher, tier, keys.digest_of(secret))
    assert secret not in str(list(ApiKey.objects.values())) + str(list(AuditEntry.objects.values()))
    for name, where in (("changelist", []), ("change", [key.pk])):
        page = desk.get(reverse(f"admin:members_apikey_{name}", args=where)).content.decode()
        assert f"{secret[:10]}…" in page
        assert secret not in page
        assert "as a patron of Tier 1" in page
    sections = "/api/v1/sections/"
    assert Client().get(sections, headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert desk.post(reverse("admin:members_apikey_revoke", args=[key.pk])).status_code == 303
    assert Client().get(sections, headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert [*AuditEntry.objects.order_by("pk").values_list("verb", flat=True)] == ["add", "revoke"]


def _shape_of(document: dict[str, Any], path: str) -> str:
    """The shape that is documented for this very address."""
    bare = urlsplit(path).path.removeprefix("/api")
    patterns = {
        re.sub(r"\{path\}", ".+", re.sub(r"\{(?!path)\w+\}", "[^/]+", route)): route for route in document["paths"]
    }
    route = next((route for pattern, route in patterns.items() if re.fullmatch(pattern, bare)), None)
    if route is None:
        return ""
    content = document["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]
    return str(content["schema"]["$ref"]).rpartition("/")[2]


def _followed(browser: Browser, path: str) -> list[int]:
    """The keys of the stories of every page from `path` on."""
    found: list[int] = []
    while path:
        answer = browser.get(path)
        page = json.loads(answer.body)
        found += [story["id"] for story in page["items"]]
        path = local(page["next"] or "")
        assert answer.headers.get("link", "") == (f'<{page["next"]}>; rel="next"' if path else "")
    return found


def _prepared(name: str) -> Picture:
    """A picture with its versions."""
    of_it = {"file": f"pictures/{name}.jpg", "width": 1200, "height": 800, "prepared_at": timezone.now()}
    return Picture.objects.create(key=name, alt=name, **of_it)
