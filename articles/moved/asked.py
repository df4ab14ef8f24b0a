"""What an old address asks for, read from its form alone: WordPress's, Ghost's, and those of their plugins.

Pure: no query. Whatever the form says for certain is said here; the rest is looked up by `onward`.
Sources: https://developer.wordpress.org/apis/rewrite/ and https://wordpress.org/documentation/article/wordpress-feeds/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum, auto
from unicodedata import normalize
from urllib.parse import quote

from articles.models.section import RESERVED_NAMES

NUMBERS = ("p", "page_id", "attachment_id")  # how WordPress numbers things, in the query of its front page
OLD_NAMES = (*NUMBERS, "cat", "author", "tag", "m", "s", "feed")
NUMBERED = (*NUMBERS, "cat", "author")
SLASHES = re.compile(r"/{2,}")
INDEX = re.compile(r"^/index\.php(?=/|$)", re.IGNORECASE)
ANY = "*"  # the end of a pattern: whatever follows its slash

GONE = re.compile(
    r"(?:/[-\w]+)?/(?:wp-(?:login|cron|trackback|comments-post|signup|activate|mail|config|load|settings)\.php|xmlrpc\.php"
    r"|wp-admin(?:/|$)|wp-json(?:/|$)|wp-includes/|wp-content/(?:plugins|themes|mu-plugins|cache)/)|/ghost(?:/|$)",
    re.IGNORECASE,
)
FILES = re.compile(
    r"/(?:wp-content/(?:uploads|blogs\.dir)|content/(?:images|files|media)|files/\d{4})/.*\.(?!php)\w{2,5}$", re.I
)
FEED = r"(?:feed|rss2?|rdf|atom)(?:\.xml)?"
LIST_TAIL = re.compile(rf"/(?:page/\d+|amp|(?P<feed>(?:feed/)?{FEED}))/?$", re.IGNORECASE)
STORY_TAIL = re.compile(r"(?<!^)/(?:comment-page-\d+|embed|trackback|print|rest|attachment/[^/]+)/?$", re.IGNORECASE)
NEXT_PAGE = re.compile(r"(?<!^)/\d{1,2}/?$")
ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cfm|amp)$", re.IGNORECASE)
FEED_FILES = re.compile(
    r"/(?:wp-(?:rss2?|atom|rdf|feed|commentsrss2)\.php|(?:index|feeds?)\.(?:xml|rdf))", re.IGNORECASE
)
SITEMAPS = re.compile(
    r"/(?:wp-sitemap|sitemap_index|sitemapindex|(?:post|page|category|author)-sitemap)[-\w]*\.xml", re.I
)
DAYS = re.compile(r"^/((?:19|20)\d{2})(?:/(\d{1,2}))?(?:/(\d{1,2}))?(?=/|$)")
NUMBER_PARENTS = ("archives", "archive", "post", "posts", "story", "article", "articles", "node")
NO_SLUG = re.compile(r"[^-\w]+")
LONGEST_NAME, FEWEST_LETTERS = 200, 2


class Kind(Enum):
    """What an address names, as far as its form says."""

    NOTHING = auto()  # nothing but a redirect can say
    THING = auto()  # a story, most likely; or a page, section or tag
    CATEGORY = auto()
    TAG = auto()
    AUTHOR = auto()
    TIME = auto()  # an archive of a year or month
    FILE = auto()
    OWN = auto()  # an address of our own with something of WordPress's behind it
    FRONT = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """An old address in its parts.

    `whole`: the path with single slashes; `path`: what is left of it without the tails of lists and feeds; `name`:
    its last word as a slug. `spellings`: how a redirect of it may be stored, likeliest first. `leads_to`: where its
    form alone leads, or "". `first`, `last`: the days it names. `is_feed`: whether a machine wants the feed of it.
    """

    path: str
    whole: str = ""
    spellings: tuple[str, ...] = ()
    leads_to: str = ""
    kind: Kind = Kind.NOTHING
    name: str = ""
    first: date | None = None
    last: date | None = None
    is_feed: bool = False


def is_gone(path: str) -> bool:
    """Whether only WordPress or Ghost itself ever answered there: its doors, its interfaces, its parts."""
    return GONE.match(path) is not None


def asked(path: str, query: Mapping[str, str]) -> Asked:
    """What `path` (decoded, as it came) with the parameters `query` asks for. Other parameters do not count."""
    whole = INDEX.sub("", tidy(path)) or "/"
    if whole == "/":
        return _of_query(query, is_front=tidy(path) == "/")
    found = _of_form(whole)
    behind = "&".join(f"{name}={value}" for name, value in query.items()) if "." in whole.rsplit("/", 1)[-1] else ""
    first = (f"{whole}?{behind}",) if behind else ()
    return replace(found, whole=whole, spellings=(*first, *_spellings(whole, found.path)))


def tidy(path: str) -> str:
    """A path with single slashes and composed letters: what two browsers mean when they write it differently."""
    return SLASHES.sub("/", normalize("NFC", path.replace("\x00", "")))


def as_stored(address: str) -> str:
    """An old address as redirects know it: composed small letters, single slashes; its query as it is."""
    path, mark, query = address.partition("?")
    return f"{tidy(path).lower()}{mark}{query}"


def patterns(path: str) -> list[str]:
    """The patterns that would catch `path`, the narrowest first."""
    parts = path.strip("/").split("/")
    return [f"/{'/'.join(parts[:count])}/{ANY}" for count in range(len(parts), 0, -1)]


def both(path: str) -> tuple[str, str]:
    """A path with its last slash and without."""
    bare = path.rstrip("/")
    return f"{bare}/", bare


def _spellings(whole: str, path: str) -> Iterator[str]:
    """The address as asked, in small letters, without its tails; a number as WordPress numbers; then patterns."""
    seen: dict[str, None] = dict.fromkeys([whole])
    for form in (whole, path):
        for written in (form, form.lower()):
            if written != "/":
                seen |= dict.fromkeys(both(written))
    if (number := _number(path)) is not None:
        seen[f"/?p={number}"] = None
    if NEXT_PAGE.search(path):
        seen |= dict.fromkeys(both(NEXT_PAGE.sub("", path).lower()))
    seen |= dict.fromkeys(patterns(whole.lower()))
    return iter(seen)


def _number(path: str) -> str | None:
    """The number of `/archives/123` and `/2015/03/05/123`; None where the last part is no number of a story."""
    parts = path.lower().strip("/").split("/")
    if not (parts[-1].isascii() and parts[-1].isdigit() and len(parts[-1]) < 19):
        return None
    before = parts[:-1]
    is_dated = len(before) >= 2 and all(part.isdigit() for part in before[-2:])
    return str(int(parts[-1])) if is_dated or (before and before[-1] in NUMBER_PARENTS) else None


def _of_form(whole: str) -> Asked:
    """What the form of a path says."""
    if FILES.search(whole):
        return Asked(whole, kind=Kind.FILE)
    if FEED_FILES.fullmatch(whole):
        return Asked(whole, leads_to="/feed/")
    if SITEMAPS.fullmatch(whole):
        return Asked(whole, leads_to="/sitemap.xml")
    if whole.rstrip("/").lower() == "/feed/json":
        return Asked(whole, leads_to="/feed.json")
    path, is_feed = _without_tails(whole)
    found = Asked(path, is_feed=is_feed)
    if path == "/" or (is_feed and path.strip("/").lower() == "comments"):
        return replace(found, kind=Kind.FRONT, leads_to="/feed/" if is_feed else "/")
    return _named(found)


def _without_tails(path: str) -> tuple[str, bool]:
    """A path without `/page/2/`, `/feed/`, `/amp/` and their like, and whether it asked for a feed."""
    is_feed = False
    while (tail := LIST_TAIL.search(path) or STORY_TAIL.search(path)) is not None:
        is_feed = is_feed or tail.groupdict().get("feed") is not None
        path = f"{path[: tail.start()]}/"
    if path.lower().startswith("/amp/") and path.count("/") > 2:
        path = path[4:]
    return path, is_feed


def _named(found: Asked) -> Asked:
    """With what the parts of its path name: a term, a person, a day, a story."""
    parts = found.path.strip("/").split("/")
    lower = [part.lower() for part in parts]
    if lower[0] == "search" and len(parts) > 1:
        return replace(found, kind=Kind.OWN, leads_to=f"/search/?q={quote(' '.join(parts[1:]).replace('+', ' '))}")
    for place, word in enumerate(lower[:2]):  # behind the folder of a site that did not live at the root
        kind = {"category": Kind.CATEGORY, "tag": Kind.TAG, "author": Kind.AUTHOR}.get(word)
        if kind is not None and parts[place + 1 :]:
            return replace(found, kind=kind, name=slug_in(parts[-1].split("+")[0]))
    if lower[0] in RESERVED_NAMES and lower[0] != "archive":
        return replace(found, kind=Kind.OWN)
    if lower[0].startswith("wp-"):
        return found
    first, last, has_name = _days(found.path)
    if first is not None and not has_name:
        return replace(found, kind=Kind.TIME, first=first, last=last)
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    name = slug_in(ENDING.sub("", parts[-1]))
    return replace(found, kind=Kind.THING if name else Kind.NOTHING, name=name, first=first, last=last)


def _days(path: str) -> tuple[date | None, date | None, bool]:
    """The first and last day that a path begins with, and whether more follows. None for days that never were."""
    dated = DAYS.match(path.removeprefix("/archive"))
    if dated is None:
        return None, None, True
    rest = path.removeprefix("/archive")[dated.end() :].strip("/")
    year, month, day = (int(part or 1) for part in dated.groups())
    try:
        first = date(year, month, day)
    except ValueError:
        return None, None, True
    if dated[3]:
        return first, first, bool(rest)
    return first, _end_of(first, is_year=not dated[2]), bool(rest)


def _end_of(first: date, *, is_year: bool) -> date:
    """The last day of the year or month that begins on `first`."""
    if is_year or first.month == 12:
        return date(first.year, 12, 31)
    return date(first.year, first.month + 1, 1) - timedelta(days=1)


def slug_in(word: str) -> str:
    """A part of an address as our slugs would have it; "" where it is too short or long to name anything."""
    slug = NO_SLUG.sub("-", word).strip("-").lower()
    return slug if FEWEST_LETTERS <= len(slug) <= LONGEST_NAME else ""


def _of_query(query: Mapping[str, str], *, is_front: bool) -> Asked:
    """What the parameters of the front page ask for. `is_front`: the path was no old one itself."""
    front = Asked("/", kind=Kind.FRONT, leads_to="" if is_front else "/")
    wants_feed = "feed" in query
    for name in OLD_NAMES:
        if name in query:
            return replace(_of_parameter(name, query[name]), is_feed=wants_feed)
    return front


def _of_parameter(name: str, value: str) -> Asked:
    """One of WordPress's parameters. One that says nothing we understand is the front page."""
    nothing = Asked("/", kind=Kind.FRONT, leads_to="" if name in NUMBERS else "/")
    if name in NUMBERED:
        digits = re.match(r"\s*0*(\d{1,18})", value, re.ASCII)
        return Asked("/", spellings=(f"/?{name}={digits[1]}",)) if digits else nothing
    if name == "m":
        days = re.fullmatch(r"(\d{4})(\d{2})?(?:\d{2})?", value, re.ASCII)
        return _named(Asked(f"/{days[1]}/{days[2] or ''}".rstrip("/") + "/")) if days else nothing
    if name == "tag":
        slug = slug_in(value.split("+")[0].split(",")[0].split(" ")[0])
        return Asked("/", spellings=(f"/tag/{slug}/",), kind=Kind.TAG, name=slug) if slug else nothing
    if name == "s":
        return replace(nothing, leads_to=f"/search/?q={quote(value)}" if value.strip() else "/search/")
    return replace(nothing, leads_to="/feed/")
