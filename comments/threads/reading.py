"""Reading a discussion: one page of its replies, ready to print, in at most three queries at any number.

Rows come flat, parents before children; the template prints them in one loop, each row saying how many
lists to close after it. A small discussion is shown whole; a large one by fifty roots with the first
replies to each, and the rest of a branch on a page of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import Left, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from comments.models import PATH_STEP, Discussion, Reply
from comments.writing import texts

PAGE = 50  # roots on a page, or replies on a branch's page
WHOLE = 100  # a discussion up to this size is shown whole
MOST = 2 * WHOLE  # with stubs and one's own held ones
FIRST = 3  # replies shown under each root of a larger one
ANSWERED_FROM = 4  # the depth from which indentation no longer tells whom a reply answers
_CURSOR = re.compile(rf"(?:[0-9a-f]{{{PATH_STEP}}}){{1,5}}")


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


@dataclass(frozen=True, slots=True)
class Thread:
    """One page of a discussion. `next_cursor` is empty on the last page."""

    discussion: Discussion
    rows: list[Row]
    next_cursor: str = ""
    branch: int | None = None
    is_later: bool = False  # it follows another page

    @property
    def next_url(self) -> str:
        """Where the next page is; empty on the last one."""
        if not self.next_cursor:
            return ""
        branch = f"branch={self.branch}&" if self.branch else ""
        return f"{reverse('reply_page', args=[self.discussion.pk])}?{branch}after={self.next_cursor}"


def cursor_of(value: str) -> str:
    """The cursor a reader's address holds, or the beginning where it is none of ours."""
    return value if _CURSOR.fullmatch(value) else ""


def read_page(discussion: Discussion, *, member_id: int | None, now: datetime, after: str = "") -> Thread:
    """The page of roots that follows `after`, oldest first, with replies to them: two queries, or one if small.

    `discussion` comes with its `count`. Members also see their own held replies.
    """
    shown = Reply.objects.of(discussion).shown_to(member_id).with_people(now, member_id).in_thread_order()
    if not after and _is_small(discussion):
        return Thread(discussion, rows_of(list(shown[:MOST])))
    roots = list(shown.roots().filter(path__gt=after)[: PAGE + 1])
    page, follows = roots[:PAGE], len(roots) > PAGE
    if not page:
        return Thread(discussion, [])
    replies = [*page, *_first_of_each(shown.between(page[0].path, page[-1].path))]
    rows = rows_of(sorted(replies, key=lambda reply: reply.path))
    return Thread(discussion, rows, page[-1].path if follows else "", is_later=bool(after))


def _is_small(discussion: Discussion) -> bool:
    count: int = discussion.count  # type: ignore[attr-defined]  # annotated by with_count
    return count <= WHOLE


def _first_of_each(below: Any) -> Any:
    """The first few below each root, each with `in_branch`, how many there are."""
    root = Left("path", PATH_STEP)
    return below.annotate(
        place=Window(RowNumber(), partition_by=root, order_by=F("path").asc()),
        in_branch=Window(Count("path"), partition_by=root),
    ).filter(place__lte=FIRST)


def read_branch(
    discussion: Discussion, root: Reply, *, member_id: int | None, now: datetime, after: str = ""
) -> Thread:
    """The replies below `root` that follow `after`, with the root on the first page: one or two queries."""
    shown = Reply.objects.of(discussion).shown_to(member_id).with_people(now, member_id).in_thread_order()
    found = list(shown.between(max(root.path, after), root.path)[: PAGE + 1])
    page = found[:PAGE]
    head = [] if after else list(shown.filter(pk=root.pk))
    cursor = page[-1].path if len(found) > PAGE else ""
    return Thread(discussion, rows_of([*head, *page]), cursor, root.pk, is_later=bool(after))


def place_of(reply: Reply, discussion: Discussion, *, member_id: int | None) -> str:
    """The address of the page that shows the reply: empty for the page under the story itself."""
    shown = Reply.objects.of(discussion).shown_to(member_id)
    root_path = reply.path[:PATH_STEP]
    if not _is_small(discussion):
        before = list(shown.between(root_path, root_path).filter(path__lt=reply.path).values_list("path", flat=True))
        if len(before) >= FIRST:
            after = f"&after={before[len(before) // PAGE * PAGE - 1]}" if len(before) >= PAGE else ""
            return f"{reverse('reply_page', args=[discussion.pk])}?branch={int(root_path, 16)}{after}"
        earlier = list(shown.roots().filter(path__lt=root_path).in_thread_order().values_list("path", flat=True))
        if len(earlier) >= PAGE:
            return f"{reverse('reply_page', args=[discussion.pk])}?after={earlier[len(earlier) // PAGE * PAGE - 1]}"
    return ""


def rows_of(replies: list[Any]) -> list[Row]:
    """`replies` in thread order as rows that know their lists."""
    rows: list[Row] = []
    open_paths: list[str] = []
    for reply in replies:
        while open_paths and not reply.path.startswith(open_paths[-1]):
            open_paths.pop()
        open_paths.append(reply.path)
        row = _row(reply, len(open_paths))
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
    """Put "n more" after the last shown row of each branch that has more."""
    for row, last in _branches(rows):
        more = getattr(last.reply, "in_branch", 0) - FIRST
        if more > 0:
            last.more, last.more_url = (
                more,
                f"{reverse('reply_page', args=[row.reply.discussion_id])}?branch={row.reply.pk}",
            )


def _branches(rows: list[Row]) -> Iterator[tuple[Row, Row]]:
    """Each root that has shown replies, with the last of them."""
    starts = [number for number, row in enumerate(rows) if row.depth == 1] + [len(rows)]
    for start, end in pairwise(starts):
        if end - start > 1:
            yield rows[start], rows[end - 1]


def _row(reply: Any, depth: int) -> Row:
    is_held = reply.status == Reply.Status.HELD
    has_text = is_held or reply.status == Reply.Status.PUBLISHED
    return Row(
        reply=reply,
        key=str(reply.pk),
        depth=depth,
        name=reply.shown_name if has_text else "",
        stamp=f"{reply.posted_at:%Y-%m-%dT%H:%M:%SZ}",
        text=mark_safe(texts.to_html(reply.comment)) if has_text else mark_safe(""),
        when=date_format(timezone.localtime(reply.posted_at), "j F Y, H:i"),
        badge=_badge(reply) if has_text else "",
        answered=reply.answered_name if reply.depth >= ANSWERED_FROM or (depth == 1 and reply.depth > 1) else "",
        can_answer=has_text and not is_held,
        is_edited=has_text and reply.edited_at is not None,
        state=_state(reply),
        css=" is-held" if is_held else " is-picked" if reply.is_featured and has_text else "",
    )


def _badge(reply: Any) -> str:
    if reply.badge == Reply.Badge.AUTHOR:
        return _("Author")
    if reply.badge == Reply.Badge.STAFF:
        return _("Staff")
    return _("Patron") if reply.by_patron else ""


def _state(reply: Any) -> str:
    match reply.status:
        case Reply.Status.HELD:
            return _("Only you can see this. A moderator will look at it first.")
        case Reply.Status.REMOVED:
            return _("Removed by a moderator.")
        case Reply.Status.ERASED:
            return _("Deleted by whoever wrote it.")
        case _ if reply.is_featured:
            return _("Picked by the editors")
        case _:
            return ""
