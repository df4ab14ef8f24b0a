"""The switches beside the story form: replies closed or open, the lead. One press each, nothing else is stored."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import arranging
from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.rights import CHANGE, ask_to_change, may_change
from articles.desk.states import LIVE, SCHEDULED, state_of
from articles.models import Article, FrontSlot
from articles.models.article import UNSEEN_BY_LISTS
from articles.workflow import switching
from members.gate import ReplyRight

ARRANGE = "articles.arrange_front"


@dataclass(frozen=True, slots=True)
class Switch:
    """One of them: what it says before and after, the permission it takes beside the story's, and the verb."""

    label: Any
    done: Any
    permission: str
    verb: Any


SWITCHES = {
    "close-replies": Switch(
        gettext_lazy("Close replies"), gettext_lazy("Replies are closed."), CHANGE, switching.close_replies
    ),
    "open-replies": Switch(
        gettext_lazy("Open replies"), gettext_lazy("Replies are open."), CHANGE, switching.open_replies
    ),
    "lead": Switch(gettext_lazy("Make it the lead"), gettext_lazy("It leads the front page."), ARRANGE, arranging.lead),
}


class SwitchViews(StoryPart):
    """The switches' views, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """One address for all."""
        route = "<int:object_id>/switch/<slug:name>/"
        return [path(route, wrap(self.switch), name="articles_article_switch")]

    def part_context(self, request: Any, article: Any) -> dict[str, Any]:
        """`switches`: (address, label) of those that would change something and are allowed. No query."""
        if article is None or article.pk is None or not may_change(request, article, request.now):
            return {"switches": []}
        shown = [name for name in SWITCHES if would_change(name, article, request)]
        allowed = [name for name in shown if request.user.has_perm(SWITCHES[name].permission)]
        address = "admin:articles_article_switch"
        return {"switches": [(reverse(address, args=[article.pk, name]), SWITCHES[name].label) for name in allowed]}

    def switch(self, request: Any, object_id: int, name: str) -> HttpResponse:
        """POST: turn one switch, back to the story. 403 names the permission that is missing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if name not in SWITCHES:
            raise Http404
        article = get_object_or_404(Article.objects.defer(*UNSEEN_BY_LISTS), pk=object_id)
        switch = SWITCHES[name]
        ask_to_change(request, article)
        if not request.user.has_perm(switch.permission):
            raise PermissionDenied(switch.permission)
        if would_change(name, article, request):
            switch.verb(article, by=request.user, now=request.now)
            messages.success(request, str(switch.done))
        else:
            messages.info(request, _("Nothing to change: it stands so already, or the story is not out."))
        return respond(redirect("admin:articles_article_change", article.pk))


def would_change(name: str, article: Article, request: Any) -> bool:
    """Whether the switch does anything to the story as it stands. Only what is approved can lead."""
    if name == "lead":
        slot = getattr(article, "front_slot", None)
        leads = slot is not None and slot.place == FrontSlot.Place.LEAD
        return not leads and state_of(article, request.now) in (LIVE, SCHEDULED)
    right = article.reply_right or article.usual_reply_right(request.furniture.rules)
    return (right == ReplyRight.CLOSED) is (name == "open-replies")
