"""The story as readers would see it, for drafts too: as anybody, as a member, as a patron.

Read with the gate's own decision on the stored row, as if it were out. Nothing is stored and nothing counted.
"""

import copy
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from articles.attachments.embeds import may_frame
from articles.desk.base import StoryPart, Wrap
from articles.desk.rights import ask_to_see
from articles.drafts.previewing import NOBODY, as_if_out, read_as
from articles.live.stream import has_stream, stream_of
from articles.models import Article
from members.gate import ANONYMOUS, Reader, Terms
from members.models import SiteRules

KINDS = {"anonymous": _("anybody"), "member": _("a member"), "patron": _("a patron")}


class PreviewViews(StoryPart):
    """The preview's view, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The preview's address."""
        return [path("<int:object_id>/preview/", wrap(self.preview), name="articles_article_preview")]

    def preview(self, request: Any, object_id: int) -> HttpResponse:
        """The public story page as `?as=` sees it. GET, private, counts nothing."""
        return previewed(request, object_id)


@require_safe
@may_frame
def previewed(request: Any, object_id: int) -> HttpResponse:
    """The page of the story `object_id` for one kind of reader."""
    article = get_object_or_404(Article.objects.for_reading(), pk=object_id)
    ask_to_see(request, article)
    article = as_if_out(article, request.now)
    kind = request.GET.get("as", "")
    kind = kind if kind in KINDS else "anonymous"
    rules: SiteRules = request.furniture.rules
    reader = reader_like(kind, article.terms(rules))
    seen = read_as(article, reader, rules=rules, now=request.now)
    shows_stream = not seen.is_cut and has_stream(article, rules)
    context = {
        "notes": list(article.notes.in_order().with_people()),
        "notes_path": reverse("admin:articles_article_notes", args=[article.pk]),
        "reading": seen,
        "story": article,
        "stream": stream_of(article) if shows_stream else None,
        "canonical": article.get_absolute_url(),
        "json_ld": "{}",
        "rest_path": reverse("rest", args=[article.published_on, article.slug]),
        "is_rest": True,
        "reader": reader,
        "kinds": KINDS,
        "kind": kind,
        "edit_path": reverse("admin:articles_article_change", args=[article.pk]),
    }
    return render(as_seen_by(request, kind), "admin/articles/article/preview.html", context)


def reader_like(kind: str, terms: Terms) -> Reader:
    """A reader of this kind; the patron has the tier the story asks for."""
    if kind == "anonymous":
        return ANONYMOUS
    return Reader(member_id=NOBODY, rank=terms.minimum_rank if kind == "patron" else 0)


def as_seen_by(request: Any, kind: str) -> Any:
    """The request as the templates of that reader's page would see it."""
    seen = copy.copy(request)
    seen.user = AnonymousUser()
    seen.member = request.member if kind != "anonymous" else None
    seen.edge_seconds = None
    return seen
