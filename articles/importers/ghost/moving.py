"""The old addresses of a Ghost site: its permalinks, and the redirects its publisher had made."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from django.utils import timezone

from articles.importers.filing import Addresses, same
from articles.importers.ghost.contents import Contents, in_order, text
from articles.importers.ghost.export import GhostExport, Row, document
from articles.importers.report import ImportReport
from articles.models import Redirect

USUAL = "/{slug}/"
PERMALINK = re.compile(r"^\s*permalink:\s*['\"]?([^\s'\"#]+)", re.M)
PLACE = re.compile(r"\{(\w+)\}|:(\w+)")
YAML_LINE = re.compile(
    r"""^\s+(?:'([^']+)'|"([^"]+)"|([^\s:'"][^\s]*?))\s*:\s*(?:'([^']*)'|"([^"]*)"|(\S+))\s*$""", re.M
)
UNESCAPE = re.compile(r"\\([/.\-_?=&])")
PATTERN = re.compile(r"[*+?()\[\]|{}^$\\]")
LONGEST_PATH = 700


class Permalinks:
    """Where stories stood: `patterns` such as `/{year}/{month}/{slug}/`, in the old site's time zone."""

    def __init__(self, contents: Contents, export: GhostExport, given: str) -> None:
        self.contents = contents
        known = PERMALINK.findall(export.beside("routes.yaml"))
        found = [given] if given else [*known, text(contents.settings, "permalinks") or USUAL]
        self.patterns = list(dict.fromkeys(pattern for pattern in found if "slug" in pattern or "id" in pattern))
        name = next(filter(None, map(contents.settings.get, ("timezone", "active_timezone", "activeTimezone"))), "")
        self.zone = zone_named(name)

    def day(self, published_at: datetime) -> datetime:
        """A moment on the calendar its address was written by: the old site's where addresses named a day."""
        dated = any("day" in pattern for pattern in self.patterns)
        return published_at.astimezone(self.zone if dated and self.zone else timezone.get_default_timezone())

    def paths(self, row: Row, published_at: datetime) -> Iterator[str]:
        """Every address a post answered at."""
        local = published_at.astimezone(self.zone) if self.zone else published_at
        key = text(row, "id")
        words = {
            "slug": text(row, "slug"), "id": key, "year": f"{local:%Y}", "month": f"{local:%m}", "day": f"{local:%d}",
            "primary_tag": self._slug(self.contents.tags, in_order(self.contents.tags_of, key)) or "all",
            "primary_author": self._slug(self.contents.users, self._authors(row)),
            "author": self._slug(self.contents.users, self._authors(row)),
        }  # fmt: skip
        for pattern in self.patterns:
            path = PLACE.sub(lambda place: words.get(place[1] or place[2], ""), pattern).strip("/")
            if path:
                yield f"/{path}/"
        if text(row, "uuid"):
            yield f"/p/{text(row, 'uuid')}/"

    def _authors(self, row: Row) -> list[str]:
        return in_order(self.contents.authors_of, text(row, "id")) or [text(row, "author_id")]

    def _slug(self, rows: dict[str, Row], keys: Iterable[str]) -> str:
        return next((text(rows[key], "slug") for key in keys if key in rows), "")


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of this name; None for none that is known."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def bring_redirects(export: GhostExport, addresses: Addresses, report: ImportReport, site: str) -> None:
    """The publisher's own redirects, each led to where its target lives now. Patterns are noted, not brought."""
    for source, target in written(export):
        old, new = literal(source), target.strip()
        parts = urlsplit(new)
        if parts.netloc == urlsplit(site).netloc:
            new = parts._replace(scheme="", netloc="").geturl()
        if old is None or "$" in new or not new.startswith(("/", "http://", "https://")) or len(new) > LONGEST_PATH:
            report.note(source, f"led to {target}: it is a pattern or leads nowhere, so it was not brought")
        elif not same(old, landing(new)):
            addresses.redirect(old, landing(new))


def written(export: GhostExport) -> Iterator[tuple[str, str]]:
    """(from, to) of every redirect beside the export: Ghost wrote JSON first, YAML later."""
    rows = document(export.beside("redirects.json"))
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield text(row, "from"), text(row, "to")
    for name in ("redirects.yaml", "redirects.yml"):
        for found in YAML_LINE.findall(export.beside(name)):
            yield next(filter(None, found[:3]), ""), next(filter(None, found[3:]), "")


def literal(pattern: str) -> str | None:
    """The one address a pattern of Ghost's means (`^\\/old\\/?$` is `/old/`); None where it means several."""
    path = pattern.strip().removeprefix("^").removesuffix("$")
    is_open = path.endswith(("/?", "(/)?"))
    path = UNESCAPE.sub(r"\1", path.removesuffix("?").removesuffix("(/)") if is_open else path)
    if PATTERN.search(path) or not path.startswith("/") or path == "/":
        return None
    path = unquote(path)
    return path if path.endswith("/") or "." in path.rpartition("/")[2] else f"{path}/"


def landing(path: str) -> str:
    """Where an address of this site leads now: itself, or what its redirect names."""
    ways = (path, path.lower()) if path.startswith("/") else ()
    old = [form for way in ways for form in (way, f"{way.rstrip('/')}/", way.rstrip("/"))]
    found = Redirect.objects.filter(old_path__in=old).order_by("pk").first() if path.strip("/") else None
    return found.new_path if found is not None else path
