"""What somebody asks the content API for: filters, how many, from where on; and the rows that are meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.api.problems import ProblemError
from articles.models import Article, Author, Byline, Section, Series, Tag, Tagging
from articles.models.article import ArticleQuerySet
from articles.models.listing import ListedQuerySet
from articles.structured_data import absolute

FEW, MOST = 20, 100
STORY_PARAMS = ("section", "tag", "author", "series", "language", "since", "limit", "before")
LIST_PARAMS = ("limit", "after")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stories are asked for. Slugs are empty where nothing was said."""

    said: dict[str, str]
    since: datetime | None
    limit: int

    @classmethod
    def read(cls, query: QueryDict) -> "Wanted":
        """From the query of an address. Raises ProblemError for what cannot be read."""
        said = said_in(query, STORY_PARAMS)
        return cls(said, _moment(said.get("since", "")), limit_in(said))

    @property
    def before(self) -> str:
        """The cursor, empty for the first page."""
        return self.said.get("before", "")

    def rows(self) -> ArticleQuerySet | ListedQuerySet[Any]:
        """Those meant, live or not: of a tag or an author by the rows that list them, which an index walks in order."""
        said = self.said
        if "tag" in said:
            listed: ListedQuerySet[Any] = Tagging.objects.filter(tag=_key(Tag, said["tag"]))
        elif "author" in said:
            listed = Byline.objects.filter(author=_key(Author, said["author"]))
        else:
            return Article.objects.filter(self._where(""))
        return listed.filter(self._where("article__"))

    def _where(self, story: str) -> Q:
        """The conditions on the story, by what it is called from the rows that are listed."""
        said, where = self.said, Q()
        if "tag" in said and "author" in said:
            signed = Byline.objects.filter(author=_key(Author, said["author"])).values("article")
            where &= Q(article__in=signed)
        if "section" in said:
            where &= Q(**{f"{story}section": _key(Section, said["section"])})
        if "series" in said:
            where &= Q(**{f"{story}series": _key(Series, said["series"])})
        if self.since is not None:
            where &= Q(published_at__gt=self.since)
        if "language" in said:
            where &= _in_language(said["language"], f"{story}language")
        return where

    def next_address(self, path: str, cursor: str) -> str | None:
        """The address of the page after this one; None where there is none."""
        return absolute(f"{path}?{urlencode({**self.said, 'before': cursor})}") if cursor else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of things listed by a unique word. `next`: the address of the one after it."""

    rows: list[Any]
    next: str | None


def listed(rows: "QuerySet[Any]", word: str, query: QueryDict, path: str) -> Listed:
    """A keyset page of `rows` by their `word` (`slug`, `path`). One query. Raises ProblemError."""
    said = said_in(query, LIST_PARAMS)
    limit = limit_in(said)
    wanted = rows.filter(**{f"{word}__gt": said["after"]}) if "after" in said else rows
    found = list(wanted.order_by(word)[: limit + 1])
    if len(found) <= limit:
        return Listed(found, None)
    after = urlencode({**said, "after": getattr(found[limit - 1], word)})
    return Listed(found[:limit], absolute(f"{path}?{after}"))


def limit_in(said: dict[str, str]) -> int:
    """How many are asked for. Raises ProblemError."""
    text = said.get("limit", str(FEW))
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise ProblemError.about("limit", _("It is a number from 1 to %(most)d.") % {"most": MOST})
    return int(text)


def said_in(query: QueryDict, names: tuple[str, ...]) -> dict[str, str]:
    """What is said of `names`, what is empty left out. Raises ProblemError for text no database holds."""
    said = {name: str(query[name]) for name in names if query.get(name)}
    for name, text in said.items():
        if not text.isprintable():
            raise ProblemError.about(name, _("It holds characters that cannot be meant."))
    return said


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a bare + in an address is a space
    except ValueError:
        raise ProblemError.about("since", _("It is a date or moment, such as 2026-11-03T12:00:00Z.")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_default_timezone())


def _key(model: Any, slug: str) -> Subquery:
    """The key of what has this slug, found within the one query; nothing where nobody has it."""
    return Subquery(model.objects.filter(slug=slug).values("pk")[:1])


def _in_language(wanted: str, field: str) -> Q:
    """Stories in a language or a variety of it (RFC 4647, basic filtering); one that names none is in the site's."""
    matches = Q(**{f"{field}__iexact": wanted}) | Q(**{f"{field}__istartswith": f"{wanted}-"})
    site = settings.LANGUAGE_CODE.lower()
    is_ours = site == wanted.lower() or site.startswith(f"{wanted.lower()}-")
    return matches | Q(**{field: ""}) if is_ours else matches
