"""Issues of letters on the desk: the list, composing a draft, and how what is handed over fares.

A draft's page stores with every button; sending, steering, copying and throwing away are POSTs of their own.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles.desk.base import DeskAdmin, PlainMedia, respond
from articles.desk.fields import said
from articles.letters import composing, issuing, preview, standing
from articles.letters.compose_form import ComposeForm
from articles.letters.compose_page import context_of, next_hour
from articles.letters.composing import ComposingError
from articles.letters.preview import CHANGE, VIEW
from members.audit.words import line_of
from members.letters.sending import figures, steering
from members.letters.sending.figures import Figures
from members.letters.sending.steering import SteeringError
from members.models import AuditEntry, Issue, Letter
from newsroom.caching import FRAGMENT_HEADER

ADD = "members.add_issue"
LIST, ONE = "admin:members_issue_changelist", "admin:members_issue_change"
PER_PAGE, LINES = 50, 12
HERE = "admin/members/issue"


class LetterChoice(forms.Form):
    """Which letter an issue is of."""

    letter = forms.ModelChoiceField(
        Letter.objects.filter(is_active=True).order_by("position", "name"),
        label=gettext_lazy("Letter"),
        empty_label=None,
    )


@admin.register(Issue)
class IssueAdmin(PlainMedia, DeskAdmin):
    """Issues. What is out is only read."""

    change_list_template = f"{HERE}/change_list.html"
    list_display = ("subject_or_none", "letter", "stands", "what_became")
    list_filter = ("letter", "state")
    list_select_related = ("letter",)
    search_fields = ("subject",)
    ordering = ("-made_at", "-pk")
    list_per_page = PER_PAGE
    actions = None

    def get_urls(self) -> list[Any]:
        """Sending, steering and previews, before the admin's own."""
        wrap, name = self.admin_site.admin_view, "members_issue"
        return [
            path("<int:pk>/send/", wrap(self.send), name=f"{name}_send"),
            path("<int:pk>/do/<slug:verb>/", wrap(self.do), name=f"{name}_do"),
            path("<int:pk>/preview/", wrap(preview.page), name=f"{name}_preview"),
            path("<int:pk>/mail/", wrap(preview.mail_alone), name=f"{name}_mail"),
            path("<int:pk>/test/", wrap(preview.test), name=f"{name}_test"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts are thrown away by a button; the rest is the record."""
        return False

    @admin.display(description=gettext_lazy("subject"))
    def subject_or_none(self, issue: Issue) -> str:
        """What the list calls it."""
        return issue.subject or _("No subject yet")

    @admin.display(description=gettext_lazy("state"))
    def stands(self, issue: Issue) -> str:
        """In words; of a draft, since when."""
        if issue.state == Issue.State.DRAFT:
            return _("Draft of %(at)s") % {"at": said(issue.made_at)}
        return standing.sentence(issue)

    @admin.display(description=gettext_lazy("figures"))
    def what_became(self, issue: Issue) -> str:
        """How many copies, and how many were accepted."""
        found: Figures = issue.__dict__["figures"]
        return standing.in_short(found)

    def get_changelist_instance(self, request: Any) -> Any:
        """Django's, each row with its figures: two queries for all."""
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        known = figures.of_many(rows)
        for row in rows:
            row.figures = known[row.pk]
        found.result_list = rows
        return found

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Issues of every letter, newest first, over the choice of a letter for a new one."""
        return super().changelist_view(
            request, {"title": _("Letters"), "choice": LetterChoice(), **(extra_context or {})}
        )

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the letter; POST begins its draft."""
        if not request.user.has_perm(ADD):
            raise PermissionDenied(ADD)
        form = LetterChoice(request.POST or None)
        if request.method == "POST" and form.is_valid():
            issue = issuing.start(form.cleaned_data["letter"], by=request.user)
            return respond(redirect(ONE, issue.pk))
        context = {**self.admin_site.each_context(request), "title": _("New issue"), "form": form}
        return render(request, f"{HERE}/new.html", context, status=422 if form.errors else 200)

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A draft's form, which every button of it stores; of what is handed over, how it fares."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied(VIEW)
        issue = _issue(object_id)
        if issue is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]  # private, as the admin does it
        if issue.state != Issue.State.DRAFT:
            return self._progress(request, issue)
        form = _form(request, issue)
        if request.method != "POST":
            return self._compose(request, issue, form)
        if not self._keep(request, issue, form):
            return self._compose(request, issue, form, status=422)
        return self._kept(issue, form)

    @method_decorator(require_POST)
    def send(self, request: Any, pk: int) -> HttpResponse:
        """Store what was typed, fix the stories' words and hand the issue over: now, or at the time that was typed."""
        issue = self._one(request, pk)
        form = _form(request, issue)
        if not self._keep(request, issue, form):
            return self._compose(request, issue, form, status=422)
        try:
            at = form.cleaned_data["at"] if "later" in request.POST else None
            if "later" in request.POST and at is None:
                raise ComposingError(_("Say when it is to go out."))
            issuing.schedule(issue, at=at, by=request.user, now=request.now)
        except (ComposingError, SteeringError) as refusal:
            return self._refused(request, issue, form, refusal)
        messages.success(request, _("Handed over. %(how)s") % {"how": standing.sentence(Issue.objects.get(pk=pk))})
        return respond(redirect(ONE, pk))

    @method_decorator(require_POST)
    def do(self, request: Any, pk: int, verb: str) -> HttpResponse:
        """One step with an issue; back to its page with what happened or why not."""
        issue, goal = self._one(request, pk), pk
        who = {"by": request.user, "now": request.now}
        try:
            match verb:
                case "pause":
                    steering.pause(issue, **who)
                case "resume":
                    steering.resume(issue, **who)
                case "stop":
                    steering.stop(issue, reason=_reason(request), **who)
                case "again":
                    steering.send_again(issue, **who)
                case "back":
                    issuing.take_back(issue, **who)
                case "copy":
                    goal = issuing.copy(issue, by=request.user).pk
                case "drop":
                    issuing.drop(issue, **who)
                    messages.success(request, _("The draft is gone."))
                    return respond(redirect(LIST))
                case _:
                    raise Http404
        except (ComposingError, SteeringError) as refusal:
            messages.error(request, str(refusal))
        return respond(redirect(ONE, goal))

    def _one(self, request: Any, pk: int) -> Issue:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(CHANGE)
        return get_object_or_404(Issue.objects.select_related("letter__minimum_tier"), pk=pk)

    def _keep(self, request: Any, issue: Issue, form: ComposeForm) -> bool:
        """Store the draft if it can be; else the form says why not."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(CHANGE)
        if not form.is_valid():
            return False
        try:
            composing.keep(issue, form.words, form.picks, at=form.cleaned_data["at"], seen=form.seen)
        except ComposingError as refusal:
            form.add_error(None, list(refusal.reasons))
        form.seen = composing.seen_of(issue)
        return form.is_valid()

    def _kept(self, issue: Issue, form: ComposeForm) -> HttpResponse:
        """Back to the form, at the story whose button was pressed, with what was looked for."""
        words, pk = form.cleaned_data["q"], form.pressed
        if form.wants_preview:
            return respond(redirect("admin:members_issue_preview", issue.pk))
        query = f"?{urlencode({'q': words})}" if words else ""
        mark = f"#story-{pk}" if pk else "#issue-pick" if words else ""
        return respond(redirect(f"{reverse(ONE, args=[issue.pk])}{query}{mark}"))

    def _refused(self, request: Any, issue: Issue, form: ComposeForm, refusal: Exception) -> HttpResponse:
        """The form with every reason; what was typed is stored already."""
        issue.refresh_from_db(fields=["state", "content"])
        if issue.state != Issue.State.DRAFT:
            messages.error(request, str(refusal))
            return respond(redirect(ONE, issue.pk))
        form.add_error(None, list(refusal.reasons) if isinstance(refusal, ComposingError) else [str(refusal)])
        return self._compose(request, issue, form, status=422)

    def _compose(self, request: Any, issue: Issue, form: ComposeForm, status: int = 200) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **context_of(request, issue, form)}
        return TemplateResponse(request, f"{HERE}/compose.html", context, status=status)

    def _progress(self, request: Any, issue: Issue) -> HttpResponse:
        """How it fares; for the page's script only the part that changes."""
        context = {
            "issue": issue,
            "sentence": standing.sentence(issue),
            "figures": standing.figures_in_words(figures.of_many([issue])[issue.pk]),
            "steps": standing.steps_of(issue) if request.user.has_perm(CHANGE) else [],
            "is_moving": standing.is_moving(issue, request.now),
            "stories": issue.content.get("stories", []),
        }
        if FRAGMENT_HEADER in request.headers:
            response = render(request, f"{HERE}/progress_part.html", context)
        else:
            lines = AuditEntry.objects.filter(subject_type=Issue._meta.label, subject_id=str(issue.pk))
            context["lines"] = [line_of(entry) for entry in lines.select_related("by").order_by("-at")[:LINES]]
            context |= {**self.admin_site.each_context(request), "title": issue.subject}
            response = render(request, f"{HERE}/progress.html", context)
        patch_vary_headers(response, [FRAGMENT_HEADER])
        return response


def _reason(request: Any) -> str:
    """Why it is stopped. Raises ComposingError without a word."""
    reason: str = request.POST.get("reason", "").replace("\x00", "").strip()[:300]
    if not reason:
        raise ComposingError(_("Say why it is stopped: it goes into the record."))
    return reason


def _form(request: Any, issue: Issue) -> ComposeForm:
    """The form as it was posted, or as the draft stands."""
    at = issue.send_at if issue.send_at and issue.send_at > request.now else next_hour(issue.letter, request.now)
    return ComposeForm(request.POST if request.method == "POST" else None, issue=issue, at=at)


def _issue(key: str) -> Issue | None:
    rows = Issue.objects.select_related("letter__minimum_tier", "made_by")
    return rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
