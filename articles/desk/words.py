"""The desk's pages for tags, series and authors, and the look-up of tags."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import JsonResponse
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from articles.desk.base import DeskAdmin
from articles.models import Author, Series, Tag
from newsroom.caching import purge

LOOKUP_ROWS = 8


class NamedAdmin(DeskAdmin):
    """What has a name, an address of its own and pages that show it."""

    search_fields = ("name",)
    list_display: tuple[str, ...] = ("name", "slug")
    ordering = ("name",)
    key = ""

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> dict[str, Sequence[str]]:
        """A new one's address follows its name; an old one's stays."""
        return {} if obj else {"slug": ("name",)}

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Store it; the pages that show it fall."""
        obj.slug = obj.slug or slugify(obj.name, allow_unicode=True)
        super().save_model(request, obj, form, change)
        purge(f"{self.key}-{obj.pk}", "sitemap")


@admin.register(Tag)
class TagAdmin(NamedAdmin):
    """Tags, the most used first."""

    key = "tag"
    list_display = ("name", "slug", "stories")

    def get_urls(self) -> list[Any]:
        """The look-up before the admin's own."""
        wrap = self.admin_site.admin_view
        return [path("lookup/", wrap(self.lookup), name="articles_tag_lookup"), *super().get_urls()]

    def get_queryset(self, request: Any) -> Any:
        """With how many stories carry each."""
        return super().get_queryset(request).annotate(times=Count("articles"))

    @admin.display(description=_("stories"), ordering="times")
    def stories(self, tag: Any) -> int:
        """How many stories carry it."""
        return int(tag.times)

    def lookup(self, request: Any) -> JsonResponse:
        """Tags beginning with, then holding, what is typed (`q`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied("articles.view_tag")
        word = request.GET.get("q", "").strip()
        names = Tag.objects.order_by("name").values_list("name", flat=True)
        begin = list(names.filter(name__istartswith=word)[:LOOKUP_ROWS])
        more = names.filter(name__icontains=word).exclude(name__in=begin)[: LOOKUP_ROWS - len(begin)]
        return JsonResponse({"results": [*begin, *more]})


@admin.register(Series)
class SeriesAdmin(NamedAdmin):
    """Series."""

    key = "series"


@admin.register(Author)
class AuthorAdmin(NamedAdmin):
    """Authors, guests and agencies."""

    key = "author"
    list_display = ("name", "role", "is_agency", "member")
    list_filter = ("is_agency",)
    list_select_related = ("member",)
    raw_id_fields = ("portrait", "member")
