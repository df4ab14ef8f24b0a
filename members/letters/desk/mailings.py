"""Every message on the desk: the list, one message with what its provider told, and the figures of letters.

Mails about topics are not here: they would say who voted for what. Nothing counts a million rows: numbers of a list
end at ten thousand, and the newest is found by its key.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from members.letters.sending import figures, steering, suppression
from members.models import Issue, Letter, MailEvent, Mailing
from members.money.desk.base import MAY_ACT, ModelAdmin, ReadOnly, person_of
from members.money.desk.pages import back_to, page
from newsroom import mailevents

VIEW = "members.view_mailing"
COUNTED, EVENTS, ISSUES = 10_000, 50, 20
RECENT = timedelta(days=30)
KINDS = {
    "queued": gettext_lazy("The provider has it"),
    "sent": gettext_lazy("The provider sent it on"),
    "deferred": gettext_lazy("The mail server said: later"),
    "delivered": gettext_lazy("The mail server took it"),
    "rejected": gettext_lazy("The provider would not send it"),
    "failed": gettext_lazy("The provider could not send it"),
    "bounced": gettext_lazy("It came back"),
    "complained": gettext_lazy("Its reader called it spam"),
    "unsubscribed": gettext_lazy("Its reader left at the provider"),
}


class CountedSoFar(Paginator):  # type: ignore[type-arg]  # Django's takes a parameter in its stubs only
    """Pages of a list that is never counted past `COUNTED`."""

    @cached_property
    def count(self) -> int:
        """How many there are, or `COUNTED`."""
        return int(self.object_list.order_by()[:COUNTED].count())  # type: ignore[attr-defined]  # a queryset


@admin.register(Mailing)
class MailingAdmin(ReadOnly, ModelAdmin):
    """Each message to a person, with the best that is known of it."""

    list_display = ("queued_at", "what", "email", "status", "error")
    list_filter = ("status", ("settled_at", admin.EmptyFieldListFilter))
    list_select_related = ("issue",)
    list_per_page = 50
    search_fields = ("email",)
    search_help_text = gettext_lazy("A whole address")
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False
    paginator = CountedSoFar
    fields = ("what", "email", "status", "error", "queued_at", "settled_at", "tries", "message_id")
    change_list_template = "members/desk/mailings.html"
    change_form_template = "members/desk/mailing.html"

    def get_urls(self) -> list[URLPattern]:
        """The figures of letters, of one, of one issue; and its unsure copies once more."""
        wrap = self.admin_site.admin_view
        return [
            path("letters/", wrap(letters), name="members_mailing_letters"),
            path("letters/<int:pk>/", wrap(letter), name="members_mailing_letter"),
            path("issues/<int:pk>/", wrap(issue), name="members_mailing_issue"),
            path("issues/<int:pk>/again/", wrap(again), name="members_mailing_again"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailing]:
        """Without mails about topics."""
        return Mailing.objects.on_the_desk().select_related("issue__letter")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also by issue: its page leads here."""
        return lookup in ("issue", "issue__id__exact") or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Mailing], search_term: str
    ) -> tuple[QuerySet[Mailing], bool]:
        """Those to a whole address; parts would read every row."""
        return (queryset.filter(email__iexact=search_term.strip()) if search_term.strip() else queryset), False

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: Mailing) -> str:
        """The issue, or the kind of mail."""
        return row.issue.subject if row.issue else row.template.rpartition("/")[2].replace("_", " ")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message, and what was told of it, oldest first."""
        row, more = self.get_object(request, object_id), dict(extra_context or {})
        if row is not None:
            told = MailEvent.objects.filter(mailing=row).order_by("at", "pk")[:EVENTS]
            more |= {
                "title": self.what(row),
                "subtitle": None,
                "told": [(KINDS.get(one.kind, ""), one) for one in told],
            }
            more |= {
                "spared": suppression.is_suppressed(row.email) if row.email else "",
                "tells": mailevents.provider(),
            }
        return super().change_view(request, object_id, form_url, more)


def _must_see(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied(VIEW)


@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """Every letter with what became of its issues of the last thirty days."""
    _must_see(request)
    recent = Issue.objects.sent().filter(send_at__gt=timezone.now() - RECENT)
    found = figures.by_letter(recent.only("letter_id", "left"))
    offered = Letter.objects.order_by("-is_active", "position", "name")
    rows = [(row, found.get(row.pk, figures.Figures())) for row in offered]
    return page(request, "mail_letters", _("What became of letters"), rows=rows, **_telling())


@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter over time: its last issues, and whom it won and lost month by month."""
    _must_see(request)
    row = get_object_or_404(Letter, pk=pk)
    issues = list(
        Issue.objects.sent().filter(letter=row).only("subject", "send_at", "state", "left", "letter_id")[:ISSUES]
    )
    found = figures.of_many(issues)
    months = figures.months_of(row, timezone.now())
    rows = [(each, found[each.pk]) for each in issues]
    return page(request, "mail_letter", row.name, letter=row, rows=rows, months=months, **_telling())


@require_GET
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """One issue: its copies by state, its links, and the copies nobody can tell of."""
    _must_see(request)
    row = get_object_or_404(Issue.objects.select_related("letter"), pk=pk)
    known = {"figures": figures.of(row), "again": steering.not_arrived(row).count(), **_telling()}
    may_act = request.user.has_perm(MAY_ACT)
    return page(request, "mail_issue", row.subject, issue=row, states=_states(row), may_act=may_act, **known)


def _states(row: Issue) -> str:
    """The address of the list of its copies, to which a state is added."""
    return f"{reverse('admin:members_mailing_changelist')}?issue__id__exact={row.pk}&status__exact="


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send once more what is unsure or was refused for a passing reason."""
    if not request.user.has_perm(MAY_ACT):
        raise PermissionDenied(MAY_ACT)
    row = get_object_or_404(Issue.objects.select_related("letter"), pk=pk)
    try:
        number = steering.send_again(row, by=person_of(request), now=timezone.now())
        messages.success(request, _("%(number)d copies go out again.") % {"number": number})
    except steering.SteeringError as error:
        messages.error(request, str(error))
    return back_to(reverse("admin:members_mailing_issue", args=[pk]))


def _telling() -> dict[str, Any]:
    """Who tells us of delivery, and what is missing for that to be believed."""
    provider, trouble = mailevents.provider(), ""
    if provider:
        try:
            mailevents.guarded_view()
        except mailevents.NotGuarded as error:
            trouble = str(error)
    return {"provider": provider, "trouble": trouble}
