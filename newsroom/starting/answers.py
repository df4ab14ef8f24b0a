"""The five questions, each with what makes an answer good and what to say of one that is not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from members.models import SiteRules

HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")

NOT_IN_NAMES = {*'"\\<>$#`'}  # they mean something in a file of variables


class AnswerError(ValueError):
    """Not an answer we can take; the message says why and what would be one."""


@dataclass(frozen=True, slots=True)
class Question:
    """`option`: its name on the command line and in `Answers`. `read`: the answer, put right; raises AnswerError."""

    option: str
    text: str
    read: Callable[[str], str]
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a site is begun with. `address`: https://host, without a slash at its end."""

    name: str
    address: str
    time_zone: str
    language: str
    publisher: str

    @property
    def host(self) -> str:
        """The name the site answers to."""
        return self.address.removeprefix("https://")


def read_name(said: str) -> str:
    """The site's name."""
    name, longest = " ".join(said.split()), SiteRules._meta.get_field("name").max_length or 80
    if not name:
        raise AnswerError("A site needs a name. It stands at the head of every page, and can be changed later.")
    if len(name) > longest:
        raise AnswerError(f"That name is too long for the head of a page: {longest} letters at most.")
    if not name.isprintable() or NOT_IN_NAMES & {*name} or name.startswith("'"):
        raise AnswerError(f"A name here has none of {' '.join(sorted(NOT_IN_NAMES))} in it; on the desk it may.")
    return name


def read_address(said: str) -> str:
    """The site's address as https://host; a bare host will do, and is taken in any script."""
    parts = urlsplit(said.strip() if "://" in said else f"https://{said.strip()}")
    try:
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (UnicodeError, ValueError):
        host, port = "", None
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host) or _is_number(host):
        raise AnswerError(f"“{said.strip()}” is no address a site can have. One is https://news.example.org.")
    if port or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise AnswerError(f"The site lives at the root of its own name: https://{host}, and nothing behind it.")
    return f"https://{host}"


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def read_time_zone(said: str) -> str:
    """A time zone by its name in the IANA list; its last part will do where only one zone has it."""
    wanted, known = said.strip().replace(" ", "_"), available_timezones()
    for zone in known:
        if zone.lower() == wanted.lower():
            return zone
    meant = sorted(zone for zone in known if zone.lower().endswith(f"/{wanted.lower()}") and wanted)
    if len(meant) == 1:
        return meant[0]
    close = meant or get_close_matches(wanted.title(), known, n=3, cutoff=0.5)
    hint = " Perhaps " + " or ".join(close[:3]) + "?" if close else " One is Europe/Kyiv."
    raise AnswerError(f"There is no time zone “{said.strip()}”.{hint}")


def read_language(said: str) -> str:
    """One of the languages the site speaks: by code or name."""
    wanted = said.strip().lower().replace("_", "-")
    for code, name in settings.LANGUAGES:
        if wanted in (code, code.partition("-")[0], str(name).lower()):
            return str(code)
    spoken = ", ".join(f"{code} ({name})" for code, name in settings.LANGUAGES)
    raise AnswerError(f"The site does not speak “{said.strip()}” yet. It speaks {spoken}.")


def read_publisher(said: str) -> str:
    """An e-mail address."""
    try:
        validate_email(said.strip())
    except ValidationError:
        raise AnswerError(f"“{said.strip()}” is no e-mail address. The first invitation goes there.") from None
    return said.strip()


QUESTIONS = (
    Question("name", "What is the site called?", read_name),
    Question("address", "At which address will it be read, such as https://news.example.org?", read_address),
    Question("time_zone", "In which time zone is the newsroom, such as Europe/Kyiv?", read_time_zone, "UTC"),
    Question("language", "In which language is it written: en-gb, de or uk?", read_language, "en-gb"),
    Question("publisher", "Which e-mail address has the publisher?", read_publisher),
)
