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
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from comments.models import PATH_STEP
from comments.models.reply import is_editable
from comments.threads.rows import Row
from members.gate import ReplyDecision

FOOT = "<!--foot-->"  # where row.html wants the last line: no text of a reader's, all escaped, holds it
FACE = "<!--face-->"  # where it begins what a reader need not see of somebody they muted
KEY, ROOT, WRITE, FOLLOW, NAME = "0-key-0", "0-root-0", "0-write-0", "0-follow-0", "0-name-0"  # the name is last
FEET_KEPT = 1024


class Feeling(NamedTuple):
    """How a reply is liked, and what it is to the reader who asks: one they like, one of somebody they muted."""

    score: int = 0
    is_liked: bool = False
    is_muted: bool = False


class Looker(NamedTuple):
    """Who asks, as far as a row of replies depends on it. `write_path`: where to answer; empty where nobody may.
    `follow_path`: where to follow a branch."""

    member_id: int | None
    moderates: bool
    write_path: str
    follow_path: str
    now: datetime

    @classmethod
    def of(cls, request: Any, around: Mapping[str, Any]) -> "Looker":
        """The request's reader. `around`: what `access.around` says of them."""
        path = "" if around["decision"] == ReplyDecision.CLOSED else around["write_path"]
        subject = around["subject"]
        follow_path = reverse("reply_follow", args=[subject.kind, subject.thing.pk])
        return cls(request.reader.member_id, around["moderates"], path, follow_path, request.now)


class Foot(NamedTuple):
    """All that decides what the last line says; the inputs of foot.html."""

    is_open: bool
    is_member: bool
    can_answer: bool
    can_like: bool
    can_edit: bool
    can_mute: bool
    is_own: bool
    moderates: bool
    score: int
    is_liked: bool
    is_muted: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One reply, ready to print: its HTML before and after the last line. A stub has no last line.
    `opening`: what stands before its face."""

    pk: int
    root: int
    author_id: int | None
    status: str
    posted_at: datetime
    edited_at: datetime | None
    can_answer: bool
    feeling: Feeling
    name: str
    opening: str
    before: str
    after: str
    has_foot: bool

    @property
    def size(self) -> int:
        """How many bytes it holds, roughly."""
        return sum(map(sys.getsizeof, (self.opening, self.before, self.after, self.name))) + 300


def lines_of(rows: Iterable[Row]) -> tuple[Line, ...]:
    """The rows, each rendered once."""
    template = get_template("comments/row.html")
    marks = {"face": mark_safe(FACE), "foot": mark_safe(FOOT)}  # written above
    return tuple(_line(row, template.render({"row": row, **marks})) for row in rows)


def _line(row: Row, html: str) -> Line:
    opening, _face, shown = html.partition(FACE)
    before, foot, after = shown.partition(FOOT)
    reply = row.reply
    return Line(
        pk=reply.pk,
        root=int(reply.path[:PATH_STEP], 16),
        author_id=reply.author_id,
        status=reply.status,
        posted_at=reply.posted_at,
        edited_at=reply.edited_at,
        can_answer=row.can_answer,
        feeling=Feeling(reply.score, reply.is_liked, reply.is_muted),
        name=escape(row.name),
        opening=opening,
        before=before,
        after=after,
        has_foot=bool(foot),
    )


def html_of(lines: Iterable[Line], feelings: Mapping[int, Feeling], looker: Looker) -> SafeString:
    """The lines as `looker` sees them. `feelings`: by reply, of those that somebody recommends or that are of people
    whom the looker muted: these open when asked to."""
    parts: list[str] = []
    for line in lines:
        feeling = feelings.get(line.pk, Feeling())
        hides = feeling.is_muted and line.has_foot
        parts += (line.opening, muted_by() if hides else "", line.before)
        if line.has_foot:
            parts.append(_foot(line, feeling, looker))
        parts += ("</details>" if hides else "", line.after)
    return mark_safe("".join(parts))  # of what templates escaped


def muted_by() -> str:
    """What is said in place of somebody whom the reader muted; `</details>` ends what it hides."""
    said, shows = escape(_("You muted this person.")), escape(_("Show the reply"))
    return f'<details class="reply-muted"><summary>{said} <span class="as-link">{shows}</span></summary>'


def _foot(line: Line, feeling: Feeling, looker: Looker) -> str:
    is_own = looker.member_id is not None and line.author_id == looker.member_id
    foot = Foot(
        is_open=bool(looker.write_path),
        is_member=looker.member_id is not None,
        can_answer=line.can_answer,
        can_like=looker.member_id is not None and not is_own,
        can_edit=is_own and is_editable(line.status, line.posted_at, looker.now),
        can_mute=looker.member_id is not None and line.author_id is not None and not is_own,
        is_own=is_own,
        moderates=looker.moderates,
        score=feeling.score,
        is_liked=feeling.is_liked,
        is_muted=feeling.is_muted,
    )
    html = said_by(foot).replace(WRITE, looker.write_path).replace(FOLLOW, looker.follow_path)
    return html.replace(KEY, str(line.pk)).replace(ROOT, str(line.root)).replace(NAME, line.name)


@functools.lru_cache(maxsize=FEET_KEPT)
def said_by(foot: Foot) -> str:
    """The last line with its marks. Depends on nothing but `foot`: replies are in the site's language for all."""
    marks = {"key": KEY, "root": ROOT, "name": NAME, "write_path": WRITE, "follow_path": FOLLOW}
    context: dict[str, Any] = {**foot._asdict(), **marks}
    return get_template("comments/foot.html").render(context).rstrip("\n")
