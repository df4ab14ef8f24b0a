"""Reading a discussion: one page of its replies, ready to print, in at most three queries at any number.

A small discussion is shown whole; a large one by fifty roots with the first replies to each, and the rest of a
branch on a page of its own. What is pinned stands first, with what hangs below it, and nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Q, Value, When, Window
from django.db.models.functions import Left, RowNumber
from django.urls import reverse

from comments.models import PATH_STEP, Discussion, Reply
from comments.models.reply import below_any, inside_of
from comments.threads.orders import Choice, Cursor, Order, arranged, choices_of, picked, roots
from comments.threads.rows import Row, rows_of

PAGE = 50  # roots on a page, or replies on a branch's page
WHOLE = 100  # a discussion up to this size is shown whole
MOST = 2 * WHOLE  # with stubs and one's own held ones
FIRST = 3  # replies shown under each root of a larger one
LIFTED = ""  # the branch of what is pinned: no root's path


@dataclass(frozen=True, slots=True)
class Thread:
    """One page of a discussion. `next_cursor` is empty on the last page."""

    discussion: Discussion
    rows: list[Row]
    next_cursor: str = ""
    branch: int | None = None
    is_later: bool = False  # it follows another page
    order: Order = Order.OLDEST

    @property
    def next_url(self) -> str:
        """Where the next page is; empty on the last one."""
        if not self.next_cursor:
            return ""
        branch = f"branch={self.branch}&" if self.branch else ""
        order = f"order={self.order.value}&" if self.order != Order.OLDEST else ""
        return f"{reverse('reply_page', args=[self.discussion.pk])}?{branch}{order}after={self.next_cursor}"

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The orders to choose from, on the first page of one."""
        return () if self.branch or self.is_later else choices_of(self.discussion, self.order)


def read_page(
    discussion: Any, *, member_id: int | None, now: datetime, after: str = "", order: Order = Order.OLDEST
) -> Thread:
    """The page of roots that follows `after`, with replies to them: two queries, one if small, three where the
    most answered come first.

    `discussion` comes with its `count`. Members also see their own held replies.
    """
    shown = Reply.objects.of(discussion).shown_to(member_id).with_people(now, member_id)
    begins, pinned = Cursor.read(after), discussion.pinned_path
    if order == Order.PICKS:
        return _picks(discussion, shown, begins)
    if not begins and is_small(discussion):
        replies = _whole(list(shown.in_thread_order()[:MOST]), pinned, order)
        return Thread(discussion, rows_of(replies, pinned), order=order)
    found = roots(shown.outside(pinned), order, begins, PAGE + 1)
    page = found[:PAGE]
    replies = _with_first(shown, page, order, pinned, is_lifted=begins is None)
    cursor = str(Cursor.at(page[-1], order)) if len(found) > PAGE else ""
    return Thread(discussion, rows_of(replies, pinned), cursor, is_later=begins is not None, order=order)


def is_small(discussion: Any) -> bool:
    """Whether a discussion that comes with its count is shown whole."""
    count: int = discussion.count
    return count <= WHOLE


def _whole(replies: list[Any], pinned: str | None, order: Order) -> list[Any]:
    """All of a small discussion: first what is pinned, then the branches in their order."""
    lifted = [reply for reply in replies if pinned and reply.path.startswith(pinned)]
    return lifted + arranged([reply for reply in replies if reply not in lifted], order)


def _with_first(shown: Any, page: list[Any], order: Order, pinned: str | None, *, is_lifted: bool) -> list[Any]:
    """The roots of `page`, each followed by its first replies; before them what is pinned, with its own. One query
    for all but the roots, or none where there is nothing to ask for."""
    if not page and not (is_lifted and pinned):
        return []
    if order == Order.OLDEST and page:  # neighbours in the index
        below = below_any([(page[0].path, page[-1].path)])
    else:
        below = below_any((root.path, root.path) for root in page)
    if pinned:
        below = below | inside_of(pinned) if is_lifted else below & ~inside_of(pinned)
    branches: dict[str, list[Any]] = {}
    for reply in _first_of_each(shown.filter(below), pinned).in_thread_order():
        branches.setdefault(reply.branch, []).append(reply)
    lifted = branches.get(LIFTED, [])
    for reply in lifted:
        reply.in_branch -= 1  # it counts what is pinned
    return [*lifted, *(reply for root in page for reply in (root, *branches.get(root.path, ())))]


def _first_of_each(below: Any, pinned: str | None) -> Any:
    """The first few of each `branch`, each with `in_branch`, how many there are. What is pinned is the first of its."""
    root: Any = Left("path", PATH_STEP)
    if pinned:
        root = Case(When(inside_of(pinned), then=Value(LIFTED)), default=root)
    below = below.annotate(branch=root)
    return below.annotate(
        place=Window(RowNumber(), partition_by=F("branch"), order_by=F("path").asc()),
        in_branch=Window(Count("path"), partition_by=F("branch")),
    ).filter(Q(place__lte=FIRST) | Q(branch=LIFTED, place=FIRST + 1))


def _picks(discussion: Any, shown: Any, begins: Cursor | None) -> Thread:
    """A page of single replies that the editors picked. One query."""
    found = picked(shown, begins, PAGE + 1)
    cursor = str(Cursor.at(found[PAGE - 1], Order.PICKS)) if len(found) > PAGE else ""
    rows = rows_of(found[:PAGE])
    return Thread(discussion, rows, cursor, is_later=begins is not None, order=Order.PICKS)


def read_branch(discussion: Any, root: Reply, *, member_id: int | None, now: datetime, after: str = "") -> Thread:
    """The replies below `root` that follow `after`, with the root on the first page: one or two queries."""
    begins = Cursor.read(after)
    shown = Reply.objects.of(discussion).shown_to(member_id).with_people(now, member_id).in_thread_order()
    found = list(shown.between(max(root.path, begins.path if begins else ""), root.path)[: PAGE + 1])
    page = found[:PAGE]
    head = [] if begins else list(shown.filter(pk=root.pk))
    cursor = page[-1].path if len(found) > PAGE else ""
    rows = rows_of([*head, *page], discussion.pinned_path)
    return Thread(discussion, rows, cursor, root.pk, is_later=begins is not None)
