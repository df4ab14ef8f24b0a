"""What hangs on the stories of a Ghost export: tags, authors, tiers, settings. Read before the stories themselves,
since Ghost writes its tables in no useful order. Memory grows with their number, not with the length of texts.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from articles.importers.ghost.export import BrokenExportError, GhostExport, Row

TABLES = frozenset([
    "posts", "posts_meta", "posts_tags", "posts_authors", "posts_products", "tags", "users", "settings", "products",
    "stripe_prices", "benefits", "products_benefits", "newsletters",
])  # fmt: skip
META = ("feature_image_alt", "feature_image_caption", "meta_title", "og_title", "email_only")
FIRST_YEAR, LAST_YEAR = 1500, 9000  # others are slips, and some calendars end there
Links = dict[str, list[tuple[int, str]]]


@dataclass
class Contents:
    """The small tables by id. `broken`: where the export breaks, "" where it does not."""

    tags: dict[str, Row] = field(default_factory=dict)
    users: dict[str, Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    prices: dict[str, Row] = field(default_factory=dict)
    benefits: dict[str, Row] = field(default_factory=dict)
    newsletters: list[Row] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    meta: dict[str, Row] = field(default_factory=dict)
    tags_of: Links = field(default_factory=lambda: defaultdict(list))
    authors_of: Links = field(default_factory=lambda: defaultdict(list))
    products_of: Links = field(default_factory=lambda: defaultdict(list))
    benefits_of: Links = field(default_factory=lambda: defaultdict(list))
    slugs: set[str] = field(default_factory=set)
    post_count: int = 0
    broken: str = ""

    @classmethod
    def of(cls, export: GhostExport) -> "Contents":
        """Read the export once. Stops quietly where it breaks."""
        found = cls()
        takers = found._takers()
        try:
            for table, row in export.rows(TABLES):
                takers[table](row)
        except BrokenExportError as broken:
            found.broken = str(broken)
        return found

    def _takers(self) -> dict[str, Callable[[Row], None]]:
        """What to do with a row of each table."""
        by_id = {
            "tags": self.tags, "users": self.users, "products": self.products, "stripe_prices": self.prices,
            "benefits": self.benefits,
        }  # fmt: skip
        links = {
            "posts_tags": (self.tags_of, "post_id", "tag_id"),
            "posts_authors": (self.authors_of, "post_id", "author_id"),
            "posts_products": (self.products_of, "post_id", "product_id"),
            "products_benefits": (self.benefits_of, "product_id", "benefit_id"),
        }
        return {
            "posts": self._take_post,
            "posts_meta": self._take_meta,
            "settings": lambda row: self.settings.update({text(row, "key"): text(row, "value")}),
            "newsletters": self.newsletters.append,
            **{table: _keeper(rows) for table, rows in by_id.items()},
            **{table: _linker(*where) for table, where in links.items()},
        }

    def _take_post(self, row: Row) -> None:
        self.post_count += 1
        self.slugs.add(text(row, "slug"))

    def _take_meta(self, row: Row) -> None:
        kept = {name: row[name] for name in META if row.get(name)}
        if kept:
            self.meta[text(row, "post_id")] = kept


def _keeper(rows: dict[str, Row]) -> Callable[[Row], None]:
    return lambda row: rows.update({text(row, "id"): row})


def _linker(links: Links, one: str, other: str) -> Callable[[Row], None]:
    def take(row: Row) -> None:
        links[text(row, one)].append((number(row.get("sort_order")), sys.intern(text(row, other))))

    return take


def in_order(links: Links, key: str) -> list[str]:
    """What is linked to `key`, as Ghost sorted it, each once."""
    found = sorted(links[key], key=lambda link: link[0]) if key in links else []
    return list(dict.fromkeys(other for _order, other in found))


def text(row: Row, name: str) -> str:
    """A value as stripped text; "" for none. Ids are numbers in what older tools wrote."""
    value = row.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def number(value: Any) -> int:
    """A whole number; 0 where there is none."""
    return value if isinstance(value, int) else 0


def is_on(value: Any) -> bool:
    """Whether a flag is set: true, 1 or "1"."""
    return value in (True, 1, "1", "true")


def moment(value: Any) -> datetime | None:
    """A UTC moment: ISO, `2018-01-01 10:00:00`, or milliseconds since 1970; None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            found: datetime | None = datetime.fromtimestamp(value / 1000, tz=UTC)
        else:
            found = parse_datetime(value.strip()) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
