"""The desk's pages for tags, series and authors, and the look-up of tags."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles.arranging import number_parts, odd_parts
from articles.desk.base import DeskAdmin, respond
from articles.desk.rights import may_link_to, stories_within
from articles.desk.states import state_sentence
from articles.models import Author, Series, Tag
from newsroom.caching import purge

LOOKUP_ROWS = 8
LAST_PART = 999


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

    def delete_model(self, request: Any, obj: Any) -> None:
        """Gone from the pages that showed it."""
        purge(f"{self.key}-{obj.pk}", "sitemap")
        super().delete_model(request, obj)


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
    """Series, each with its parts in order."""

    key = "series"
    change_form_template = "admin/articles/series/change_form.html"

    def get_urls(self) -> list[Any]:
        """Numbering before the admin's own."""
        wrap = self.admin_site.admin_view
        return [path("<int:pk>/parts/", wrap(self.number), name="articles_series_parts"), *super().get_urls()]

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The form; below it the parts, and what is odd about their numbers."""
        context = {**(extra_context or {})}
        if object_id.isdigit():
            parts = list(may_link_to(request).filter(series=int(object_id)).without_text().in_series_order())
            rows = [{"story": part, "state": state_sentence(part, request.now)} for part in parts]
            context |= {"parts": rows, "odd": odd_parts(part.series_part for part in parts)}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def number(self, request: Any, pk: int) -> HttpResponse:
        """Number the parts as posted (`part-<story>`); back to the series, saying what is still odd."""
        if not self.has_change_permission(request):
            raise PermissionDenied("articles.change_series")
        series = get_object_or_404(Series, pk=pk)
        within = set(stories_within(request).filter(series=series).values_list("pk", flat=True))
        numbers = {key: part for key, part in numbers_in(request.POST).items() if key in within}
        odd = number_parts(series, numbers, by=request.user)
        messages.success(request, _("Numbered."))
        for sentence in odd:
            messages.warning(request, sentence)
        return respond(redirect("admin:articles_series_change", pk))


def numbers_in(posted: QueryDict) -> dict[int, int | None]:
    """Story key to part, from fields named `part-<story>`; what is no number from 1 to 999 is none."""
    found: dict[int, int | None] = {}
    for name, value in posted.items():
        key, text = name.removeprefix("part-"), str(value).strip()
        if name.startswith("part-") and key.isdecimal():
            found[int(key)] = int(text) if text.isdecimal() and 1 <= int(text[:4]) <= LAST_PART else None
    return found


@admin.register(Author)
class AuthorAdmin(NamedAdmin):
    """Authors, guests and agencies."""

    key = "author"
    list_display = ("name", "role", "is_agency", "member")
    list_filter = ("is_agency",)
    list_select_related = ("member",)
    raw_id_fields = ("portrait", "member")
