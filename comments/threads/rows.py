"""Replies as the rows of a page, flat, parents before children: each row says how many lists to close after it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from comments.models import PATH_STEP, Reply
from comments.writing import texts

ANSWERED_FROM = 4  # the depth from which indentation no longer tells whom a reply answers


@dataclass(slots=True)
class Row:
    """One reply as printed. `closes`: for each list to close after it, whether it is a branch's last."""

    reply: Any
    key: str  # as addresses hold it, without a thousands separator
    depth: int
    name: str
    stamp: str
    text: SafeString
    when: str
    badge: str
    answered: str
    can_answer: bool = False
    is_edited: bool = False
    state: str = ""
    css: str = ""
    opens: bool = False
    closes: list[bool] = field(default_factory=list)
    more: int = 0
    more_url: str = ""


def rows_of(replies: list[Any], pinned: str | None = None) -> list[Row]:
    """`replies`, each branch in thread order, as rows that know their lists. `pinned`: the path of the pinned one."""
    rows: list[Row] = []
    open_paths: list[str] = []
    for reply in replies:
        while open_paths and not reply.path.startswith(open_paths[-1]):
            open_paths.pop()
        open_paths.append(reply.path)
        row = _row(reply, len(open_paths), is_pinned=reply.path == pinned)
        if rows:
            _join(rows[-1], row.depth)
        rows.append(row)
    if rows:
        _join(rows[-1], 1)
    _mark_more(rows)
    return rows


def _join(row: Row, next_depth: int) -> None:
    """Tell `row` what to open or close before a row of `next_depth`."""
    row.opens = next_depth > row.depth
    row.closes = [level == row.depth - 2 for level in range(row.depth - next_depth)]


def _mark_more(rows: list[Row]) -> None:
    """Put "n more" after the last shown row of each branch that has more. `in_branch`: how many it has in all."""
    for row, last, shown in _branches(rows):
        more = getattr(last.reply, "in_branch", shown) - shown
        if more > 0:
            root = int(row.reply.path[:PATH_STEP], 16)
            last.more = more
            last.more_url = f"{reverse('reply_page', args=[row.reply.discussion_id])}?branch={root}"


def _branches(rows: list[Row]) -> Iterator[tuple[Row, Row, int]]:
    """Each root that has shown replies, the last of them, and their number."""
    starts = [number for number, row in enumerate(rows) if row.depth == 1] + [len(rows)]
    for start, end in pairwise(starts):
        if end - start > 1:
            yield rows[start], rows[end - 1], end - start - 1


def _row(reply: Any, depth: int, *, is_pinned: bool) -> Row:
    is_held = reply.status == Reply.Status.HELD
    has_text = is_held or reply.status == Reply.Status.PUBLISHED
    return Row(
        reply=reply,
        key=str(reply.pk),
        depth=depth,
        name=reply.shown_name if has_text else "",
        stamp=f"{reply.posted_at:%Y-%m-%dT%H:%M:%SZ}",
        text=mark_safe(texts.to_html(reply.comment)) if has_text else SafeString(),  # which escapes
        when=date_format(timezone.localtime(reply.posted_at), "j F Y, H:i"),
        badge=_badge(reply) if has_text else "",
        answered=reply.answered_name if reply.depth >= ANSWERED_FROM or (depth == 1 and reply.depth > 1) else "",
        can_answer=has_text and not is_held,
        is_edited=has_text and reply.edited_at is not None,
        state=_state(reply, is_pinned=is_pinned and has_text),
        css=" is-held" if is_held else " is-picked" if has_text and (reply.is_featured or is_pinned) else "",
    )


def _badge(reply: Any) -> str:
    if reply.badge == Reply.Badge.AUTHOR:
        return _("Author")
    if reply.badge == Reply.Badge.STAFF:
        return _("Staff")
    if reply.patron_since is None:
        return ""
    return _("Patron since %(year)d") % {"year": timezone.localtime(reply.patron_since).year}


def _state(reply: Any, *, is_pinned: bool) -> str:
    match reply.status:
        case Reply.Status.HELD:
            return _("Only you can see this. A moderator will look at it first.")
        case Reply.Status.REMOVED:
            return _("Removed by a moderator.")
        case Reply.Status.ERASED:
            return _("Deleted by whoever wrote it.")
    if is_pinned:
        return _("Pinned, and picked by the editors") if reply.is_featured else _("Pinned")
    return _("Picked by the editors") if reply.is_featured else ""
