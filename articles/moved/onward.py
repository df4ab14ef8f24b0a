"""Where an old address leads now: by a redirect, by its form, or by the one thing that bears its name.

The answer is final: whoever follows it is there after one step.
"""

from datetime import datetime
from urllib.parse import quote, unquote

from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from articles import lists
from articles.models import Redirect
from articles.moved.asked import ANY, OLD_NAMES, SLASHES, Asked, Kind, asked
from articles.moved.living import PREFERRED, bearing, file_at, taken

KEPT_IN_PATH = "/~:@!$&'()*+,;="  # RFC 3986, section 3.3


def asks_for_the_old(request: HttpRequest) -> bool:
    """Whether the front page is asked for something an old site kept behind its parameters."""
    return any(name in request.GET for name in OLD_NAMES)


def onward(request: HttpRequest) -> str:
    """Where the address of `request` leads, fit for a header; "" where nobody knows.

    One query for the redirects, and where none stands one for what bears the name; what is found may cost two more.
    """
    now: datetime = request.now  # type: ignore[attr-defined]  # set by ReaderMiddleware
    wanted = asked(request.path, request.GET.dict())
    found = iri_to_uri(redirected(wanted, now) or by_form(wanted, now))
    if found and not is_here(found, request):
        return found
    single = SLASHES.sub("/", request.path)
    return iri_to_uri(quote(single, safe=KEPT_IN_PATH)) if single != request.path else ""


def is_here(found: str, request: HttpRequest) -> bool:
    """Whether an address is the very one that was asked for."""
    return unquote(found) == (unquote(request.get_full_path()) if request.path == "/" else request.path)


def redirected(wanted: Asked, now: datetime) -> str:
    """Where a redirect leads, "" for none. What was behind an address leads on with it."""
    if not wanted.spellings:
        return ""
    rows = dict(Redirect.objects.filter(old_path__in=wanted.spellings).values_list("old_path", "new_path"))
    old = next((spelling for spelling in wanted.spellings if spelling in rows), "")
    if not old:
        return ""
    if old.endswith(f"/{ANY}"):
        return _by_pattern(wanted, old, rows[old], now)
    if rows[old].startswith("/") and (at_file := asked(rows[old], {})).kind is Kind.FILE:
        return file_at(at_file.path, now)
    return _with_feed(rows[old], wanted, now)


def _by_pattern(wanted: Asked, old: str, new: str, now: datetime) -> str:
    """Where a pattern leads: one place for all, or for each its own, if somebody lives there."""
    if not new.endswith(f"/{ANY}"):
        return _with_feed(new, wanted, now)
    rest = wanted.whole[len(old) - len(ANY) :]
    if not new.startswith("/"):
        return f"{new.removesuffix(ANY)}{quote(rest, safe=KEPT_IN_PATH)}"
    there = SLASHES.sub("/", f"{new.removesuffix(ANY)}{rest}")
    if taken([there], now):
        return quote(there, safe=KEPT_IN_PATH)
    behind = asked(there, {})
    exact = [spelling for spelling in behind.spellings if not spelling.endswith(f"/{ANY}")]
    row = Redirect.objects.filter(old_path__in=exact).values_list("new_path", flat=True).first()
    return row or by_form(behind, now)


def by_form(wanted: Asked, now: datetime) -> str:
    """Where an address leads by its form and what bears its name; "" for nowhere."""
    if wanted.leads_to:
        return wanted.leads_to
    if wanted.kind is Kind.FILE:
        return file_at(wanted.path, now)
    if wanted.kind is Kind.TIME:
        return _archive(wanted, now)
    if wanted.kind is Kind.OWN:
        is_ours = wanted.path != wanted.whole and bool(taken([wanted.path], now))
        return _with_feed(quote(wanted.path, safe=KEPT_IN_PATH), wanted, now) if is_ours else ""
    if wanted.kind in PREFERRED and wanted.name:
        return _with_feed(bearing(wanted, now), wanted, now)
    return ""


def _archive(wanted: Asked, now: datetime) -> str:
    """The archive of a year or month that has one; a day is in its month."""
    if wanted.first is None or wanted.last is None:
        return ""
    is_year = wanted.last.month != wanted.first.month
    try:
        lists.calendar(now, wanted.first.year, None if is_year else wanted.first.month)
    except lists.CursorError:
        return ""
    return reverse("archive", args=[wanted.first.year] if is_year else [wanted.first.year, wanted.first.month])


def _with_feed(found: str, wanted: Asked, now: datetime) -> str:
    """The feed of what was found, where a feed was asked for and there is one; else what was found."""
    if not (found and wanted.is_feed and found.startswith("/") and found.endswith("/")):
        return found
    feed = f"{found}feed/"
    return feed if taken([unquote(feed)], now) else found
