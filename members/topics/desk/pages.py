"""The desk's pages for topics: proposals put to the vote, assigned or declined."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from members.models import AuditEntry, Member, Round, Topic
from members.topics.loop import proposals
from members.topics.loop.steps import TopicError
from newsroom.caching import purge

VERBS = {"admit": "members.change_topic", "assign": "members.change_topic", "decline": "members.change_topic"}


class TopicAdmin(admin.ModelAdmin):
    """Topics: the queue of proposals, what is in a vote, what came of it. Each step is a button."""

    change_form_template = "members/desk/topic.html"
    list_display = ("title", "status", "votes", "proposed_at", "assigned_to", "due_on")
    list_filter = ("status",)
    list_select_related = ("assigned_to",)
    search_fields = ("title",)
    ordering = ("-proposed_at",)
    prepopulated_fields = {"slug": ("title",)}
    fields = (
        "title", "slug", "case", "status", "votes", "proposed_at", "assigned_to", "due_on", "decline_reason",
    )  # fmt: skip
    readonly_fields = ("status", "votes", "proposed_at", "assigned_to", "due_on", "decline_reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> tuple[str, ...]:
        """State and votes always; what is on a ballot once its round opens."""
        frozen = obj is not None and obj.options.filter(round__opens_at__lte=timezone.now()).exists()
        return self.fields if frozen else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Topic | None = None) -> Any:
        """The slug of a new topic."""
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A topic is declined, with a reason, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """Store the fields; one made here is the newsroom's own proposal."""
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("change" if change else "add", by=_by(request), subject=obj)
        purge("topics", f"topic-{obj.pk}")

    def get_urls(self) -> list[URLPattern]:
        """`<pk>/do/<verb>/`, POST only."""
        view = self.admin_site.admin_view(self.do)
        return [path("<int:pk>/do/<slug:verb>/", view, name="members_topic_do"), *super().get_urls()]

    def view_on_site(self, obj: Topic) -> str:
        """The topic's own page."""
        return obj.get_absolute_url()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, and beside it the steps with what each needs."""
        context: dict[str, Any] = {
            **(extra_context or {}),
            "rounds": Round.objects.upcoming(timezone.now()),
            "colleagues": Member.objects.filter(is_staff=True, is_active=True).order_by("name", "email"),
            "may_act": request.user.has_perm(VERBS["admit"]),
        }
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Take the step and come back; a refusal says why."""
        if not request.user.has_perm(VERBS.get(verb, VERBS["admit"])):
            raise PermissionDenied(VERBS.get(verb, VERBS["admit"]))
        if verb not in VERBS:
            raise Http404
        topic = get_object_or_404(Topic, pk=pk)
        try:
            _take(verb, topic, request)
            messages.success(request, _("Done."))
        except (TopicError, ValueError) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:members_topic_change", args=[pk]), status=303)


def _take(verb: str, topic: Topic, request: HttpRequest) -> None:
    """Raises TopicError, and ValueError for a day that is none."""
    by, fields = _by(request), request.POST
    if verb == "admit":
        round_ = get_object_or_404(Round, slug=fields.get("round", ""))
        proposals.admit(topic, round_, by=by, now=timezone.now())
    elif verb == "assign":
        colleague = get_object_or_404(Member, email=fields.get("to", ""), is_staff=True)
        due_on = date.fromisoformat(fields["due_on"]) if fields.get("due_on") else None
        proposals.assign(topic, to=colleague, due_on=due_on, by=by, now=timezone.now())
    else:
        proposals.decline(topic, reason=fields.get("reason", ""), by=by, now=timezone.now())


def _by(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied  # the desk is for members only
    return request.user


admin.site.register(Topic, TopicAdmin)
