"""Every other way to ask for an address: other methods, odd paths, parameters nobody knows, headers that lie."""

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from members.models import Mailing
from tests.factories import Cast
from tests.surfaces.door import Door
from tests.surfaces.people import STORIES, browser_of, leaks, withheld
from tests.world import ADDRESSES, World, local, marker, reply_marker

pytestmark = pytest.mark.django_db
UNSAFE = ("PUT", "PATCH", "DELETE")
METHODS = (*UNSAFE, "OPTIONS", "TRACE", "PROPFIND")
FORM = b"&".join(
    f"{name}={value}".encode()
    for name, value in {
        "comment": "A reply.", "reply_to": "1", "wanted": "1", "category": "hate", "reason": "other", "text": "Why",
        "email": "somebody@example.org", "letter": "morning", "story": "1", "name": "Ann", "title": "Mud", "topic": "1",
    }.items()
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {"Range": "bytes=0-"},
    {"Range": "bytes=0-99999,5-"},
    {"If_None_Match": "*"},
    {"If_Modified_Since": "Wed, 21 Oct 2065 07:28:00 GMT"},
    {"Accept": "application/json", "X_Requested_With": "XMLHttpRequest"},
    {"X_HTTP_Method_Override": "POST", "X_Method_Override": "POST"},
    {"User_Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)", "Referer": "https://www.google.com/"},
    {"X_Forwarded_For": "66.249.66.1", "From": "googlebot(at)googlebot.com"},
    {"Cookie": "newsroom_session=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz; newsroom_gifts=1; newsroom_meter=1"},
)


def twisted(path: str) -> list[str]:
    """The same address as somebody might try it."""
    plain, _, query = path.partition("?")
    more = "&" if query else "?"
    return [
        plain.rstrip("/"), f"{plain}/", plain.replace("/", "//"), plain.upper(), f"/.{plain}", f"{plain}%2e/",
        f"{plain}%00", f"{plain};x=1", f"{plain}index.html", f"{plain}amp/", f"{plain}.json", f"{plain}print/",
        f"{path}{more}fbclid=x", f"{path}{more}print=1&amp=1&preview=true&staff=1&full=1&format=json&_method=POST",
        f"{path}{more}page=2&before=&after=0&from=1&branch=1", f"{plain[:-2]}%{ord(plain[-2]):x}/",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["anonymous", "member"])
def test_no_other_way_to_ask_for_a_story_tells_more(who: str, cast: Cast, world: World, door: Door) -> None:
    browser, found = browser_of(who, cast, door), []
    hidden = "patrons"
    story = world.stories[hidden]
    paths = [story.get_absolute_url(), f"{story.get_absolute_url()}rest/", f"{story.get_absolute_url()}live/"]
    paths += [f"/replies/{kind}/{world.discussions[hidden].pk}/" for kind in ("in", "feed")]
    for path in paths:
        asked = [(method, path, {}) for method in METHODS] + [("GET", way, {}) for way in twisted(path)]
        asked += [("GET", path, headers) for headers in HEADERS] + [("HEAD", path, HEADERS[0])]
        for method, way, headers in asked:
            answer = browser.ask(method, way, **headers)
            found += leaks(answer.said, f"{method} {way} {headers}", who)
            assert answer.status < 500, (method, way)
            assert method not in UNSAFE or answer.status in (403, 404, 405), (method, way)
            assert method != "TRACE" or answer.status in (403, 404, 405), way
    assert found == []


def test_every_address_refuses_methods_it_does_not_know(world: World, door: Door) -> None:
    browser, found = door.browser(), []
    for name, paths in ADDRESSES.items():
        path = local(paths(world)[-1])
        for method in METHODS:
            answer = browser.ask(method, path)
            found += leaks(answer.said, f"{method} {path}", "anonymous")
            if answer.status >= 500 or (method in UNSAFE and answer.status < 300):
                found.append(f"{name}: {method} {answer.status}")
    assert found == []


@pytest.mark.parametrize("who", ["anonymous", "member"])
def test_no_form_says_more_and_no_mail_either(who: str, cast: Cast, world: World, door: Door) -> None:
    """Every address is posted to, about stories that this reader may not read; then the post is read."""
    browser, found = browser_of(who, cast, door), []
    for name, paths in ADDRESSES.items():
        for path in (
            map(local, paths(world)) if name in ("rest", "reply_report", "reply_react") else [local(paths(world)[-1])]
        ):
            answer = browser.post(path, FORM)
            found += leaks(answer.said, f"POST {path}", who)
            if answer.status >= 500:
                found.append(f"{name}: {answer.status}")
    assert found == []
    sent = "".join(str(message.message()) for message in mail.outbox)
    queued = list(Mailing.objects.values("context", "email")) + list(ProcrastinateJob.objects.values_list("args"))
    told = sent + str(queued)
    may_still = {marker("metered"), reply_marker("metered")} if who == "member" else set()  # a view was spent
    assert [word for word in withheld(who) if word in told and word not in may_still] == []
    assert set(STORIES) >= {"patrons", "higher"}


def test_search_may_find_a_story_by_its_hidden_words_and_shows_none_of_them(world: World, door: Door) -> None:
    """Readers who pay look for those words; what is shown is what any list shows."""
    browser = door.browser()
    said_back = browser.get("/search/?q=zqnowhere").said.count("zqnowhere")
    for name in STORIES:
        page = browser.get(f"/search/?q={marker(name)}").said
        assert f"For {name}" in page
        assert "Open words" in page or "What it is about" in page
        assert 0 < page.count(marker(name)) <= said_back
