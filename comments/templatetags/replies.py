"""`{% replies story %}`: the discussion under a story, topic or page, so that no view of theirs imports us."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from comments.access import Subject, Thing, around, may_read, subject_of
from comments.threads import shelved
from comments.threads.printing import Looker
from members.gate import ReplyDecision

register = template.Library()
EDGE_KEYS = "edge_extra_keys"


@register.simple_tag(takes_context=True)
def replies(context: Any, subject: Thing) -> SafeString:
    """The first page of replies under `subject`, with the form or link its reader may use.

    Nothing for who may not read the story, and nothing where nobody replied or may. Names the
    discussion's cache key in `request.edge_extra_keys`. One query where the page is kept, at most six.
    """
    request: Any = context.get("request")
    if request is None:
        return mark_safe("")
    discussion = shelved.discussion_under(subject)
    found = subject_of(subject, discussion, request.furniture.rules, request.now)
    if not may_read(request, found.terms):
        return mark_safe("")
    if discussion is not None:
        setattr(request, EDGE_KEYS, {*getattr(request, EDGE_KEYS, ()), discussion.cache_key})
    return _render(request, found)


def _render(request: Any, subject: Subject) -> SafeString:
    """The section, or nothing if it would be empty."""
    context: dict[str, Any] = {"count": 0, **around(request, subject)}
    if subject.discussion is not None:
        shown = shelved.first_page(subject.discussion, Looker.of(request, context))
        context |= {"page": shown.page, "rows": shown.rows, "count": shown.page.count}
    if context["decision"] == ReplyDecision.CLOSED and not context.get("rows"):
        return mark_safe("")
    return render_to_string("comments/replies.html", context)
