"""All versions of all stories, to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from articles.desk.rights import stories_within
from articles.models import Revision


@admin.register(Revision)
class RevisionAdmin(admin.ModelAdmin):
    """Versions, read-only."""

    list_display = ("article", "verb", "made_by", "made_at")
    list_filter = ("verb",)
    list_select_related = ("article", "made_by")
    search_fields = ("article__headline",)
    show_full_result_count = False
    ordering = ("-made_at",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the texts; of stories this member may see."""
        rows = super().get_queryset(request).filter(article__in=stories_within(request))
        return rows.defer("article__full_text", "article__teaser", "article__search")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see stories."""
        return request.user.has_perm("articles.view_article")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: verbs make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a version is what was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, except with the story itself."""
        return False
