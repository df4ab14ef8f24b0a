"""Link cards: what a page elsewhere says of itself, asked once by a job and kept as text.

A story's text names the address; `want` notes it with the change, `fill` asks. Until then, and where nothing
can be had, the card shows host and path.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import Truncator
from lxml import etree
from lxml import html as lxml_html

from articles.attachments.embeds import host_of
from articles.models import LinkPreview
from newsroom.caching import purge
from newsroom.fetch import PUBLIC, Fetched, FetchError, Network, fetch

ASKED_FOR = timedelta(days=1)  # who does not answer within a day is not asked again
LONGEST_ADDRESS = 1000
READ_BYTES = 1_000_000
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of itself, as plain text; each may be empty."""

    title: str
    description: str
    site: str


def want(addresses: Iterable[str]) -> None:
    """Have a card for each of these addresses; those known are left alone. One query where there are any."""
    rows = [LinkPreview(url=address) for address in addresses if host_of(address) and len(address) <= LONGEST_ADDRESS]
    if rows:
        LinkPreview.objects.bulk_create(rows, ignore_conflicts=True)


def due(now: datetime, most: int) -> list[int]:
    """The cards nobody filled yet, oldest first."""
    waiting = LinkPreview.objects.filter(fetched_at=None, asked_at__gt=now - ASKED_FOR)
    return list(waiting.order_by("asked_at", "pk").values_list("pk", flat=True)[:most])


def fill(card: LinkPreview, *, now: datetime, network: Network = PUBLIC) -> bool:
    """Ask the page what it is and keep what it says; whether it said anything. Purges the pages that show the card.

    Effects: requests to a machine of the public internet. One that cannot be had is not asked again.
    """
    try:
        said = read(fetch(card.url, accept="text/html", max_bytes=READ_BYTES, seconds=SECONDS, network=network))
    except FetchError:
        said = Said("", "", "")
    with transaction.atomic():
        LinkPreview.objects.filter(pk=card.pk).update(
            title=said.title, description=said.description, site=said.site, fetched_at=now
        )
        purge(f"card-{card.pk}")
    return bool(said.title)


def read(page: Fetched) -> Said:
    """Title, description and site of a page: by Open Graph, else by its own title and description."""
    if page.media_type not in ("text/html", "application/xhtml+xml") or not page.body.strip():
        return Said("", "", "")
    try:
        parser = lxml_html.HTMLParser(encoding=page.charset or None)
        tree = lxml_html.document_fromstring(page.body, parser=parser)
    except (etree.ParserError, LookupError, ValueError):
        return Said("", "", "")
    named = {
        str(meta.get("property") or meta.get("name") or "").lower(): str(meta.get("content") or "")
        for meta in reversed(tree.findall(".//meta"))
    }
    return Said(
        title=_line(named.get("og:title") or tree.findtext(".//title") or "", 200),
        description=_line(named.get("og:description") or named.get("description") or "", 300),
        site=_line(named.get("og:site_name") or "", 120),
    )


def _line(text: str, most: int) -> str:
    """`text` on one line, no longer than `most` characters."""
    return Truncator(" ".join(text.replace("\x00", "").split())).chars(most)
