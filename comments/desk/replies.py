"""The moderators' queue of replies.

Deciding is never saving: approve, reject, remove, restore and feature are POST views that call the verbs.
The buttons stand inside Django's own list form and name their address, so all works without JavaScript.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from comments.desk import queue
from comments.desk.base import MODERATE, REASONS, ModeratorsAdmin
from comments.models import Reply, Report
from members.models import AuditEntry
from members.same_origin import safe_next


class QueueFilter(admin.SimpleListFilter):
    """The moderators' saved questions."""

    title = gettext_lazy("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Their names."""
        return [(name, str(question.label)) for name, question in queue.QUESTIONS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Each is a word of the queryset."""
        question = queue.QUESTIONS.get(self.value() or "")
        return question.asked_of(queryset) if question else queryset


@admin.register(Reply)
class ReplyAdmin(ModeratorsAdmin):
    """The queue: held ones first, each with what it answers, where, and how its author has written before."""

    list_display = ("said", "who", "where", "state", "posted_at", "decide")
    list_display_links = None
    list_filter = (QueueFilter,)
    search_fields = ("comment", "author__name", "display_name", "discussion__story__headline")
    search_help_text = gettext_lazy("Words of the reply, a name, a headline")
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False  # "under" leads there, through the gate
    actions = ("approve_selected", "reject_selected", "remove_selected")
    fields = ("said", "who", "where", "state", "posted_at", "edited_at", "decisions", "reported", "before")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reply]:
        """Everything a row shows, in one query."""
        return queue.for_moderators(Reply.objects.all())

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Held first, and of those the longest waiting; then the newest."""
        held = Case(When(status=Reply.Status.HELD, then=F("posted_at")), default=None)
        return [held.asc(nulls_last=True), "-posted_at"]

    @admin.display(description=gettext_lazy("reply"))
    def said(self, reply: Any) -> SafeString:
        """The text, under what it answers, with its own page one click away."""
        address = reverse("admin:comments_reply_change", args=[reply.pk])
        answered = Truncator(reply.reply_to.comment).chars(160) if reply.reply_to else ""
        above = format_html('<p class="desk-quiet">{} “{}”</p>', _("In answer to"), answered) if answered else ""
        return format_html('{}<p><a href="{}">{}</a></p>', above, address, reply.comment or _("(no text)"))

    @admin.display(description=gettext_lazy("by"))
    def who(self, reply: Any) -> SafeString:
        """The name, and the account's record in figures."""
        record = _("%(published)d published, %(refused)d refused") % {
            "published": reply.author_published,
            "refused": reply.author_refused,
        }
        return format_html("{}<br><small>{}</small>", reply.shown_name, record if reply.author_id else _("imported"))

    @admin.display(description=gettext_lazy("under"))
    def where(self, reply: Any) -> SafeString:
        """The story, topic or page, and the reply's place there."""
        return format_html('<a href="{}">{}</a>', reply.get_absolute_url(), reply.discussion.subject)

    @admin.display(description=gettext_lazy("state"))
    def state(self, reply: Any) -> SafeString:
        """Its status, and why."""
        css = {Reply.Status.PUBLISHED: "is-live", Reply.Status.HELD: "is-ready"}.get(reply.status, "is-withdrawn")
        reported = ngettext("%d report", "%d reports", reply.open_reports) % reply.open_reports
        why = [_(reply.reason) if reply.reason else reply.rule, reported if reply.open_reports else ""]
        picked = _("picked") if reply.is_featured else ""
        return format_html(
            '<span class="desk-status {}">{}</span><br><small>{}</small>',
            css,
            reply.get_status_display(),
            " · ".join(filter(None, [*why, picked])),
        )

    @admin.display(description=gettext_lazy("decide"))
    def decide(self, reply: Any) -> SafeString:
        """A button for each verb that can act on it."""
        buttons = [
            (verb.css, reverse("admin:comments_reply_decide", args=[reply.pk, name]), verb.label)
            for name, verb in queue.VERBS.items()
            if verb.acts_on(reply)
        ]
        return format_html_join(" ", '<button class="{}" formmethod="post" formaction="{}">{}</button>', buttons)

    @admin.display(description=gettext_lazy("decisions"))
    def decisions(self, reply: Any) -> SafeString | str:
        """Who decided what about it, and when."""
        rows = (
            AuditEntry.objects.filter(subject_type=Reply._meta.label, subject_id=str(reply.pk))
            .select_related("by")
            .order_by("at")
        )
        lines = (
            (row.verb, row.by, date_format(timezone.localtime(row.at), "DATETIME_FORMAT"), row.reason) for row in rows
        )
        return format_html_join("", "<p>{} · {} · {} {}</p>", lines) or "–"

    @admin.display(description=gettext_lazy("reports"))
    def reported(self, reply: Any) -> SafeString | str:
        """Who reported it and why."""
        rows = Report.objects.filter(reply=reply).select_related("member").order_by("pk")
        return format_html_join("", "<p>{} · {} · {} · {}</p>", ((r, r.member, r.note, r.outcome) for r in rows)) or "–"

    @admin.display(description=gettext_lazy("the member's last replies"))
    def before(self, reply: Any) -> SafeString | str:
        """What the same account wrote lately, and what became of it."""
        rows = Reply.objects.filter(author=reply.author_id).exclude(pk=reply.pk).order_by("-posted_at")[:10]
        lines = ((row.get_status_display(), Truncator(row.comment).chars(200)) for row in rows if reply.author_id)
        return format_html_join("", "<p><strong>{}</strong> {}</p>", lines) or "–"

    def get_urls(self) -> list[URLPattern]:
        """The verbs' addresses, before Django's own."""
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:pk>/decide/<slug:verb>/", decide, name="comments_reply_decide"), *super().get_urls()]

    def decide_view(self, request: Any, pk: int, verb: str) -> HttpResponse:
        """Have one verb decide one reply; of two moderators the second is told."""
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied(MODERATE)
        reply, chosen = self.get_object(request, str(pk)), queue.VERBS.get(verb)
        if reply is None or chosen is None:
            raise Http404
        if chosen.act(reply, request.user, request.now, request.POST.get("reason", "")):
            messages.success(request, str(chosen.done))
        else:
            messages.warning(request, _("Nothing changed: somebody has already decided this one."))
        return HttpResponseRedirect(safe_next(request, reverse("admin:comments_reply_changelist")))

    @admin.action(description=gettext_lazy("Approve the selected"), permissions=["moderate"])
    def approve_selected(self, request: Any, chosen: Any) -> None:
        """One verb a reply, as its button would."""
        self._decide_all(request, chosen, "approve")

    @admin.action(description=gettext_lazy("Reject the selected"), permissions=["moderate"])
    def reject_selected(self, request: Any, chosen: Any) -> None:
        """One verb a reply, as its button would."""
        self._decide_all(request, chosen, "reject")

    @admin.action(description=gettext_lazy("Remove the selected"), permissions=["moderate"])
    def remove_selected(self, request: Any, chosen: Any) -> None:
        """One verb a reply, as its button would."""
        self._decide_all(request, chosen, "remove")

    def _decide_all(self, request: Any, chosen: Any, verb: str) -> None:
        reason = request.POST.get("reason", "")
        changed = sum(queue.VERBS[verb].act(reply, request.user, request.now, reason) for reply in chosen)
        messages.success(request, ngettext("%d reply changed.", "%d replies changed.", changed) % changed)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the reasons a moderator can give."""
        return super().changelist_view(request, {"reasons": REASONS, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One reply with all that is known of it, and its buttons."""
        reply = self.get_object(request, object_id)
        buttons = self.decide(reply) if reply is not None else ""
        extra = {"reasons": REASONS, "buttons": buttons, "reply": reply, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)
