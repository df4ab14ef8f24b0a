"""What no honest browser sends: never a 500, never a leak, never anything that grows without end.

In process, through the real page cache around Django: what a server in front would refuse is tried all the same.
"""

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import _quote  # type: ignore[attr-defined]  # how Django writes a cookie's value
from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from articles.attachments import documents
from articles.drafts import preview_links
from members import meter
from members.models import MeteredView, SiteRules
from members.story_gifts import give
from newsroom import bodies, caching, pagecache, pagestore
from tests.factories import Cast, make_article
from tests.surfaces.door import Answer, Browser, Door
from tests.surfaces.people import leaks, whole_world
from tests.world import ADDRESSES, World, local, marker, path_of

pytestmark = pytest.mark.django_db
LONG = "x" * 65_000
JUNK = ("%00", "%ff%fe", "%ED%A0%80", "-1", "1.5", "9" * 30, "%D9%A3", "%C2%B2", "a" * 3000, "'\"><script>", "[]", "%")
PARAMS = (
    "before", "after", "from", "branch", "to", "q", "p", "page_id", "version", "next", "price", "interval",
    "currency", "letter", "email", "story", "session_id", "comment", "wanted", "name", "token", "website",
)  # fmt: skip
HOSTS = (
    "evil.example", "testserver.evil.example", "user@testserver", "[::1", "[", "", "testserver:abc", "test server",
    "testserver\x00", "\xff", "a" * 100_000, "testserver/x", "testserver,evil.example", "testserver@evil.example",
)  # fmt: skip
PATHS = (
    "/./", "/../", "/..%2f..%2fetc/passwd", "/%2e%2e/", "/static/../manage.py", "/static/%2e%2e/%2e%2e/manage.py",
    "/media/../../x", "/%2F", "/;x", "/front;x=1/", "/%5c", "/a%5cb/", "//evil.example/", "///evil.example/x/",
    "/%5cevil.example/", "/%09/evil.example/", "/a" * 10_000 + "/", "http://testserver/", "http://evil.example/",
    "*", "/2026/13/45/x/", "/0000/00/00/x/", f"/2026/01/01/{LONG}/", "/archive/0/", "/archive/99999/",
    "/archive/2026/0/", f"/archive/{'9' * 30}/1/", "/sitemap-0000-00.xml", "/sitemap-9999-12.xml",
    f"/replies/in/{'9' * 30}/", f"/replies/{'9' * 30}/", f"/replies/to/story/{'9' * 30}/", "/static/%00",
    "/media/%00", "/gift/%00/", "/%00/", "/tag/%00/", "/%ff%fe/", "/preview/%00/", "/letters/issue/%00/",
    "/accounts/login/?next=//evil.example",
)  # fmt: skip
SESSIONS = ('"abcdefgh\\000"', LONG, "\xff\xfe12345678", "'; DROP TABLE", "a" * 32, "", '"')


@pytest.fixture
def world(cast: Cast) -> World:
    """The paper of the walks."""
    return whole_world()


@pytest.fixture
def door() -> Iterator[Door]:
    """The front door, with shelves that keep."""
    caching.trust_followers(True)
    yield Door()
    caching.trust_followers(False)


class Attempts:
    """Asks and notes what went wrong. Each attempt leaves the database as it was."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def ask(self, browser: Browser, method: str, path: str, **more: Any) -> Answer:
        """One request; its answer may be anything but an error of ours, a leak, or a way to somewhere else."""
        what = f"{method} {path[:120]} {str(more)[:160]}"
        with transaction.atomic():
            answer = browser.ask(method, path, **more)
            transaction.set_rollback(True)
        self.wrong += leaks(answer.said, what, "anonymous")
        if answer.status >= 500:
            self.wrong.append(f"{answer.status} {what}")
        where = answer.headers.get("location", "/")
        if not where.startswith(("/", "http://testserver/")) or where[1:2] in ("/", "\\"):
            self.wrong.append(f"leads to {where}: {what}")
        return answer


@pytest.fixture
def attempts() -> Iterator[Attempts]:
    """Attempts; at the end nothing may have gone wrong."""
    attempts = Attempts()
    yield attempts
    assert attempts.wrong == []


def cookie_of(value: object, salt: str) -> str:
    """A value signed as our own."""
    return signing.dumps(value, salt=salt, compress=True)


def test_odd_parameters_and_bodies_break_no_address(world: World, door: Door, attempts: Attempts) -> None:
    browser = door.browser()
    for number, paths in enumerate(ADDRESSES.values()):
        path = local(paths(world)[-1])
        mark = "&" if "?" in path else "?"
        for junk in JUNK[number % 4 :: 4]:
            attempts.ask(browser, "GET", path + mark + "&".join(f"{name}={junk}" for name in PARAMS))
        body = "&".join(
            f"{name}=%00%ff" for name in (*PARAMS, "text", "title", "reason", "category", "reply_to")
        ).encode()
        attempts.ask(browser, "POST", path, body=body, Sec_Fetch_Site="same-origin")


def test_odd_paths_hosts_and_headers_break_nothing(world: World, door: Door, attempts: Attempts) -> None:
    browser, story = door.browser(), path_of(world.stories["patrons"])
    for path in PATHS:
        for method in ("GET", "POST"):
            attempts.ask(browser, method, path, Sec_Fetch_Site="same-origin")
    for host in HOSTS:
        for path in ("/", story, f"{story}rest/"):
            answer = attempts.ask(browser, "GET", path, environ={"HTTP_HOST": host})
            assert answer.status in (301, 400, 404), host
    for host in ("testserver:80", "testserver:8443", "TESTSERVER", "testserver."):
        assert attempts.ask(browser, "GET", story, environ={"HTTP_HOST": host}).status == 200
    values = ("\xff\xfe", "\x00", "a" * 100_000, ",,;;q=;=", "", "[", "http://[", "*", "text/html; charset=nope")
    for name in (
        "Accept_Language",
        "Accept_Encoding",
        "If_None_Match",
        "If_Modified_Since",
        "Range",
        "Origin",
        "Referer",
        "Accept",
        "X_Fragment",
        "X_CSRFToken",
        "Content_Type",
        "Authorization",
        "X_Forwarded_For",
    ):
        for value in values:
            attempts.ask(browser, "GET", story, **{name: value})
            attempts.ask(browser, "POST", f"{story}rest/", body=b"a=b", **{name: value})


@pytest.mark.parametrize("count", [0, 1])
def test_forwarding_headers_are_believed_as_far_as_proxies_are_trusted(
    count: int, world: World, door: Door, settings: Any
) -> None:
    settings.TRUSTED_PROXY_COUNT = count
    story = path_of(world.stories["metered"])
    forged = {"X_Forwarded_For": "6.6.6.6, 7.7.7.7", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}
    page = door.browser().get(story, **forged)
    assert "evil.example" not in page.said
    door.browser().post(f"{story}rest/", **forged)
    day = f"{timezone.localdate():%Y%m%d}"
    counted = {net for net in ("127.0.0.0/24", "6.6.6.0/24", "7.7.7.0/24") if cache.get(f"meter:{net}:{day}")}
    assert counted == {"7.7.7.0/24" if count else "127.0.0.0/24"}, "never the entry that the client wrote"


def test_broken_and_countless_cookies_are_nobodys(world: World, door: Door, attempts: Attempts) -> None:
    paths = (
        "/",
        path_of(world.stories["patrons"]),
        f"{path_of(world.stories['metered'])}rest/",
        "/account/",
        "/topics/",
    )
    flood = "; ".join(f"c{number}={number}" for number in range(200))
    sent = [f"newsroom_session={value}" for value in SESSIONS] + [flood, "=;=;;", "\xff=\xff", "newsroom_session", LONG]
    sent += [f'{name}="\\000"' for name in ("csrftoken", "messages", "newsroom_meter", "newsroom_gifts")]
    for cookie in sent:
        for path in paths:
            attempts.ask(door.browser(), "GET", path, Cookie=cookie)
        attempts.ask(door.browser(), "POST", paths[2], Cookie=cookie, Sec_Fetch_Site="same-origin")


WRONG_SHAPES: tuple[object, ...] = (
    None,
    7,
    "x",
    [],
    [[]],
    {},
    {"p": None},
    {"p": "PERIOD"},
    {"p": "PERIOD", "s": 5},
    {"p": "PERIOD", "s": "abc"},
    {"p": "PERIOD", "s": [None, "x", [], {}]},
    {"p": "PERIOD", "s": [2**70]},
    {"p": "PERIOD", "s": [-1]},
    {"p": "PERIOD", "s": [1], "d": [99]},
    {"p": "PERIOD", "s": [1], "d": "x"},
    {"p": "PERIOD", "s": [True]},
    [[1, 2, 3]],
    [[1, "x"]],
    ["1"],
    [1.5],
    [2**70],
    {"1": 1},
)


def test_cookies_of_ours_in_a_wrong_shape_open_nothing(
    cast: Cast, world: World, door: Door, attempts: Attempts
) -> None:
    period, rest = meter.period_of(timezone.now()), f"{path_of(world.stories['metered'])}rest/"
    for shape in WRONG_SHAPES:
        value = {**shape, "p": period} if isinstance(shape, dict) and shape.get("p") else shape
        for name, salt in ((meter.COOKIE, meter.SALT), (meter.GIFTS_COOKIE, meter.GIFTS_SALT)):
            cookie = f"{name}={cookie_of(value, salt)}"
            attempts.ask(door.browser(), "GET", rest, Cookie=cookie)
            assert attempts.ask(door.browser(), "POST", rest, Cookie=cookie, Sec_Fetch_Site="same-origin").status == 303
        request: Any = type("Asked", (), {"COOKIES": {meter.COOKIE: cookie_of(value, meter.SALT)}})()
        meter.merge_into(cast.member, request, timezone.now())
    assert not MeteredView.objects.exclude(story_id__gt=0).exists()


def test_meter_cookie_is_worth_what_it_held(world: World, door: Door) -> None:
    story, now = world.stories["metered"], timezone.now()
    rest, period = f"{path_of(story)}rest/", meter.period_of(now)
    good = {"p": period, "s": [story.pk], "d": [1]}
    held = cookie_of(good, meter.SALT)
    worthless = {
        "forged": held[:-3] + "abc",
        "of another salt": cookie_of(good, meter.GIFTS_SALT),
        "of last month": cookie_of({**good, "p": meter.period_of(now.replace(day=1) - timedelta(days=2))}, meter.SALT),
        "overlong": held + "A" * 100_000,
        "a compressed lie": "." + held,
    }
    assert marker("metered") in door.browser().get(rest, Cookie=f"{meter.COOKIE}={held}").said
    for what, value in worthless.items():
        assert marker("metered") not in door.browser().get(rest, Cookie=f"{meter.COOKIE}={value}").said, what
    many = cookie_of({"p": period, "s": list(range(10**6, 10**6 + 10_000))}, meter.SALT)
    full = door.browser()
    full.cookies[meter.COOKIE] = many
    full.post(rest)
    assert marker("metered") not in full.get(rest).said, "ten thousand stories leave none"


def test_cookie_played_back_opens_no_more_than_fresh_ones_would(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    SiteRules.objects.update(meter_limit=2, meter_limit_members=2)
    monkeypatch.setattr(meter, "FRESH_METERS_PER_DAY", 3)
    stories = [make_article("metered", full_text='<p>x</p><hr data-paywall="here"><p>KEPT</p>') for _ in range(12)]
    browser = door.browser()
    browser.post(f"{path_of(stories[0])}rest/")
    first, opened = dict(browser.cookies), 0
    for story in stories[1:]:
        browser.cookies = dict(first)
        browser.post(f"{path_of(story)}rest/")
        opened += "KEPT" in browser.get(f"{path_of(story)}rest/").said
    assert opened == 6
    thrown_away = 0
    for story in stories:
        fresh = door.browser()
        fresh.post(f"{path_of(story)}rest/")
        thrown_away += "KEPT" in fresh.get(f"{path_of(story)}rest/").said
    assert thrown_away == 2, "and one fresh meter was begun above"


def test_links_that_are_forged_or_bent_open_nothing(cast: Cast, world: World, door: Door, attempts: Attempts) -> None:
    story = world.stories["patrons"]
    gift = give(cast.patron, story.pk, now=timezone.now())
    token = preview_links.token_of(world.lent)
    for path in (
        f"/gift/{gift.token[:-1]}/",
        f"/gift/{gift.token.swapcase()}/",
        f"/gift/{LONG}/",
        f"/gift/{gift.token}%00/",
        f"/preview/{token[:-1]}/",
        f"/preview/{world.lent.pk}/",
        f"/preview/{token.replace(str(world.lent.pk), '1', 1)}/",
        f"/preview/{LONG}/",
        f"/preview/{signing.Signer(salt='x').sign(str(world.lent.pk))}/",
        f"/letters/story/{signing.dumps({'i': 1, 's': 1}, salt='x')}/",
        "/letters/confirm/a:b:c/",
    ):
        for method in ("GET", "POST"):
            answer = attempts.ask(door.browser(), method, path, Sec_Fetch_Site="same-origin")
            assert answer.status in (404, 410), path
            assert meter.GIFTS_COOKIE not in answer.cookies
    other = cookie_of([[world.stories["higher"].pk, int(timezone.now().timestamp())]], meter.SALT)
    said = (
        door.browser()
        .get(f"{path_of(world.stories['higher'])}rest/", Cookie=f"{meter.GIFTS_COOKIE}={_quote(other)}")
        .said
    )
    assert marker("higher") not in said
    later = cookie_of([[story.pk, 2**40]], meter.GIFTS_SALT)
    assert (
        marker("patrons")
        not in door.browser().get(f"{path_of(story)}rest/", Cookie=f"{meter.GIFTS_COOKIE}={later}").said
    )


def test_ten_thousand_query_strings_are_one_page(world: World, door: Door) -> None:
    browser, story = door.browser(), path_of(world.stories["patrons"])
    browser.get(story)
    browser.get(f"{story}?warm=1")
    entered, kept = door.renders, len(door.store._pages)
    for number in range(10_000):
        browser.get(f"{story}?utm_{number}={number}&fbclid={number}")
    browser.get(f"{story}?{LONG}")
    assert (door.renders, len(door.store._pages)) == (entered, kept)


def test_ten_thousand_addresses_of_nothing_are_remembered_within_bounds(world: World, door: Door) -> None:
    """As many as would fit if each were short; the long ones are not remembered at all."""
    names = pagecache._known_params
    bound = names.cache_parameters()["maxsize"]
    for number in range(10_000):
        pagecache.cache_key(
            {
                "REQUEST_METHOD": "GET",
                "HTTP_HOST": "testserver",
                "PATH_INFO": f"/nowhere-{number}/",
                "QUERY_STRING": "a=1",
            }
        )
        door.store.keep(f"testserver/nowhere-{number}/?", [], b"", {}, door.store.heard())
    assert bound is not None
    assert names.cache_info().currsize <= bound
    assert len(door.store._uncacheable) <= pagestore.UNCACHEABLE_REMEMBERED
    remembered = len(door.store._uncacheable)
    for number in range(20):
        door.browser().get(f"/{number}{LONG}/")
    assert len(door.store._uncacheable) == remembered
    assert door.store._pages == {}
    hosts = pagecache._our_host.cache_parameters()["maxsize"]
    assert hosts is not None


def test_what_is_larger_than_any_form_is_refused_unread_but_at_the_desk(world: World, door: Door) -> None:
    class Unread:
        """A body that nobody may read."""

        def read(self, *size: int) -> bytes:
            raise AssertionError("It was read.")

        readline = read

    story = path_of(world.stories["metered"])
    forms = (f"{story}rest/", "/letters/choose/", "/letters/discover/", "/accounts/login/", "/membership/join/", "/")
    for path in forms:
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
            for megabytes in (13, 50):
                refused = {"CONTENT_LENGTH": str(megabytes << 20), "CONTENT_TYPE": kind, "wsgi.input": Unread()}
                assert door.browser().ask("POST", path, environ=refused, Sec_Fetch_Site="same-origin").status == 413
    assert documents.MOST_BYTES[documents.Kind.AUDIO] < bodies.largest_at("/admin/")


def test_limits_outlive_other_limits() -> None:
    from newsroom.settings import CACHES

    assert CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 10_000, "Django forgets a third of 300 else"  # type: ignore[index]
