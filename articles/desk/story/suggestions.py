"""Stories worth linking and who cites this one: loaded when asked for, never with the form."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles import related
from articles.desk.base import StoryPart, Wrap
from articles.desk.rights import ask_to_change, may_change, may_link_to
from articles.desk.states import state_sentence
from articles.desk.story.notes import back_to_story, part_page, story_to_see
from articles.links.suggestions import suggestions
from articles.models import Article
from newsroom.caching import FRAGMENT_HEADER

LONGEST_KEY = 18


class SuggestionViews(StoryPart):
    """Suggestions, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """One address: what is near, and who cites."""
        return [path("<int:object_id>/suggestions/", wrap(suggested), name="articles_article_suggestions")]


@require_http_methods(["GET", "HEAD", "POST"])
def suggested(request: Any, object_id: int) -> HttpResponse:
    """What is near the story and who links to it; POST (`story`, a key) adds a related link. Four queries."""
    article = story_to_see(request, object_id)
    if request.method != "POST":
        return _shown(request, article)
    ask_to_change(request, article)
    story = get_object_or_404(may_link_to(request).without_text(), pk=_key(request.POST.get("story", "")))
    try:
        related.link_story(article, story, by=request.user)
    except related.RelatedError as refusal:
        messages.error(request, str(refusal))
    if FRAGMENT_HEADER in request.headers:
        return _shown(request, article, added=story.headline)
    messages.success(request, _("“%(headline)s” stands under Related now.") % {"headline": story.headline})
    return back_to_story(request, article, "suggestions", "admin:articles_article_suggestions")


def _shown(request: Any, article: Article, *, added: str = "") -> HttpResponse:
    now = timezone.now()
    citing = related.citing(article, among=may_link_to(request))
    for link in citing:
        link.said = state_sentence(link.article, now)  # type: ignore[attr-defined]  # for the template alone
    context = {
        "original": article,
        "suggested": suggestions(article, now=now),
        "citing": citing,
        "may_change": may_change(request, article, now),
        "added": added,
    }
    return part_page(request, "suggested.html", "suggestions_page.html", context)


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= LONGEST_KEY else 0
