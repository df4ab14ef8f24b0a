"""Discussions on the desk: open or closed, until when, held, how fast; and the buttons for a bad hour."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk.fields import MomentField, MomentWidget
from comments.access import MODERATE
from comments.answers import SeeOther
from comments.desk.base import ROOMS, ModeratorsAdmin, verb_of_moderators
from comments.models import Discussion
from comments.moderation.steering import STEPS, steer, write_down
from members.same_origin import safe_next

LABELS: dict[str, tuple[str | Promise, str | Promise]] = {
    "hold": (gettext_lazy("Hold everything for an hour"), gettext_lazy("For an hour every reply is read first.")),
    "release": (gettext_lazy("Hold no longer"), gettext_lazy("Replies show at once again.")),
    "slow": (gettext_lazy("Slow: one a minute"), gettext_lazy("A member replies once a minute here.")),
    "unslow": (gettext_lazy("Slow no longer"), gettext_lazy("It runs at its own pace again.")),
    "close": (gettext_lazy("Close"), gettext_lazy("It takes no more replies.")),
    "open": (gettext_lazy("Open again"), gettext_lazy("It takes replies again.")),
}  # each step as a button, and what it says when taken


def steps_of(discussion: Discussion, now: datetime) -> list[tuple[str, str | Promise]]:
    """The steps that make sense now: address and label."""
    is_held = discussion.held_until is not None and discussion.held_until > now
    names = (
        "release" if is_held else "hold",
        "unslow" if discussion.slow_seconds else "slow",
        "open" if discussion.is_closed(now) else "close",
    )
    return [(reverse("admin:comments_discussion_steer", args=[discussion.pk, name]), LABELS[name][0]) for name in names]


@verb_of_moderators
def take_step(request: Any, pk: int, step: str) -> HttpResponse:
    """Take one step with a discussion, and lead back."""
    found = Discussion.objects.with_subject().filter(pk=pk).first()
    if found is None or step not in STEPS:
        raise Http404
    if steer(found, step, by=request.user, now=request.now):
        messages.success(request, str(LABELS[step][1]))
    else:
        messages.warning(request, _("Nothing changed: it was so already."))
    return SeeOther(safe_next(request, reverse("admin:comments_discussion_changelist")))


@admin.register(Discussion)
class DiscussionAdmin(ModeratorsAdmin):
    """Where replies are open, until when, how fast, and whether every one is read first."""

    list_display = ("__str__", "number", "stands", "closes_at", "held_until", "slow_seconds")
    list_display_links = ("__str__",)
    list_filter = ("is_open",)
    search_fields = ("story__headline", "topic__title", "page__title")
    fields = ("is_open", "closes_at", "held_until", "slow_seconds", "note")
    list_per_page = 50
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        models.DateTimeField: {"form_class": MomentField, "widget": MomentWidget}
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Discussion]:
        """With what is discussed and how many replies can be read."""
        return Discussion.objects.with_subject().with_count().order_by("-pk")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    def get_urls(self) -> list[URLPattern]:
        """The steps' addresses, before Django's own."""
        step = self.admin_site.admin_view(take_step)
        return [path("<int:pk>/steer/<slug:step>/", step, name="comments_discussion_steer"), *super().get_urls()]

    def render_change_form(
        self, request: Any, context: Any, add: bool = False, change: bool = False, form_url: str = "", obj: Any = None
    ) -> Any:
        """The form, under the buttons of its steps."""
        if obj is not None:
            context |= {"steps": steps_of(obj, request.now), "rooms": ROOMS}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=gettext_lazy("state"))
    def stands(self, discussion: Discussion) -> SafeString:
        """Open or closed, by its switch or its date."""
        is_closed = discussion.is_closed(timezone.now())
        css, said = ("is-withdrawn", _("closed")) if is_closed else ("is-live", _("open"))
        return format_html('<span class="desk-status {}">{}</span>', css, said)

    @admin.display(description=gettext_lazy("replies"))
    def number(self, discussion: Any) -> int:
        """How many can be read."""
        count: int = discussion.count
        return count

    def save_model(self, request: Any, obj: Discussion, form: Any, change: bool) -> None:
        """Store it and write down what changed; the pages that show its replies go stale with it."""
        super().save_model(request, obj, form, change)
        changes = {name: [form.initial.get(name), form.cleaned_data[name]] for name in form.changed_data}
        if changes:
            write_down(obj, changes, by=request.user)
