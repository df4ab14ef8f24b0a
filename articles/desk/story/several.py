"""Several stories at once: a page that names each and what will happen to it, then each its own verb.

The list posts the chosen ones and is led to the question; only the question's form acts. What is refused is
listed and stays as it is; the others are done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import publishing
from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.fields import said
from articles.desk.rights import CHANGE, DELETE, PUBLISH, WITHDRAW, lacking, marked, may_file_under, within
from articles.desk.states import DRAFT, LIVE, READY, SCHEDULED, STATES, State, state_of, state_sentence
from articles.models import Article, Section
from articles.publishing import PublishError

AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Several:
    """One thing to do with several stories. `asks`: the extra field its question has."""

    name: str
    label: Any
    permission: str
    states: frozenset[State]
    run: Callable[[Article, Any], None]
    effect: Callable[[Article, datetime], str]
    asks: str = ""


def _publish(article: Article, request: Any) -> None:
    planned = article.published_at
    if planned is not None and planned > request.now:
        publishing.schedule(article, at=planned, by=request.user, now=request.now)
    else:
        publishing.publish(article, by=request.user, now=request.now)


def _published(article: Article, now: datetime) -> str:
    moments = [moment for moment in (article.published_at, article.embargo_until) if moment and moment > now]
    return _("Goes out %(moment)s") % {"moment": said(max(moments))} if moments else _("Goes out now")


def _withdraw(article: Article, request: Any) -> None:
    publishing.withdraw(article, reason=request.POST.get("reason", ""), by=request.user, now=request.now)


def _move(article: Article, request: Any) -> None:
    chosen = request.POST.get("section", "")
    section = Section.objects.filter(pk=int(chosen)).first() if chosen.isdigit() else None
    if section is None:
        raise PublishError(_("Choose a section."))
    if not may_file_under(request, section.pk):
        raise PublishError(_("Your work is limited to other sections. Ask a publisher, or choose one of yours."))
    publishing.move_to(article, section, by=request.user, now=request.now)


def _discard(article: Article, request: Any) -> None:
    publishing.discard(article, by=request.user, now=request.now)


SEVERAL = {
    one.name: one
    for one in (
        Several("publish", gettext_lazy("Publish"), PUBLISH, frozenset({DRAFT, READY}), _publish, _published),
        Several("withdraw", gettext_lazy("Withdraw"), WITHDRAW, frozenset({LIVE, SCHEDULED}), _withdraw,
                lambda article, now: _("Readers see the reason at its address"), "reason"),
        Several("move", gettext_lazy("Move to a section"), CHANGE, frozenset(STATES), _move,
                lambda article, now: _("Leaves “%(section)s”") % {"section": article.section or "—"}, "section"),
        Several("discard", gettext_lazy("Delete drafts"), DELETE, frozenset({DRAFT}), _discard,
                lambda article, now: _("Gone for good, with its versions")),
    )
}  # fmt: skip


class SeveralViews(StoryPart):
    """The list's actions and their questions, for the story's ModelAdmin."""

    admin_site: Any

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The question, which its own form is posted to."""
        return [path("several/<slug:name>/", wrap(self.several), name="articles_article_several")]

    def get_actions(self, request: Any) -> dict[str, tuple[Any, str, str]]:
        """Those this member may use; each only leads to its question."""
        allowed = [one for one in SEVERAL.values() if request.user.has_perm(one.permission)]
        return {one.name: (_leads_to(one.name), one.name, str(one.label)) for one in allowed}

    def several(self, request: Any, name: str) -> HttpResponse:
        """GET: what would happen to each. POST: do it. 403 without the permission; at most fifty at once."""
        one = SEVERAL.get(name)
        if one is None:
            raise Http404
        if not request.user.has_perm(one.permission):
            raise PermissionDenied(one.permission)
        chosen = request.POST if request.method == "POST" else request.GET
        keys = [int(key) for key in chosen.getlist("story") if key.isdigit()][:AT_MOST]
        if request.method == "POST":
            return self._do(request, one, keys)
        stories = marked(Article.objects.filter(within(request.user), pk__in=keys), request.user)
        rows = [(story, _refusal(request, one, story)) for story in stories.for_lists().order_by("-saved_at", "pk")]
        context = {
            **self.admin_site.each_context(request),
            "title": one.label,
            "one": one,
            "rows": [
                (story, state_sentence(story, request.now), one.effect(story, request.now), why) for story, why in rows
            ],
            "able": sum(not why for _story, why in rows),
            "sections": Section.objects.order_by("position", "pk") if one.asks == "section" else [],
        }
        return render(request, "admin/articles/article/several.html", context)

    def _do(self, request: Any, one: Several, keys: list[int]) -> HttpResponse:
        """Each story in a transaction of its own; what is refused is said and stays."""
        done = 0
        for key in keys:
            stories = marked(Article.objects.filter(within(request.user)), request.user)
            try:
                with transaction.atomic():
                    story = (
                        stories.select_related("section", "minimum_tier").select_for_update(of=("self",)).get(pk=key)
                    )
                    if why := _refusal(request, one, story):
                        raise PublishError(why)
                    one.run(story, request)
            except Article.DoesNotExist:
                messages.error(request, _("One of the stories is gone."))
            except PublishError as refused:
                messages.error(request, f"{story.headline}: {refused}")
            else:
                done += 1
        if done:
            said_done = ngettext("%(what)s: done for one story.", "%(what)s: done for %(number)s stories.", done)
            messages.success(request, said_done % {"what": one.label, "number": done})
        return respond(redirect("admin:articles_article_changelist"))


def _leads_to(name: str) -> Callable[..., HttpResponse]:
    """The admin action that leads to a question, by an address that can be opened again."""

    def ask(model_admin: Any, request: Any, queryset: Any) -> HttpResponse:
        keys = [key for key in request.POST.getlist("_selected_action") if key.isdigit()][:AT_MOST]
        query = "&".join(f"story={key}" for key in keys)
        return respond(redirect(f"{reverse('admin:articles_article_several', args=[name])}?{query}"))

    return ask


def _refusal(request: Any, one: Several, story: Article) -> str:
    """Why it cannot be done with this story, as far as state and rights tell; empty where it can."""
    if lacking(request, story, request.now):
        return _("You may not change this story.")
    if state_of(story, request.now) not in one.states:
        return _("Not possible: %(state)s.") % {"state": state_sentence(story, request.now)}
    return ""
