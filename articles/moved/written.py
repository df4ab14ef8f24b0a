"""Addresses as people write them, made into what is stored: an old one of this site, and one to lead to."""

from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.http import QueryDict
from django.urls import is_valid_path
from django.utils.translation import gettext as _

from articles.models.section import RESERVED_NAMES
from articles.moved.asked import ANY, ENDING, OLD_NAMES, asked, is_gone, tidy
from articles.moved.living import OTHERS

LONGEST = 700
LED_ON = frozenset(["tag", "author", "archive", "series", "feed"])  # rooms of ours that old sites had as well


class LeadError(Exception):
    """This address cannot be led there. The message is fit to show; `field`: which of the two it is about."""

    def __init__(self, message: str, field: str = "old_path") -> None:
        super().__init__(message)
        self.field = field


def old_address(typed: str) -> str:
    """An address of this site as redirects know it: decoded, in small letters, with what of its query counts.

    Raises LeadError for one elsewhere, for one that only this site ever answers, and for a pattern of everything.
    """
    address = our_path(typed.strip())
    if not _is_path(address):
        raise LeadError(_("An address of this site: it starts with one “/”."))
    parts = _split(address, "old_path")
    path = tidy(unquote(parts.path)).lower()
    if is_gone(path) or path.startswith(OTHERS):
        raise LeadError(_("The site itself answers there."))
    if ANY in path:
        _must_be_narrow(path)
    address = f"{path}{_query_of(path, parts.query)}"
    if address == "/":
        raise LeadError(_("That is the front page itself."))
    if len(address) > LONGEST:
        raise LeadError(_("This is too long for an address."))
    return address


def new_address(typed: str) -> str:
    """Where to lead: an address of this site as a path, or a whole one by https. Raises LeadError."""
    address = our_path(typed.strip())
    parts = _split(address, "new_path")
    is_elsewhere = parts.scheme == "https" and parts.hostname and parts.username is None
    if not is_elsewhere and not _is_path(address):
        sentence = _("An address of this site: it starts with one “/”. One elsewhere begins with https://.")
        raise LeadError(sentence, "new_path")
    if len(address) > LONGEST:
        raise LeadError(_("This is too long for an address."), "new_path")
    if ANY in address.removesuffix(f"/{ANY}"):
        raise LeadError(_("A star stands at the end alone, after a slash."), "new_path")
    needs_slash = is_here(address) and is_valid_path(f"{parts.path}/") and not is_valid_path(parts.path)
    return parts._replace(path=f"{parts.path}/").geturl() if needs_slash else address


def agree(old: str, new: str) -> None:
    """Raise LeadError where a target takes along what follows and the old address is no pattern."""
    if new.endswith(f"/{ANY}") and not old.endswith(f"/{ANY}"):
        raise LeadError(_("Only a pattern can lead on what follows: its old address ends with /* as well."), "new_path")


def our_path(address: str) -> str:
    """An address of this site as its path, with or without www and by http as well; any other as it is."""
    own = urlsplit(settings.SITE_URL)
    parts = _split(address, "old_path") if "://" in address else urlsplit("")
    is_ours = parts.scheme in ("http", "https") and _bare_host(parts) == _bare_host(own) and parts.username is None
    return parts._replace(scheme="", netloc="").geturl() or "/" if is_ours else address


def is_here(address: str) -> bool:
    """Whether a stored target is on this site."""
    return address.startswith("/")


def path_of(address: str) -> str:
    """The path of an address of ours, decoded; no query, no fragment."""
    return tidy(unquote(urlsplit(address).path)) or "/"


def key_of(address: str) -> str:
    """What an address of ours comes to however it is written: no last slash, small letters, the query that counts."""
    parts = urlsplit(address)
    path = tidy(unquote(parts.path)).lower()
    return f"{path.rstrip('/') or '/'}{_query_of(path, parts.query)}"


def _query_of(path: str, query: str) -> str:
    """What of a query counts: an old parameter on the front page, everything behind the name of a script."""
    if not query:
        return ""
    given = QueryDict(query).dict()
    if path == "/":
        known = next((spelling for spelling in asked("/", given).spellings if spelling.startswith("/?")), "")
        name = next((name for name in OLD_NAMES if name in given), "")
        return known.removeprefix("/") or (f"?{name}={given[name]}" if name else "")
    is_script = ENDING.search(path) is not None
    return f"?{'&'.join(f'{name}={value}' for name, value in given.items())}" if is_script else ""


def _must_be_narrow(path: str) -> None:
    """Raise LeadError for a pattern that is none of ours, or would catch everything, or a room of the site."""
    folder = path.removesuffix(f"/{ANY}").strip("/")
    if ANY in folder or not path.endswith(f"/{ANY}"):
        raise LeadError(_("A pattern ends with /* and has no other star: /blog/*."))
    if not folder:
        raise LeadError(_("That would catch everything. Name the folder: /blog/*."))
    if folder.split("/")[0] in RESERVED_NAMES - LED_ON:
        raise LeadError(_("The site itself answers there."))


def _split(address: str, field: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise LeadError(_("This is not a complete web address."), field) from None


def _bare_host(parts: SplitResult) -> str:
    return parts.netloc.lower().removeprefix("www.")


def _is_path(address: str) -> bool:
    """Whether it is a path of this site and nothing a browser could take for another's."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
