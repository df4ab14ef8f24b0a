"""The story as readers would see it, for drafts too: as anybody, as a member, as a patron."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from articles.models import Article

KINDS = ("anonymous", "member", "patron")


class PreviewViews:
    """The preview's view, for the story's ModelAdmin."""

    admin_site: Any

    def preview(self, request: Any, object_id: int) -> HttpResponse:
        """The public story page as `?as=` sees it. GET, private, counts nothing."""
        if not request.user.has_perm("articles.view_article"):
            raise PermissionDenied
        article = get_object_or_404(Article, pk=object_id)
        return HttpResponse(article.headline)
