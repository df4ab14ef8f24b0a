"""The desk's pages for sections and standing pages. Sections and pages keep their row in the one
table of names, so that no two claim one address."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.desk.base import DeskAdmin
from articles.desk.story.editor_field import StoryEditorField
from articles.models import Name, Page, Section
from members.appeals import AppealForm, warn_of_typed_price
from members.gate import ReplyRight
from newsroom.caching import purge


def keep_name(place: Section | Page) -> None:
    """Give `place` its row in the table of names, or move the one it has. Raises IntegrityError on a clash."""
    holder = {"section": place} if isinstance(place, Section) else {"page": place}
    path = place.slug if isinstance(place, Section) else place.path
    Name.objects.update_or_create(**holder, defaults={"path": path})


def free_path(path: str, place: Section | Page) -> str:
    """`path` if nothing else lives there. Raises ValidationError naming what does."""
    mine = {"section": place} if isinstance(place, Section) else {"page": place}
    rows = Name.objects.filter(path=path).select_related("section", "page")
    other = (rows.exclude(**mine) if place.pk else rows).first()
    if other is not None:
        raise ValidationError(_("“%(name)s” already lives there."), params={"name": str(other.section or other.page)})
    return path


class SectionForm(AppealForm):
    """A section, with an appeal and a reply right of its own if it wants them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["reply_right"]
        choices.choices = [("", _("As everywhere on the site")), *ReplyRight.choices]

    def clean_slug(self) -> str:
        """An address nothing else has."""
        return free_path(self.cleaned_data["slug"], self.instance)


@admin.register(Section)
class SectionAdmin(DeskAdmin):
    """Sections, in the order of the menu."""

    form = SectionForm
    fieldsets = (
        (
            None,
            {"fields": ("name", "slug", "description", "colour", "position", "is_in_menu", "is_opinion", "audience")},
        ),
        (_("The replies under its stories"), {"fields": ("reply_right",)}),
        (_("The ask under its stories"), {"fields": ("appeal_title", "appeal_text")}),
    )
    list_display = ("name", "slug", "position", "is_in_menu", "audience")
    ordering = ("position", "pk")
    search_fields = ("name",)

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> dict[str, Sequence[str]]:
        """A new one's address follows its name."""
        return {} if obj else {"slug": ("name",)}

    def save_model(self, request: Any, obj: Section, form: Any, change: bool) -> None:
        """Store it with its name; every page shows sections."""
        super().save_model(request, obj, form, change)
        keep_name(obj)
        warn_of_typed_price(request, form)
        purge("site", f"section-{obj.pk}", "front", "sitemap")

    def delete_model(self, request: Any, obj: Section) -> None:
        """Gone from every page."""
        purge("site", f"section-{obj.pk}", "front", "sitemap")
        super().delete_model(request, obj)


class PageForm(forms.ModelForm):
    """A page, written with the story's editor."""

    body = StoryEditorField(label=_("Text"), required=False)

    class Meta:
        labels = {
            "path": _("Address"),
            "is_published": _("Live"),
            "replies_open": _("Takes replies"),
            "policy": _("It states"),
        }
        help_texts = {
            "path": _("about, or about/team"),
            "policy": _("Search engines are told that this page says so. One page for each."),
        }

    def clean_path(self) -> str:
        """An address nothing else has, without slashes at its ends."""
        path = self.cleaned_data["path"].strip("/")
        return free_path(path, self.instance)


@admin.register(Page)
class PageAdmin(DeskAdmin):
    """Standing pages: about, imprint, privacy."""

    form = PageForm
    fields = ("title", "body", "path", "is_published", "replies_open", "policy")
    change_form_template = "admin/articles/page/change_form.html"
    list_display = ("title", "path", "is_published", "updated_at")
    list_filter = ("is_published",)
    search_fields = ("title", "path")
    ordering = ("path",)

    def save_model(self, request: Any, obj: Page, form: Any, change: bool) -> None:
        """Store it with its name; live at once."""
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)
        keep_name(obj)
        purge(*obj.cache_keys())

    def delete_model(self, request: Any, obj: Page) -> None:
        """Gone at once."""
        purge(*obj.cache_keys())
        super().delete_model(request, obj)
