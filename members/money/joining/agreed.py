"""What a patron agrees to: the version in force, when it changes, and its text as readers see it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from members.models import Terms


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph of the terms."""

    text: str
    is_heading: bool


@dataclass(frozen=True)
class Timetable:
    """Every version, newest first (without its text), the one in force, and the moment that changes that."""

    versions: list[Terms]
    current: Terms | None
    changes_at: datetime | None

    def is_accepted(self, version: str) -> bool:
        """Whether a form that carried `version` was sent under what holds now. No terms: none are needed."""
        return version == (self.current.version if self.current else "")


def timetable(now: datetime) -> Timetable:
    """The versions of the terms as they stand at `now`. One query."""
    versions = list(Terms.objects.defer("text").order_by("-in_force_from", "-pk"))
    current = next((each for each in versions if each.in_force_from <= now), None)
    coming = [each.in_force_from for each in versions if each.in_force_from > now]
    return Timetable(versions, current, min(coming, default=None))


def version_or_404(table: Timetable, version: str) -> Terms:
    """The version asked for, else the one in force, else the first to come. Raises Http404. One query."""
    wanted = [each for each in table.versions if each.version == version] if version else table.versions
    shown = table.current if table.current and not version else next(iter(reversed(wanted)), None)
    if shown is None:
        raise Http404
    shown.refresh_from_db(fields=["text"])
    return shown


def blocks(text: str) -> list[Block]:
    """Plain text as headings (lines that begin with #) and paragraphs (parted by empty lines)."""
    found: list[Block] = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        lines = part.strip().split("\n")
        while lines and lines[0].startswith("#"):
            found.append(Block(lines.pop(0).lstrip("# ").strip(), is_heading=True))
        found.append(Block("\n".join(lines).strip(), is_heading=False))
    return [block for block in found if block.text]
