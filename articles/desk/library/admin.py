"""The library of pictures: found by words and by what they lack, cut around their focal point, with their rights."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from articles import nodes, pictures
from articles.desk.base import DeskAdmin
from articles.desk.library.pictures import PictureForm, PictureViews, kept, thumbnail
from articles.desk.rights import may_link_to
from articles.jobs import queue_preparation
from articles.models import Article, Author, LiveEntry, Page, Picture
from articles.pictures import PictureError
from members.models import AuditEntry

ADD = "articles.add_picture"
AT_ONCE = 20
STORIES_SHOWN = 30


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class LibraryForm(PictureForm):
    """A picture with its rights."""

    class Meta(PictureForm.Meta):
        fields = ["file", "alt", "caption", "credit", "rights", "rights_until", "source_url"]
        lines = forms.Textarea(attrs={"rows": 2})
        widgets = {"rights_until": DayInput(), "alt": lines, "caption": lines}


class AltFilter(admin.SimpleListFilter):
    """What nobody described."""

    title, parameter_name = gettext_lazy("alternative text"), "alt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One question."""
        return [("none", _("missing"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """In the queryset's word."""
        return queryset.without_alt() if self.value() == "none" else queryset


class RightsFilter(admin.SimpleListFilter):
    """What we may soon, or already, no longer show."""

    title, parameter_name = gettext_lazy("rights"), "rights"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Two questions."""
        return [("ending", _("end within two weeks")), ("ended", _("have ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """In the queryset's words."""
        match self.value():
            case "ending":
                return queryset.rights_ending(timezone.localdate())
            case "ended":
                return queryset.rights_ended(timezone.localdate())
        return queryset


class UseFilter(admin.SimpleListFilter):
    """What stands nowhere."""

    title, parameter_name = gettext_lazy("use"), "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One question."""
        return [("no", _("nowhere"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """At the head of no story and in none, no author's face, in no page and no live entry."""
        if self.value() != "no":
            return queryset
        faces = Author.objects.exclude(portrait=None).values("portrait")
        return queryset.filter(stories=None, leading=None).exclude(pk__in=faces).exclude(key__in=_keys_in_bodies())


@admin.register(Picture)
class PictureAdmin(PictureViews, DeskAdmin):  # type: ignore[misc]  # the look-up asks the page's permission
    """The library."""

    form = LibraryForm
    change_form_template = "admin/articles/picture/change_form.html"
    change_list_template = "admin/articles/picture/change_list.html"
    fields = [*LibraryForm.Meta.fields, "focus_x", "focus_y"]
    list_display = ("alt",)
    list_filter = (AltFilter, RightsFilter, UseFilter)
    search_fields = ("alt", "caption", "credit", "rights")
    search_help_text = gettext_lazy("Words of description, caption, credit or rights")
    ordering = ("-added_at", "-pk")
    list_per_page = 48
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_urls(self) -> list[Any]:
        """The editor's addresses and the library's upload before the admin's own."""
        wrap = self.admin_site.admin_view
        several = path("several/", wrap(require_POST(self.upload_several)), name="articles_picture_several")
        return [*self.picture_urls(wrap), several, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new picture has no focal point yet: it is set where it can be seen."""
        return self.fields if obj else LibraryForm.Meta.fields

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """The page, its pictures as tiles."""
        answer = super().changelist_view(request, extra_context)
        changelist = getattr(answer, "context_data", {}).get("cl")
        if changelist is not None:
            answer.context_data["tiles"] = [_tile(picture) for picture in changelist.result_list]
            answer.context_data["may_add"] = request.user.has_perm(ADD)
        return answer

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The form, with where the picture stands and until when it may."""
        picture = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if picture is not None:
            context = {
                "rights_state": picture.rights_state(timezone.localdate()),
                "focus_class": pictures.focus_class(picture),
                "stories": _stories_showing(request, picture),
                "pages": Page.objects.filter(body__contains=picture.key).only("title"),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def save_model(self, request: Any, obj: Picture, form: Any, change: bool) -> None:
        """Store it; stories showing it follow. A replaced file goes once this is certain; the key stays."""
        before = Picture.objects.filter(pk=obj.pk).first() if change and "file" in form.changed_data else None
        kept(form)
        if before is not None:
            transaction.on_commit(lambda: pictures.forget_files(before))

    def upload_several(self, request: Any) -> HttpResponse:
        """Several files at once: each that is a picture is kept, each that is none is named with the reason."""
        if not request.user.has_perm(ADD):
            raise PermissionDenied(ADD)
        files = request.FILES.getlist("files")
        refused = [said for file in files[:AT_ONCE] if (said := _add(file, by=request.user))]
        done = len(files[:AT_ONCE]) - len(refused)
        if len(files) > AT_ONCE:
            refused.append(_("At most %(number)s at once: the others were left out.") % {"number": AT_ONCE})
        if done:
            said = ngettext("%(n)s picture is kept.", "%(n)s pictures are kept.", done) % {"n": done}
            messages.success(request, f"{said} {_('Say what is to be seen.')}")
        for sentence in refused or ([] if files else [_("Choose one or more files.")]):
            messages.error(request, sentence)
        return HttpResponseRedirect(reverse("admin:articles_picture_changelist"), status=303)


def _add(file: Any, *, by: Any) -> str:
    """Keep one file as a picture; else what is wrong with it, with its name."""
    try:
        clean = pictures.checked(file)
    except PictureError as error:
        return f"{file.name}: {error}"
    with transaction.atomic():
        picture = Picture.objects.create(file=clean)
        queue_preparation(picture.pk)
        AuditEntry.objects.note("add", by=by, subject=picture)
    return ""


def _tile(picture: Picture) -> dict[str, Any]:
    """What the list shows of one picture."""
    return {
        "picture": picture,
        "thumbnail": thumbnail(picture),
        "focus_class": pictures.focus_class(picture),
        "rights_state": picture.rights_state(timezone.localdate()),
    }


def _stories_showing(request: HttpRequest, picture: Picture) -> list[Article]:
    """The newest stories with it, of those this member may see or readers know."""
    return list(may_link_to(request).showing(picture).order_by("-saved_at")[:STORIES_SHOWN])


def _keys_in_bodies() -> set[str]:
    """The pictures named by standing pages and live entries, which keep no rows for them."""
    bodies = [
        *Page.objects.filter(body__contains="data-").values_list("body", flat=True),
        *LiveEntry.objects.filter(text__contains="data-").values_list("text", flat=True),
    ]
    return {key for body in bodies for key in nodes.picture_keys(nodes.Body(body).blocks)}
