"""The orders in which a discussion can be read, and where a page of each begins.

A place in an order is a sort key and a path: no page is found by counting those before it, so the twentieth costs
what the first costs, and nobody who posts or hides meanwhile moves what follows.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Count, Q, TextChoices
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments.models import PATH_STEP, Reply

_CURSOR = re.compile(rf"(?:(\d{{1,9}})-)?((?:[0-9a-f]{{{PATH_STEP}}}){{1,5}})")
SORTED_FROM = 4  # so many replies have more than one order worth a line


class Order(TextChoices):
    """How branches follow each other. Picks are no branches: single replies, the newest first."""

    OLDEST = "oldest", _("Oldest")
    NEWEST = "newest", _("Newest")
    BEST = "best", _("Best")
    ANSWERED = "answered", _("Most answered")
    PICKS = "picks", _("Editors’ picks")

    @classmethod
    def read(cls, text: str) -> "Order":
        """The one an address names; the oldest first where it names none of ours."""
        return cls(text) if text in cls.values else cls.OLDEST


class Cursor(NamedTuple):
    """Where a page begins: after the reply at `path`. `key`: its score or number of answers, where these sort."""

    path: str
    key: int = 0

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The one a reader's address holds; None, the beginning, where it is none of ours."""
        found = _CURSOR.fullmatch(text)
        return cls(found[2], int(found[1] or 0)) if found else None

    @classmethod
    def at(cls, reply: Any, order: Order) -> "Cursor":
        """The one of whatever follows `reply`, a root as `roots` loaded it."""
        if order == Order.BEST:
            return cls(reply.path, reply.score)
        return cls(reply.path, reply.answer_count if order == Order.ANSWERED else 0)

    def __str__(self) -> str:
        return f"{self.key}-{self.path}" if self.key else self.path


class Choice(NamedTuple):
    """One order as a link."""

    label: str | Promise
    url: str
    is_current: bool


def choices_of(discussion: Any, current: Order) -> tuple[Choice, ...]:
    """The orders to choose from; none where there is too little to sort. `discussion` comes with its count."""
    if discussion.count < SORTED_FROM and current == Order.OLDEST:
        return ()
    offered = [order for order in Order if order != Order.PICKS or discussion.has_picks or order == current]
    page = reverse("reply_page", args=[discussion.pk])
    return tuple(
        Choice(order.label, page if order == Order.OLDEST else f"{page}?order={order.value}", order == current)
        for order in offered
    )


def roots(shown: Any, order: Order, after: Cursor | None, most: int) -> list[Any]:
    """The first `most` roots of `shown` that follow `after`. One query; two for the most answered."""
    rows = shown.roots()
    match order:
        case Order.NEWEST:
            rows = rows.filter(path__lt=after.path) if after else rows
            return list(rows.order_by("-path")[:most])
        case Order.BEST:
            rows = rows.filter(_follows("score", "path", after)) if after else rows
            return list(rows.order_by("-score", "path")[:most])
        case Order.ANSWERED:
            return _most_answered(shown, after, most)
        case _:
            rows = rows.filter(path__gt=after.path) if after else rows
            return list(rows.in_thread_order()[:most])


def _follows(key: str, path: str, after: Cursor) -> Q:
    """What comes after the cursor by falling key and rising path. The first term alone bounds the walk of an index."""
    return Q(**{f"{key}__lte": after.key}) & (Q(**{f"{key}__lt": after.key}) | Q(**{f"{path}__gt": after.path}))


def _most_answered(shown: Any, after: Cursor | None, most: int) -> list[Any]:
    """Roots, each with `answer_count`: how many readable replies stand below it. One pass over the discussion."""
    readable = Q(status=Reply.Status.PUBLISHED, reply_to__isnull=False)
    bare = shown.order_by().select_related(None).values(root=Left("path", PATH_STEP))
    counted = bare.annotate(answers=Count("path", filter=readable))
    if after:
        counted = counted.filter(_follows("answers", "root", after))
    found = dict(counted.order_by("-answers", "root").values_list("root", "answers")[:most])
    loaded = {reply.path: reply for reply in shown.roots().filter(path__in=list(found))}
    for path, reply in loaded.items():
        reply.answer_count = found[path]
    return [loaded[path] for path in found if path in loaded]


def picked(shown: Any, after: Cursor | None, most: int) -> list[Any]:
    """The first `most` picks that follow `after`, the newest first. One query."""
    rows = shown.published().filter(is_featured=True)
    if after:
        rows = rows.filter(pk__lt=int(after.path[-PATH_STEP:], 16))
    return list(rows.order_by("-pk")[:most])


def arranged(replies: Iterable[Any], order: Order) -> list[Any]:
    """A whole discussion, given in thread order, with its branches in `order`."""
    branches = [list(branch) for _root, branch in groupby(replies, key=lambda reply: reply.path[:PATH_STEP])]
    match order:
        case Order.NEWEST:
            branches.reverse()
        case Order.BEST:
            branches.sort(key=lambda branch: -branch[0].score)
        case Order.ANSWERED:
            branches.sort(key=lambda branch: -sum(reply.status == Reply.Status.PUBLISHED for reply in branch[1:]))
    return [reply for branch in branches for reply in branch]
