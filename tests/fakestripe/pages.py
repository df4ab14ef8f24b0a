"""The hosted pages' frame: addresses, layout, style, headers. No script, no cookie, no card field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.fakestripe.refusals import Refused

if TYPE_CHECKING:
    from tests.fakestripe.fake import FakeStripe

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
NO_CENTS = {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
THREE_PLACES = {"bhd", "jod", "kwd", "omr", "tnd"}
SIGNS = {"eur": "€", "usd": "$", "gbp": "£"}


@dataclass(frozen=True)
class Page:
    """What a browser gets."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """One request of a browser: `ident` from the address, the form's fields."""

    fake: "FakeStripe"
    ident: str
    form: Mapping[str, str]

    @property
    def act(self) -> str:
        """The button that was pressed."""
        return self.form.get("act", "")


class Place(Protocol):
    """A module of pages: what it shows, and what its buttons do."""

    def show(self, visit: Visit) -> Page:
        """GET."""

    def press(self, visit: Visit) -> Page:
        """POST."""


def answer(fake: "FakeStripe", method: str, target: str, headers: Mapping[str, str], body: str) -> Page:
    """The page at an address, or what pressing a button on it brings."""
    from tests.fakestripe import control_page, invoice_page, pay_page, portal_page

    parts = urlsplit(target)
    if parts.path == "/style.css":
        return Page(200, STYLE, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=60"})
    if parts.path == "/":
        return see_other("/control")
    head, _, ident = parts.path.lstrip("/").rpartition("/") if parts.path != "/control" else ("control", "", "")
    places: dict[str, Place] = {"c/pay": pay_page, "p": portal_page, "i": invoice_page, "control": control_page}
    if head not in places or method not in ("GET", "HEAD", "POST"):
        return page("Not found", "<p>There is nothing at this address.</p>", status=404)
    origin = headers.get("Origin")
    if method == "POST" and origin not in (None, fake.url):
        return page("Refused", "<p>This form came from another site.</p>", status=403)
    visit = Visit(fake, ident, dict(parse_qsl(body if method == "POST" else parts.query, keep_blank_values=True)))
    try:
        with fake.state.change():
            return places[head].press(visit) if method == "POST" else places[head].show(visit)
    except Refused as refusal:
        return page("That did not work", f"<p>{escape(str(refusal))}</p>", status=refusal.status)


def see_other(address: str) -> Page:
    """Go there now, with a GET."""
    return Page(303, "", {"Location": address, "Cache-Control": "no-store"})


def origin_of(address: str | None) -> str:
    """Scheme, host and port of an address, for `form-action`."""
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


def page(title: str, main: str, *, status: int = 200, back_to: tuple[str, ...] = (), wide: bool = False) -> Page:
    """A whole page. `main` is HTML; `back_to` are origins its forms may redirect to."""
    targets = " ".join(sorted({"'self'", *filter(None, back_to)}))
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {targets}",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    body = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} · demo payments</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body{' class="wide"' if wide else ""}>
<header class="banner"><p><strong>DEMO: no money moves.</strong> These pages stand in for Stripe’s.</p></header>
<main>
<h1>{escape(title)}</h1>
{main}
</main>
<footer><p>A stand-in for a payment provider. It asks for no card and keeps none.</p></footer>
</body>
</html>
"""
    return Page(status, body, headers)


def button(label: str, act: str, *, kind: str = "", **fields: str) -> str:
    """A form of its own with one button; `fields` travel along."""
    hidden = "".join(f'<input type="hidden" name="{k}" value="{escape(v)}">' for k, v in fields.items())
    style = f' class="{kind}"' if kind else ""
    return f'<form method="post">{hidden}<button name="act" value="{act}"{style}>{escape(label)}</button></form>'


def note(text: str, kind: str = "note") -> str:
    """A message at the top of a page, read out by screen readers."""
    role = "alert" if kind == "problem" else "status"
    return f'<p class="{kind}" role="{role}">{escape(text)}</p>'


def table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A section with a table that scrolls by itself; cells are HTML. Empty without rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    inner = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    region = f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">{inner}</div>'
    return f"<section><h2>{title}</h2>{region}</section>"


def amount(minor: int, currency: str) -> str:
    """Minor units as people write them, with the right number of places."""
    places = 0 if currency in NO_CENTS else 3 if currency in THREE_PLACES else 2
    number = f"{abs(minor) / 10**places:,.{places}f}"
    sign = SIGNS.get(currency)
    return ("-" if minor < 0 else "") + (f"{sign}{number}" if sign else f"{number} {currency.upper()}")


def date(moment: int | None) -> str:
    """A moment as a date with the hour, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%-d %B %Y, %H:%M UTC") if moment else "–"


def day(moment: int | None) -> str:
    """A moment as a date, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%-d %B %Y") if moment else "–"


def per(price: dict[str, object]) -> str:
    """A price with its rhythm: “€5.00 a month”."""
    text = amount(int(str(price["unit_amount"])), str(price["currency"]))
    recurring = price.get("recurring")
    if not isinstance(recurring, dict):
        return text
    count = recurring["interval_count"]
    return f"{text} every {count} {recurring['interval']}s" if count > 1 else f"{text} a {recurring['interval']}"
