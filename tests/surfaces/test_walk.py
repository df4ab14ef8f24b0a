"""The walk: what is behind the cut stands on no address that its reader may not read it on.

One story per audience (and one for a higher tier) carries a word after its cut, and a reply under it quotes
another. Every public address is asked by every kind of reader, through the real page cache, as a page, as a
fragment, by HEAD; nothing acts. What the cache keeps is looked at afterwards.
"""

import pytest
from django.utils import timezone

from articles.models import Article
from comments.models import Follow, NoticeWishes, Reply
from members.gate import NO_METER, Allowance, Audience, Decision, decide
from members.models import Ballot, LetterSubscription, Member, MeteredView, Payment, SiteRules, StoryGift, Topic
from members.readers import Reader
from tests.factories import Cast
from tests.surfaces.door import FRAGMENT, Answer, Browser, Door
from tests.surfaces.people import KINDS, READABLE, STORIES, browser_of, leaks, person, rows_of, withheld
from tests.test_architecture import public_patterns
from tests.world import ADDRESSES, World, local, marker

pytestmark = pytest.mark.django_db
ACTS_NEVER = (Article, Reply, MeteredView, Ballot, LetterSubscription, StoryGift, Topic, Payment, Follow, NoticeWishes)
WHOLE = ("anonymous", "member", "patron")  # who walks everywhere; the others where stories are
OF_STORIES = ("front", "story", "rest", "live", "search", "reply_page", "reply_feed", "reply_write", "letter_story")
TELLS_THE_TIME = ("age", "content-length")


def test_every_public_address_is_in_the_walk() -> None:
    names = {pattern.name for _route, pattern in public_patterns()}
    assert names == set(ADDRESSES)


def test_every_audience_and_every_decision_is_in_the_walk(cast: Cast, world: World) -> None:
    assert set(Audience.values) <= set(STORIES)
    now, rules = timezone.now(), SiteRules.current()
    meter = Allowance(switched_on=True, left=1)
    terms = [story.terms(rules) for story in world.stories.values()]
    readers = [_reader(person(who, cast), now) for who in KINDS]
    met = {decide(story, reader, meter, now) for story in terms for reader in readers}
    assert met == set(Decision), "A decision that no reader of the walk meets needs one who does."
    for who, reader in zip(KINDS, readers, strict=True):
        decided = {name: decide(story.terms(rules), reader, meter, now) for name, story in world.stories.items()}
        assert {name for name, said in decided.items() if said is Decision.READ} == READABLE[who], who
    assert decide(terms[0], readers[0], NO_METER, now) is Decision.READ


def _reader(member: Member | None, now: object) -> Reader:
    return Member.objects.with_standing(now).get(pk=member.pk).as_reader() if member else Reader()


@pytest.mark.parametrize("who", KINDS)
def test_what_is_behind_the_cut_stands_on_no_address(who: str, cast: Cast, world: World, door: Door) -> None:
    browser, before = browser_of(who, cast, door), rows_of(*ACTS_NEVER)
    found, names = [], ADDRESSES if who in WHOLE else OF_STORIES
    for name in names:
        for path in map(local, ADDRESSES[name](world)):
            found += _wrong_with(path, browser, who, heads=_asks_for_heads(who, name))
    assert found == []
    assert rows_of(*ACTS_NEVER) == before, "GET and HEAD act never"
    assert browser.cookies.keys() <= {"newsroom_session", "csrftoken", "sessionid", "messages"}


def _asks_for_heads(who: str, name: str) -> bool:
    return who in ("anonymous", "member") or (who == "patron" and name in OF_STORIES)


def _wrong_with(path: str, browser: Browser, who: str, *, heads: bool) -> list[str]:
    page, fragment = browser.get(path), browser.get(path, X_Fragment="1")
    found = leaks(page.said, path, who) + leaks(fragment.said, path, who)
    found += [f"{who}: {path}: {answer.status}" for answer in (page, fragment) if answer.status >= 500]
    if not heads:
        return found
    head = browser.ask("HEAD", path)
    if head.status != page.status or _lasting(head) != _lasting(page):
        found.append(f"{who}: HEAD {path} differs: {head.status} {_lasting(head).items() ^ _lasting(page).items()}")
    return found + leaks(head.said, path, who)


def _lasting(answer: Answer) -> dict[str, str]:
    """The headers that GET and HEAD have in common; a nonce is another each time."""
    kept = {name: value for name, value in answer.headers.items() if name not in TELLS_THE_TIME}
    kept.pop("set-cookie", None)
    if "nonce-" in kept.get("content-security-policy", ""):
        del kept["content-security-policy"]
    return kept


def test_cached_and_uncached_in_any_order_each_reader_sees_their_own(cast: Cast, world: World, door: Door) -> None:
    browsers = {who: browser_of(who, cast, door) for who in KINDS}
    paths = [local(path) for name in ("story", "reply_feed") for path in ADDRESSES[name](world)]
    for order in (("anonymous", "patron", "anonymous"), ("staff", *KINDS)):
        door.store.trust(connected=True)  # forgets every page
        for who in order:
            found = [leak for path in paths for leak in leaks(browsers[who].get(path).said, path, who)]
            assert found == [], order
            _sees_what_is_theirs(browsers[who], who, world)
    kept = b"".join(page.body + str(page.headers).encode() for page in door.store._pages.values())
    assert kept
    assert [word for word in withheld("anonymous") if word.encode() in kept] == []


def _sees_what_is_theirs(browser: Browser, who: str, world: World) -> None:
    for name in READABLE[who]:
        page = browser.get(world.stories[name].get_absolute_url())
        assert marker(name) in page.said, f"{who} may read {name}"
        if who != "anonymous":
            assert page.headers["cache-control"] == "private, no-store"
            assert "etag" not in page.headers


def test_no_etag_of_one_reader_tells_another_that_nothing_changed(cast: Cast, world: World, door: Door) -> None:
    patron, nobody = browser_of("patron", cast, door), browser_of("anonymous", cast, door)
    paths = [local(path) for name in ("story", "live", "front") for path in ADDRESSES[name](world)[::2]]
    checked = 0
    for path in paths:
        public = [nobody.get(path, Accept_Encoding=coding) for coding in ("", "gzip", "br")]
        tags = ", ".join(page.headers["etag"] for page in public if "etag" in page.headers)
        own = patron.get(path, **({"X_Fragment": "1"} if "live" in path else {}))
        if tags:
            assert nobody.get(path, If_None_Match=tags).status == 304, path
            assert patron.get(path, If_None_Match=tags).status == patron.get(path).status == 200, path
            checked += 1
        if "etag" in own.headers:
            assert nobody.get(path, If_None_Match=own.headers["etag"]).status != 304, path
    assert checked > 3


def test_first_comer_cannot_colour_the_page_that_others_get(cast: Cast, world: World, door: Door) -> None:
    odd = {
        "Accept": "application/json", "Accept_Language": "de", "User_Agent": "<script>", "Referer": "https://evil.example/",
        "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https", "X_Forwarded_For": "6.6.6.6",
        "X_Original_URL": "/admin/", "X_Rewrite_URL": "/admin/", "X_HTTP_Method_Override": "DELETE",
        "X_Requested_With": "XMLHttpRequest", "Range": "bytes=0-9", "Forwarded": "host=evil.example",
        "Cookie": "newsroom_meter=x; newsroom_gifts=y; csrftoken=z; django_language=de; messages=m",
    }  # fmt: skip
    names = [name for name in ADDRESSES if name not in ("readyz", "healthz")]
    kept = 0
    for path in [local(ADDRESSES[name](world)[0]) for name in names]:
        door.store.trust(connected=True)
        clean = door.browser().get(path)
        if "etag" not in clean.headers:
            continue
        kept += 1
        door.store.trust(connected=True)
        door.browser().ask("GET", path, environ={"HTTP_HOST": "TESTSERVER:8443"}, **odd)
        entered = door.renders
        after = door.browser().get(path)
        assert door.renders == entered, f"{path} was kept from the odd one"
        assert (after.body, after.headers) == (clean.body, clean.headers), path
    assert kept > 20


def test_fragments_are_never_kept(world: World, door: Door) -> None:
    for path in map(local, ADDRESSES["live"](world)):
        assert "etag" not in door.browser().get(path, X_Fragment="").headers or door.store._pages == {}
        door.browser().get(path, **{name.replace("-", "_"): value for name, value in FRAGMENT.items()})
    assert door.store._pages == {}
