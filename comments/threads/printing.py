"""Replies as HTML: what every reader sees of one is made once, its last line for whoever asks.

The last line (answer, recommend, edit, report …) comes from one template, rendered once for each thing it can say,
with marks where the reply's own key, name and address go: fifty replies need a handful of renderings.
"""

import functools
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from comments.models.reply import is_editable
from comments.threads.reading import Row
from members.gate import ReplyDecision

FOOT = "<!--foot-->"  # where row.html wants the last line: no text of a reader's, all escaped, holds it
KEY, NAME, WRITE = "0-key-0", "0-name-0", "0-write-0"  # filled in this order: no name is searched for a mark
FEET_KEPT = 1024


class Feeling(NamedTuple):
    """How a reply is liked: by how many, and whether by the reader who asks."""

    score: int = 0
    is_liked: bool = False


class Looker(NamedTuple):
    """Who asks, as far as a row of replies depends on it. `write_path`: where to answer; empty where nobody may."""

    member_id: int | None
    moderates: bool
    write_path: str
    now: datetime

    @classmethod
    def of(cls, request: Any, around: Mapping[str, Any]) -> "Looker":
        """The request's reader. `around`: what `access.around` says of them."""
        path = "" if around["decision"] == ReplyDecision.CLOSED else around["write_path"]
        return cls(request.reader.member_id, around["moderates"], path, request.now)


class Foot(NamedTuple):
    """All that decides what the last line says; the inputs of foot.html."""

    is_open: bool
    can_answer: bool
    can_like: bool
    can_edit: bool
    is_own: bool
    moderates: bool
    score: int
    is_liked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One reply, ready to print: its HTML before and after the last line. A stub has no last line."""

    pk: int
    author_id: int | None
    status: str
    posted_at: datetime
    edited_at: datetime | None
    can_answer: bool
    feeling: Feeling
    name: str
    before: str
    after: str
    has_foot: bool

    @property
    def size(self) -> int:
        """How many bytes it holds, roughly."""
        return sys.getsizeof(self.before) + sys.getsizeof(self.after) + sys.getsizeof(self.name) + 300


def lines_of(rows: Iterable[Row]) -> tuple[Line, ...]:
    """The rows, each rendered once."""
    template = get_template("comments/row.html")
    return tuple(_line(row, template.render({"row": row, "foot": mark_safe(FOOT)})) for row in rows)


def _line(row: Row, html: str) -> Line:
    before, foot, after = html.partition(FOOT)
    reply = row.reply
    return Line(
        pk=reply.pk,
        author_id=reply.author_id,
        status=reply.status,
        posted_at=reply.posted_at,
        edited_at=reply.edited_at,
        can_answer=row.can_answer,
        feeling=Feeling(reply.score, reply.is_liked),
        name=escape(row.name),
        before=before,
        after=after,
        has_foot=bool(foot),
    )


def html_of(lines: Iterable[Line], feelings: Mapping[int, Feeling], looker: Looker) -> SafeString:
    """The lines as `looker` sees them. `feelings`: by reply, of those somebody recommends."""
    parts: list[str] = []
    for line in lines:
        parts.append(line.before)
        if line.has_foot:
            parts.append(_foot(line, feelings.get(line.pk, Feeling()), looker))
        parts.append(line.after)
    return mark_safe("".join(parts))


def _foot(line: Line, feeling: Feeling, looker: Looker) -> str:
    is_own = looker.member_id is not None and line.author_id == looker.member_id
    foot = Foot(
        is_open=bool(looker.write_path),
        can_answer=line.can_answer,
        can_like=looker.member_id is not None and not is_own,
        can_edit=is_own and is_editable(line.status, line.posted_at, looker.now),
        is_own=is_own,
        moderates=looker.moderates,
        score=feeling.score,
        is_liked=feeling.is_liked,
    )
    return said_by(foot).replace(WRITE, looker.write_path).replace(KEY, str(line.pk)).replace(NAME, line.name)


@functools.lru_cache(maxsize=FEET_KEPT)
def said_by(foot: Foot) -> str:
    """The last line with its marks. Depends on nothing but `foot`: replies are in the site's language for all."""
    context: dict[str, Any] = {**foot._asdict(), "key": KEY, "name": NAME, "write_path": WRITE}
    return get_template("comments/foot.html").render(context).rstrip("\n")
