"""Versions of a story: who saved what and when, and going back to one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from articles import publishing
from articles.desk.base import StoryPart, Wrap
from articles.desk.rights import ask_to_change, ask_to_see, may_change
from articles.desk.states import UNPUBLISHED, WITHDRAWN, state_of
from articles.models import Article, Revision

BROUGHT_BACK = ("headline", "kicker", "standfirst", "full_text", "dateline")
ROWS = 100


class VersionViews(StoryPart):
    """The versions' views, for the story's ModelAdmin."""

    admin_site: Any

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The list, and going back to one."""
        restore = "<int:object_id>/versions/<int:version>/restore/"
        return [
            path("<int:object_id>/versions/", wrap(self.versions), name="articles_article_versions"),
            path(restore, wrap(self.restore_version), name="articles_article_restore_version"),
        ]

    def versions(self, request: Any, object_id: int) -> HttpResponse:
        """The latest versions, newest first; one of them in full with `?version=`."""
        article = get_object_or_404(Article.objects.defer("full_text", "teaser", "search"), pk=object_id)
        ask_to_see(request, article)
        rows = article.revisions.select_related("made_by").order_by("-made_at", "-pk")
        wanted = request.GET.get("version", "")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Versions"),
            "article": article,
            "rows": rows.defer("content")[:ROWS],
            "shown": rows.filter(pk=int(wanted)).first() if wanted.isdigit() else rows.first(),
            "may_restore": may_change(request, article, request.now),
        }
        return render(request, "admin/articles/article/versions.html", context)

    def restore_version(self, request: Any, object_id: int, version: int) -> HttpResponse:
        """POST: make the story's words those of a version; the words it had stay a version of their own."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            article = get_object_or_404(Article.objects.select_for_update(), pk=object_id)
            ask_to_change(request, article)
            bring_back(article, get_object_or_404(Revision, pk=version, article=article), request)
        messages.success(request, _("The words of that version are back."))
        return redirect("admin:articles_article_change", article.pk)


def bring_back(article: Article, revision: Revision, request: Any) -> None:
    """Put the words of `revision` into the story and let the publishing verbs follow."""
    for name in BROUGHT_BACK:
        if name in revision.content:
            setattr(article, name, revision.content[name])
    article.save()
    if state_of(article, request.now) in UNPUBLISHED | {WITHDRAWN}:
        publishing.save_draft(article, by=request.user, now=request.now)
    else:
        publishing.correct(article, by=request.user, now=request.now, stamp=False)
