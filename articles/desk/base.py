"""What every page of the desk for articles has in common."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from js_asset import Media

from articles.desk.fields import MomentField
from members.models import AuditEntry


def plain_field(db_field: Any, **options: Any) -> Any:
    """The form field of a model's: moments by the browser's own picker, addresses without a scheme are https."""
    if isinstance(db_field, models.DateTimeField):
        return db_field.formfield(form_class=MomentField)
    if isinstance(db_field, models.URLField):
        options["assume_scheme"] = "https"
    return db_field.formfield(**options)


class DeskAdmin(admin.ModelAdmin):
    """A ModelAdmin whose record is ours (`AuditEntry`) and whose scripts carry the page's nonce."""

    view_on_site = False
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Moments and addresses as we want them; the rest as the admin does it."""
        if isinstance(db_field, models.DateTimeField | models.URLField):
            return plain_field(db_field)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Django's, with the nonce on scripts and import map."""
        context["media"] = Media.from_media(context["media"]).with_nonce(request.csp_nonce)
        return super().render_change_form(request, context, *args, **options)

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Django's, under the plain name of what it lists."""
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write down what was added."""
        AuditEntry.objects.note("add", by=request.user, subject=obj)  # type: ignore[arg-type]  # staff are members

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write down which fields changed."""
        changed = [part["changed"] for part in message if "changed" in part] if isinstance(message, list) else []
        AuditEntry.objects.note("change", by=request.user, subject=obj, changes={"fields": changed} if changed else {})  # type: ignore[arg-type]  # likewise

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write down what is about to go."""
        for obj in queryset:
            AuditEntry.objects.note("delete", by=request.user, subject=obj)  # type: ignore[arg-type]  # likewise


View = Callable[..., HttpResponseBase]
Wrap = Callable[[View], View]


class StoryPart:
    """One part of the story's ModelAdmin: addresses of its own, and what its include in the form shows."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """Its addresses; `wrap` is the desk's door."""
        return []

    def part_context(self, request: Any, article: Any) -> dict[str, Any]:
        """What its template beside the form needs. `article` is None for a new story."""
        return {}


class PlainMedia:
    """No jQuery and none of the admin's own scripts: for pages whose templates bring their modules."""

    @property
    def media(self) -> forms.Media:
        """Nothing beyond what the form's fields bring."""
        return forms.Media()


def respond(response: HttpResponse) -> HttpResponse:
    """A redirect as 303: what follows a form is a page."""
    if response.status_code == 302:
        response.status_code = 303
    return response
