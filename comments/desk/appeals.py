"""Appeals on the desk: the decision, what was said against it, and an answer by somebody else."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from comments.answers import SeeOther
from comments.desk import queue
from comments.desk.base import ROOMS, ModeratorsAdmin, for_moderators, verb_of_moderators
from comments.models import Appeal, Reply, Ruling, Sanction
from comments.moderation import appeals
from comments.moderation.appeals import AppealError
from members.models import Member

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Case:
    """One appeal as a moderator reads it: the reply (none with a sanction), what was decided before and since."""

    appeal: Appeal
    reply: Reply | None
    rulings: list[Ruling]
    sanctions: list[Sanction]
    why_not: str
    is_alone: bool


@admin.register(Appeal)
class AppealAdmin(ModeratorsAdmin):
    """What waits for a second moderator, the longest waiting first."""

    fields = ("reference", "member", "text", "made_at", "settled_at", "settled_by", "outcome", "answer")
    list_select_related = ("member", "settled_by")

    def get_urls(self) -> list[URLPattern]:
        """The page and its verb, before Django's own."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(for_moderators(self.waiting)), name="comments_appeal_changelist"),
            path("<int:pk>/settle/", wrap(verb_of_moderators(self.settle)), name="comments_appeal_settle"),
            *super().get_urls(),
        ]

    def waiting(self, request: Any) -> HttpResponse:
        """The open ones, or with `?state=settled` the last that were answered."""
        return self._page(request)

    def settle(self, request: Any, pk: int) -> HttpResponse:
        """Grant or dismiss one with an answer; a refusal keeps what was typed."""
        rows = Appeal.objects.select_related("member", "ruling__reply", "sanction")
        found = get_object_or_404(rows, pk=pk)
        answer, outcome = request.POST.get("answer", ""), request.POST.get("outcome", "")
        try:
            done = appeals.settle(found, by=request.user, now=request.now, outcome=outcome, answer=answer)
        except AppealError as error:
            return self._page(request, typed={"pk": pk, "answer": answer, "problem": str(error)}, status=422)
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, came_of(found, done))
        return SeeOther(reverse("admin:comments_appeal_changelist"))

    def _page(self, request: Any, typed: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
        is_settled = request.GET.get("state") == "settled"
        rows = Appeal.objects.filter(settled_at__isnull=not is_settled)
        rows = rows.order_by("-settled_at" if is_settled else "made_at", "pk")
        context = {"title": _("Appeals"), "cases": cases(rows, request.user), "is_settled": is_settled}
        context |= {"typed": typed, "rooms": ROOMS, "opts": self.opts, **self.admin_site.each_context(request)}
        return render(request, "admin/comments/appeal/waiting.html", context, status=status)


def came_of(appeal: Appeal, done: bool) -> str:
    """What settling did, in a sentence."""
    if not done:
        return _("Somebody answered it already.")
    if appeal.outcome == Appeal.Outcome.DISMISSED:
        return _("The decision stands. Whoever appealed hears your answer.")
    if appeal.ruling is None or Reply.objects.published().filter(pk=appeal.ruling.reply_id).exists():
        return _("It is taken back. Whoever appealed hears your answer.")
    return _("That decision is taken back; what was decided about the reply since then stands.")


def cases(rows: Any, reader: Member) -> list[Case]:
    """The first fifty of `rows` with all that a moderator asks, in five queries."""
    found = list(rows.select_related("member", "settled_by", "ruling__by", "sanction__decided_by")[:A_PAGE])
    about = [appeal.ruling.reply_id for appeal in found if appeal.ruling is not None]
    replies = {reply.pk: reply for reply in queue.for_moderators(Reply.objects.filter(pk__in=about))}
    rulings = list(Ruling.objects.filter(reply__in=about).select_related("by").order_by("pk"))
    met = Sanction.objects.filter(member__in=[appeal.member_id for appeal in found])
    sanctions = list(met.select_related("decided_by").order_by("-pk"))
    others = appeals.others_than(reader)
    return [
        Case(
            appeal,
            replies.get(appeal.ruling.reply_id) if appeal.ruling else None,
            [each for each in rulings if appeal.ruling and each.reply_id == appeal.ruling.reply_id],
            [each for each in sanctions if each.member_id == appeal.member_id and each.pk != appeal.sanction_id],
            appeals.why_not_settle(appeal, reader, others),
            appeals.decided_by(appeal) == reader.pk,
        )
        for appeal in found
    ]
