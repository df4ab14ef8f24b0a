"""What lives here: at an address, under a name, or as a file that came from elsewhere. One query a question.

Only what readers may open counts, save where an address is taken: nobody leads readers past a story to come.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.db.models import DateField, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from articles.models import Article, Author, Document, Name, Picture, Section, Series, Tag
from articles.models.picture import stood_at
from articles.moved.asked import NEXT_PAGE, Asked, Kind
from articles.pictures import version_name, widths_of

OTHERS = ("/admin/", "/api/", settings.STATIC_URL, settings.MEDIA_URL)
SIZE = re.compile(r"-(\d{1,5})x\d{1,5}(?=\.\w{2,5}$)")
GHOST_SIZE = re.compile(r"/size/w(\d{1,5})(?:h\d{1,5})?(?:/format/\w+)?(?=/)")
TWICE_ENDED = re.compile(r"(\.(?:jpe?g|png|gif))\.(?:webp|avif)$", re.IGNORECASE)
STORED_AS = re.compile(r"(?=\.\w{2,5}$)")
VARIANTS = ("", "-scaled", "-rotated")  # what WordPress calls the large picture it made the sizes of
ONE_TOO_MANY = 2
A_DAY = timedelta(days=1)  # calendars of two time zones
PREFERRED = {
    Kind.THING: ("place", "story", "section", "page", "tag"),
    Kind.CATEGORY: ("section", "tag"),
    Kind.TAG: ("tag", "section"),
    Kind.AUTHOR: ("author",),
}


@dataclass(frozen=True, slots=True)
class Named:
    """Something readers may open, by what kind of thing it is, its slug or path, and a story's day."""

    kind: str
    path: str
    day: date | None

    @property
    def address(self) -> str:
        """Where it lives."""
        if self.day is not None:
            return reverse("story", args=[self.day, self.path])
        return reverse(self.kind if self.kind in ("tag", "author") else "place", args=[self.path])


def bearing(name: Asked, now: datetime) -> str:
    """The address of the one thing that bears the name, "" for none and for several alike. One query."""
    wanted = PREFERRED[name.kind]
    whole = name.path.rstrip("/").lower()
    paths = [whole.lstrip("/"), NEXT_PAGE.sub("", whole).lstrip("/"), name.name]
    rows = list(_rows(name, wanted, paths, now))
    first = rows[0].union(*rows[1:], all=True) if rows[1:] else rows[0]
    found = defaultdict(list)
    for row in first:
        found[row[0]].append(Named(*row))
        if row[0] in ("section", "page") and row[1] in paths[:-1]:
            found["place"].append(Named(*row))
    for kind in wanted:
        if found[kind]:
            return found[kind][0].address if len(found[kind]) == 1 else ""
    return ""


def _rows(name: Asked, wanted: tuple[str, ...], paths: list[str], now: datetime) -> Iterator[QuerySet[Any, Any]]:
    """The rows of each kind that bear the name, as (kind, path, day)."""
    nowhen = Cast(Value(None), DateField())
    if "story" in wanted:
        stories = Article.objects.live(now).filter(slug=name.name)
        if name.first is not None:
            days = {"published_on__gte": name.first - A_DAY, "published_on__lte": (name.last or name.first) + A_DAY}
            stories = stories.filter(**days)
        yield stories.values_list(Value("story"), "slug", "published_on")[:ONE_TOO_MANY]
    if "section" in wanted:
        names = Name.objects.filter(path__in=paths)
        yield names.filter(section__isnull=False).values_list(Value("section"), "path", nowhen)
        if "page" in wanted:
            yield names.filter(page__is_published=True).values_list(Value("page"), "path", nowhen)
    if "tag" in wanted:
        yield Tag.objects.filter(slug=name.name).values_list(Value("tag"), "slug", nowhen)
    if "author" in wanted:
        yield Author.objects.filter(slug=name.name).values_list(Value("author"), "slug", nowhen)


def taken(paths: Iterable[str], now: datetime) -> set[str]:
    """Those of `paths` (decoded, without query) at which the site itself answers, now or at a story's hour.

    At most six queries, however many paths. A path without its last slash counts as the one with it.
    """
    asked: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    found = set()
    for path in set(paths):
        kind, key = _resolved(path)
        if kind in HOLDERS:
            asked[kind][key].append(path)
        elif kind:
            found.add(path)
    for kind, keys in asked.items():
        holders = HOLDERS[kind](list(keys))
        found |= {path for key, known_as in keys.items() if key in holders for path in known_as}
    return found


def _resolved(path: str) -> tuple[str, Any]:
    """Which kind of page an address is, and what it is of; ("", None) where no view answers."""
    if path.startswith(OTHERS):
        return "own", None
    for form in (path, f"{path}/"):
        try:
            match = resolve(form)
        except Resolver404:
            continue
        kind = KINDS.get(match.url_name or "", "own")
        given = match.kwargs
        if kind == "story":
            return kind, (given["published_on"], given["slug"])
        return kind, given.get("path") or given.get("slug")
    return "", None


def _stories(keys: list[Any]) -> set[Any]:
    days, slugs = {day for day, _slug in keys}, {slug for _day, slug in keys}
    rows = Article.objects.filter(published_on__in=days, slug__in=slugs).values_list("published_on", "slug")
    return set(rows)


def _places(keys: list[Any]) -> set[Any]:
    names = Name.objects.filter(path__in=keys).values_list("path", "section", "page__is_published")
    return {path for path, section, is_published in names if section or is_published}


def _slugs(model: Any) -> Any:
    return lambda keys: set(model.objects.filter(slug__in=keys).values_list("slug", flat=True))


HOLDERS: dict[str, Any] = {
    "story": _stories,
    "place": _places,
    "section": _slugs(Section),
    "tag": _slugs(Tag),
    "author": _slugs(Author),
    "series": _slugs(Series),
}
KINDS = {
    **dict.fromkeys(("story", "rest", "live"), "story"),
    **{name: name for name in ("place", "tag", "author", "series")},
    **{f"{name}_feed": name for name in ("section", "tag", "author", "series")},
}


def file_at(path: str, now: datetime) -> str:
    """The address of our copy of an old site's file, in about the size it was asked for; "" for none.

    Two queries at most. A picture we may not show any more is none.
    """
    candidates = _file_paths(path)
    here = {"stood_at__in": candidates}
    pictures = Picture.objects.exclude(source_url="").exclude(file="").alias(stood_at=stood_at()).filter(**here)
    today = timezone.localdate(now)
    for picture in pictures.order_by("pk"):
        if picture.rights_state(today) != "ended":
            return _in_size(picture, path)
    document = (
        Document.objects.exclude(source_url="").exclude(file="").alias(stood_at=stood_at()).filter(**here).first()
    )
    return str(document.file.url) if document else ""


def _file_paths(path: str) -> list[str]:
    """Where the file stood that `path` is a size or another encoding of, escaped and not."""
    plain = GHOST_SIZE.sub("", TWICE_ENDED.sub(r"\1", path))
    found = dict.fromkeys([path, plain])
    found |= {STORED_AS.sub(variant, SIZE.sub("", plain), count=1): None for variant in VARIANTS}
    return list(dict.fromkeys(form for one in found for form in (one, quote(one), quote(unquote(one)))))


def _in_size(picture: Picture, path: str) -> str:
    """The version that is at least as wide as was asked for; the picture itself where no size was named."""
    size = SIZE.search(TWICE_ENDED.sub(r"\1", path)) or GHOST_SIZE.search(path)
    widths = widths_of(picture) if picture.prepared_at else []
    if size is None or not widths:
        return str(picture.file.url)
    width = next((step for step in widths if step >= int(size[1])), widths[-1])
    return str(picture.file.storage.url(version_name(picture, width, "jpg")))
