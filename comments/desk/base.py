"""What the moderators' pages share: who may open them, which there are, and the reasons they give."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from comments.access import MODERATE

REASONS = (
    gettext_lazy("Insulting or harassing"),
    gettext_lazy("Off topic"),
    gettext_lazy("Advertising"),
    gettext_lazy("Illegal"),
    gettext_lazy("False and harmful"),
)
ROOMS: tuple[tuple[Any, str], ...] = (
    (gettext_lazy("Replies"), "admin:comments_reply_changelist"),
    (gettext_lazy("Reports"), "admin:comments_report_changelist"),
    (gettext_lazy("Appeals"), "admin:comments_appeal_changelist"),
    (gettext_lazy("Sanctions"), "admin:comments_sanction_changelist"),
    (gettext_lazy("Discussions"), "admin:comments_discussion_changelist"),
    (gettext_lazy("Words"), "admin:comments_words"),
    (gettext_lazy("Figures"), "admin:comments_figures"),
)  # the moderators' pages, linked above each: what it is called, the name of its address

View = Callable[..., HttpResponse]


def for_moderators(view: View) -> View:
    """Let nobody in but moderators."""

    @functools.wraps(view)
    def asked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied(MODERATE)
        return view(request, *args, **kwargs)

    return asked


def verb_of_moderators(view: View) -> View:
    """Let nobody in but moderators, and only to act."""
    return for_moderators(require_POST(view))


class ModeratorsAdmin(admin.ModelAdmin):
    """For who may moderate, and nobody else; nothing is deleted here."""

    show_facets = admin.ShowFacets.NEVER

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for every page of it."""
        return request.user.has_perm(MODERATE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from readers."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is typed over; the verbs decide."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Stubs and statuses instead."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the moderators' other pages above it."""
        return super().changelist_view(request, {"rooms": ROOMS, **(extra_context or {})})
