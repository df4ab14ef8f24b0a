"""Discussions on the desk."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from comments.desk.base import MODERATE, ModeratorsAdmin
from comments.models import Discussion
from newsroom.caching import purge


@admin.register(Discussion)
class DiscussionAdmin(ModeratorsAdmin):
    """Where replies are open, until when, how fast, and whether every one is read first."""

    list_display = ("__str__", "number", "is_open", "closes_at", "held_until", "slow_seconds")
    list_display_links = ("__str__",)
    list_filter = ("is_open",)
    search_fields = ("story__headline", "topic__title", "page__title")
    fields = ("is_open", "closes_at", "held_until", "slow_seconds")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Discussion]:
        """With what is discussed and how many replies can be read."""
        return Discussion.objects.with_subject().with_count().order_by("-pk")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    @admin.display(description=gettext_lazy("replies"))
    def number(self, discussion: Any) -> int:
        """How many can be read."""
        count: int = discussion.count
        return count

    def save_model(self, request: Any, obj: Discussion, form: Any, change: bool) -> None:
        """Store it; the pages that show its replies go stale with it."""
        super().save_model(request, obj, form, change)
        purge(obj.cache_key)
