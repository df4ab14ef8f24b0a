"""Links that lead out of our stories: noted when a story is kept, looked after by a job, reported to the desk.

An address is dead when nobody answered there on two different days. Somebody who answers "not you" (a wall,
a limit, a refusal of machines) has answered. When no machine at all can be reached, it is we who are cut off.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, OutgoingLink
from articles.models.article import UNSEEN_BY_LISTS
from newsroom.fetch import PUBLIC, FetchError, Network, status_of

A_RUN, A_HOST = 50, 5
LOOKED_THROUGH = 500
PATIENCE_SECONDS, BREATH_SECONDS = 8.0, 1.0
RUN_SECONDS = 240.0
LONGEST = 1000
REPORTED = 200
GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an address found: `trouble` is empty where somebody answered.

    `answered`: whether a machine was reached at all.
    """

    trouble: str
    answered: bool


def addresses(blocks: Iterable[Any]) -> list[str]:
    """The addresses outside our site that blocks of a text link to or embed, in order, each once."""
    found = []
    for block in blocks:
        found += [node.get("href") for node in block.iter("a")]
        found += block.xpath("descendant-or-self::*/@data-embed")
    return list(dict.fromkeys(filter(None, (_outside(url) for url in found))))


def note_links(article: Article, hrefs: Iterable[str], *, had: Iterable[str]) -> None:
    """Make the story's outgoing links agree with `hrefs`: those of its text and its related links.

    `had`: what is noted. No query where nothing changed, at most two. What is still linked keeps what is known of it.
    """
    had, wanted = set(had), {url for url in map(_outside, hrefs) if url}
    if had == wanted:
        return
    with transaction.atomic():
        if gone := had - wanted:
            OutgoingLink.objects.filter(article=article, url__in=gone).delete()
        new = [OutgoingLink(article=article, url=url) for url in sorted(wanted - had)]
        OutgoingLink.objects.bulk_create(new, ignore_conflicts=True)


def look_after_due(*, now: datetime, network: Network = PUBLIC, breathe: Callable[[float], None] = time.sleep) -> None:
    """Look at what is due: at most fifty addresses, five of a host with a breath between, four minutes in all.

    Effects: requests to other people's machines with nothing locked, then what was found in the rows.
    """
    until, looks = time.monotonic() + RUN_SECONDS, dict[str, Look]()
    due = defaultdict(list)
    for pk, url in OutgoingLink.objects.due(now).values_list("pk", "url")[:LOOKED_THROUGH]:
        due[url].append(pk)
    for place, urls in enumerate(rounds(due)):
        if place:
            breathe(BREATH_SECONDS)
        looks |= {url: look_at(url, network=network) for url in urls if time.monotonic() < until}
    if len({_host(url) for url in looks}) > 1 and not any(look.answered for look in looks.values()):
        return  # nobody anywhere: it is our own line
    for url, look in looks.items():
        record(due[url], look, now=now)


def rounds(urls: Iterable[str]) -> list[list[str]]:
    """Fifty addresses at most, in rounds that ask each host once."""
    turns: list[list[str]] = [[] for _turn in range(A_HOST)]
    asked: dict[str, int] = defaultdict(int)
    chosen = 0
    for url in urls:
        turn = asked[_host(url)]
        if turn < A_HOST and chosen < A_RUN:
            turns[turn].append(url)
            asked[_host(url)] += 1
            chosen += 1
    return [turn for turn in turns if turn]


def look_at(url: str, *, network: Network = PUBLIC) -> Look:
    """What is at an address now."""
    try:
        status = status_of(url, seconds=PATIENCE_SECONDS, network=network)
    except FetchError as error:
        return Look(str(error)[:120], answered=False)
    if status in GONE or 500 <= status < 600:
        return Look(_("It answers with an error (%(status)d).") % {"status": status}, answered=True)
    return Look("", answered=True)


def record(links: Iterable[int], look: Look, *, now: datetime) -> None:
    """Keep what a look found for `links` (keys). The second trouble, on a later day, makes them dead."""
    rows = OutgoingLink.objects.filter(pk__in=list(links))
    if not look.trouble:
        rows.update(checked_at=now, trouble="", failing_since=None)
        return
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic():
        rows.dead().update(checked_at=now, trouble=look.trouble)
        waiting = rows.filter(failing_since=None)
        waiting.exclude(trouble="").filter(checked_at__lt=today).update(
            failing_since=F("checked_at"), checked_at=now, trouble=look.trouble
        )
        waiting.filter(trouble="").update(checked_at=now, trouble=look.trouble)


def dead_links(stories: Any) -> list[OutgoingLink]:
    """The report: dead addresses of `stories`, the longest dead first, two hundred at most. One query."""
    unseen = [f"article__{name}" for name in UNSEEN_BY_LISTS]
    rows = OutgoingLink.objects.dead().filter(article__in=stories).exclude(article__status=Article.Status.WITHDRAWN)
    return list(rows.select_related("article").defer(*unseen).order_by("failing_since", "pk")[:REPORTED])


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _outside(url: str | None) -> str:
    """The address without its fragment where it leads to somebody else's web page; else empty."""
    try:
        bare = urldefrag((url or "").strip()).url
        parts = urlsplit(bare)
    except ValueError:
        return ""
    is_ours = parts.netloc.lower() == urlsplit(settings.SITE_URL).netloc.lower()
    return bare if parts.scheme in ("http", "https") and parts.netloc and not is_ours and len(bare) <= LONGEST else ""
