"""The desk's pages for topics: the queue with its verbs, the list, one topic with its next steps."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.models import AuditEntry, Member, Round, Topic
from members.topics.desk import effect, queue
from members.topics.loop import merging, proposals
from members.topics.loop.steps import TopicError
from newsroom.caching import purge

CHANGE = "members.change_topic"
VERBS = ("admit", "assign", "decline", "merge")


class TopicAdmin(admin.ModelAdmin):
    """Topics: the queue of proposals, what is in a vote, what came of it. Each step is a button."""

    change_form_template = "members/desk/topic.html"
    change_list_template = "members/desk/topics.html"
    list_display = ("title", "status", "votes", "proposed_at", "assigned_to", "due_on")
    list_filter = ("status", "by_newsroom")
    list_select_related = ("assigned_to",)
    search_fields = ("title", "case")
    ordering = ("-proposed_at",)
    prepopulated_fields = {"slug": ("title",)}
    fields = (
        "title", "slug", "case", "status", "votes", "proposed_at", "assigned_to", "due_on", "decline_reason",
    )  # fmt: skip
    readonly_fields = ("status", "votes", "proposed_at", "assigned_to", "due_on", "decline_reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> tuple[str, ...]:
        """State and votes always; the address once readers know it; what is on a ballot once its round opens."""
        if obj is not None and obj.options.filter(round__opens_at__lte=timezone.now()).exists():
            return self.fields
        is_known = obj is not None and obj.status != Topic.Status.PROPOSED
        return (*self.readonly_fields, "slug") if is_known else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Topic | None = None) -> Any:
        """The slug of a new topic."""
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A topic is declined, with a reason, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """Store the fields; one made here is the newsroom's own proposal."""
        obj.by_newsroom = obj.by_newsroom if change else True
        super().save_model(request, obj, form, change)
        if not change:
            proposals.begin(obj, at=obj.proposed_at)
        AuditEntry.objects.note("change" if change else "add", by=_by(request), subject=obj)
        purge("topics", f"topic-{obj.pk}")

    def get_urls(self) -> list[URLPattern]:
        """The queue, what votes led to, and `<pk>/do/<verb>/`, POST only."""
        view = self.admin_site.admin_view
        return [
            path("queue/", view(self.queue), name="members_topic_queue"),
            path("effect/", view(self.effect), name="members_topic_effect"),
            path("<int:pk>/do/<slug:verb>/", view(self.do), name="members_topic_do"),
            *super().get_urls(),
        ]

    def view_on_site(self, obj: Topic) -> str:
        """The topic's own page."""
        return obj.get_absolute_url()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the other pages about topics above it."""
        return super().changelist_view(request, {"rooms": queue.ROOMS, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, its steps so far, and the next ones with what each needs."""
        may_act = request.user.has_perm(CHANGE)
        context = {**(extra_context or {}), "rooms": queue.ROOMS}
        if may_act and object_id.isdecimal() and len(object_id) < 18:
            context |= queue.around(int(object_id), timezone.now())
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_safe)
    def queue(self, request: HttpRequest) -> HttpResponse:
        """Topics of one state, each with its buttons and what looks like it."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(CHANGE)
        page = queue.page_of(request.GET.get("state", ""), request.GET.get("after", ""), timezone.now())
        context = {**self.admin_site.each_context(request), "title": _("Proposals"), "rooms": queue.ROOMS, "page": page}
        return render(request, "members/desk/topic_queue.html", context)

    @method_decorator(require_safe)
    def effect(self, request: HttpRequest) -> HttpResponse:
        """What votes led to, and what was promised and not done."""
        if not self.has_view_permission(request):
            raise PermissionDenied("members.view_topic")
        found = effect.effect_of_votes(timezone.now())
        title = _("What votes led to")
        context = {**self.admin_site.each_context(request), "title": title, "rooms": queue.ROOMS, "effect": found}
        return render(request, "members/desk/topic_effect.html", context)

    @method_decorator(require_POST)
    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Take the step and come back; a refusal says why."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(CHANGE)
        if verb not in VERBS:
            raise Http404
        topic = get_object_or_404(Topic, pk=pk)
        try:
            messages.success(request, _take(verb, topic, request))
        except TopicError as error:
            messages.error(request, str(error))
        except ValueError:
            messages.error(request, _("That is no day. Write it as 2026-11-30."))
        state = request.POST.get("state", "")
        if state in queue.STATES:
            return HttpResponseRedirect(f"{reverse('admin:members_topic_queue')}?state={state}", status=303)
        return HttpResponseRedirect(reverse("admin:members_topic_change", args=[pk]), status=303)


def _take(verb: str, topic: Topic, request: HttpRequest) -> str:
    """What was done, in words. Raises TopicError, and ValueError for a day that is none."""
    by, fields, now = _by(request), request.POST, timezone.now()
    if verb == "admit":
        round_ = get_object_or_404(Round, slug=fields.get("round", ""))
        proposals.admit(topic, round_, by=by, now=now)
        return _("“%(topic)s” is on the ballot of “%(round)s”.") % {"topic": topic, "round": round_}
    if verb == "assign":
        colleague = get_object_or_404(Member, email=fields.get("to", ""), is_staff=True, is_active=True)
        due_on = date.fromisoformat(fields["due_on"]) if fields.get("due_on") else None
        proposals.assign(topic, to=colleague, due_on=due_on, by=by, now=now)
        return _("%(who)s is on “%(topic)s”.") % {"who": colleague, "topic": topic}
    if verb == "merge":
        into = _number(fields.get("into", ""))
        other = get_object_or_404(Topic, pk=into)
        merging.merge(topic, into=other, by=by, now=now)
        return _("“%(topic)s” is joined with “%(other)s”.") % {"topic": topic, "other": other}
    proposals.decline(topic, reason=fields.get("reason", ""), by=by, now=now)
    return _("“%(topic)s” is declined. Whoever asked for it reads why.") % {"topic": topic}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


def _by(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied  # the desk is for members only
    return request.user


admin.site.register(Topic, TopicAdmin)
