"""Where a reply stands: the address of the page that shows it. Counted in the database, never loaded."""

from typing import Any

from django.urls import reverse

from comments.models import PATH_STEP, Reply
from comments.threads.reading import FIRST, PAGE, is_small


def place_of(reply: Reply, discussion: Any, *, member_id: int | None) -> str:
    """The address of the page that shows the reply: empty for the page under the story itself.

    `discussion` comes with its `count`. At most four queries, none in a small one.
    """
    pinned: str | None = discussion.pinned_path
    if is_small(discussion) or reply.path == pinned:
        return ""
    shown = Reply.objects.of(discussion).shown_to(member_id)
    page = reverse("reply_page", args=[discussion.pk])
    root = reply.path[:PATH_STEP]
    is_lifted = pinned is not None and reply.path.startswith(pinned)
    around = shown.inside(pinned or "").exclude(path=pinned) if is_lifted else shown.between(root, root).outside(pinned)
    if reply.path != root and around.filter(path__lt=reply.path).count() >= FIRST:
        return f"{page}?branch={int(root, 16)}{_after(shown.between(root, root), reply.path, '&')}"
    after = "" if is_lifted else _after(shown.roots().outside(pinned), root, "?")
    return f"{page}{after}" if after else ""


def _after(rows: Any, path: str, mark: str) -> str:
    """The cursor, as part of an address, of the page of `rows` that holds `path`; empty for the first."""
    earlier = rows.filter(path__lt=path)
    pages = earlier.count() // PAGE
    if not pages:
        return ""
    last = earlier.in_thread_order().values_list("path", flat=True)[pages * PAGE - 1]
    return f"{mark}after={last}"
