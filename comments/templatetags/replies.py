"""Replies for templates of articles and members, so that no view of theirs imports us: `{% replies story %}`, the
discussion under a story, topic or page; `{% count_replies … %}` and `{% reply_number story %}`, numbers in lists."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from comments.access import Subject, Thing, around, is_for_everybody, may_read, subject_of
from comments.threads import shelved
from comments.threads.counts import counts_of, reader_of, shows_count
from comments.threads.markup import block
from comments.threads.printing import Looker
from members.gate import Audience, ReplyDecision

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
        return SafeString()
    discussion = shelved.discussion_under(subject)
    found = subject_of(subject, discussion, request.furniture.rules, request.now)
    if not may_read(request, found.terms):
        return SafeString()
    if discussion is not None:
        setattr(request, EDGE_KEYS, {*getattr(request, EDGE_KEYS, ()), discussion.cache_key})
    return _render(request, found)


def _render(request: Any, subject: Subject) -> SafeString:
    """The section, or nothing if it would be empty."""
    context: dict[str, Any] = {"count": 0, **around(request, subject)}
    context["has_feed"] = subject.terms.audience_at(request.now) == Audience.EVERYONE
    if subject.discussion is not None:
        shown = shelved.first_page(subject.discussion, Looker.of(request, context))
        context |= {"page": shown.page, "rows": shown.rows, "count": shown.page.count}
    if context["decision"] == ReplyDecision.CLOSED and not context.get("rows"):
        return SafeString()
    markup = block(subject, request.now) if is_for_everybody(request) else SafeString()
    return render_to_string("comments/replies.html", context) + markup


@register.simple_tag(takes_context=True)
def count_replies(context: Any, *lists: Any) -> tuple[tuple[int, int], ...]:
    """Look up the replies of all stories in `lists` for the page's `reply_number` tags: (story, number) of each that
    its reader may read.

    Each of `lists` is a card, a place, something else with cards inside, or a list of these; None is empty. One
    query a page, none where it is kept.
    """
    request = getattr(context, "request", None)
    if request is None:
        return ()
    stories, reader, rules = list(_stories_in(lists)), reader_of(request), request.furniture.rules
    found = counts_of(stories, request.now)
    shown = [story for story in stories if story.pk in found and shows_count(story, reader, rules, request.now)]
    request.reply_numbers = {story.pk: found[story.pk] for story in shown}
    return tuple(request.reply_numbers.items())


@register.simple_tag(takes_context=True)
def reply_number(context: Any, story: Any) -> SafeString:
    """How many replies a story of a list has, as a link to them; nothing for none."""
    numbers: dict[int, int] = getattr(getattr(context, "request", None), "reply_numbers", {})
    number = numbers.get(story.pk)
    if not number:
        return SafeString()
    context = {"number": number, "url": f"{story.get_absolute_url()}#replies", "story": story}
    return render_to_string("comments/number.html", context)


def _stories_in(things: Any) -> Iterator[Any]:
    """Every story among cards, places, strips, pages of a list and lists of them."""
    for thing in things or ():
        inner = getattr(thing, "places", None) or getattr(thing, "cards", None)
        if inner is not None:
            yield from _stories_in(inner)
        elif isinstance(thing, list | tuple):
            yield from _stories_in(thing)
        elif card := getattr(thing, "card", thing):
            yield card.story
