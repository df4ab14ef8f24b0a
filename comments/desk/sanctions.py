"""Sanctions on the desk: who may not reply, or only after a look, and until when."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.access import MODERATE
from comments.answers import SeeOther
from comments.desk.acting import Answer, Way, anew, answer, keys_in
from comments.desk.base import ROOMS, ModeratorsAdmin, for_moderators, verb_of_moderators
from comments.desk.buttons import Decided
from comments.desk.conduct import page
from comments.desk.forms import SanctionForm
from comments.models import Ruling, Sanction
from comments.moderation import sanctions
from comments.moderation.sanctions import SanctionError
from members.models import Member
from newsroom.caching import FRAGMENT_HEADER


@admin.register(Sanction)
class SanctionAdmin(ModeratorsAdmin):
    """Each sanction with its state in words. Adding one and lifting one are verbs, never a stored form."""

    list_display = ("member", "kind", "state", "reason", "starts_at", "decided_by")
    list_filter = ("kind",)
    list_select_related = ("member", "decided_by", "lifted_by")
    search_fields = ("member__name", "member__email")
    list_per_page = 50
    ordering = ("-starts_at", "-pk")
    fields = ("member", "kind", "state", "reason", "note", "starts_at", "ends_at", "decided_by", "seen_at", "took")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    @admin.display(description=gettext_lazy("state"))
    def state(self, sanction: Sanction) -> SafeString:
        """Whether it holds, until when, or how it ended."""
        holds = sanction.is_in_force(timezone.now())
        css = "is-withdrawn" if holds and sanction.kind != Sanction.Kind.WARN else ""
        return format_html('<span class="desk-status {}">{}</span>', css, state_of(sanction, holds=holds))

    @admin.display(description=gettext_lazy("replies it took"))
    def took(self, sanction: Sanction) -> str:
        """How many, and how many of them are back."""
        taken = Ruling.objects.filter(sanction=sanction)
        numbers = {"number": taken.count(), "back": taken.filter(undone_at__isnull=False).count()}
        return _("%(number)d, of which %(back)d are back") % numbers if numbers["number"] else "–"

    def get_urls(self) -> list[URLPattern]:
        """The verbs' addresses, before Django's own."""
        wrap = self.admin_site.admin_view
        return [
            path("add/", wrap(for_moderators(self.add)), name="comments_sanction_add"),
            path("of/<int:pk>/", wrap(impose), name="comments_sanction_impose"),
            path("<int:pk>/lift/", wrap(lift), name="comments_sanction_lift"),
            *super().get_urls(),
        ]

    def add(self, request: Any) -> HttpResponse:
        """Ask whom it is about, by address (`?who=`); on the page of that member it is decided."""
        who = request.GET.get("who", "").strip()
        found = Member.objects.filter(email__iexact=who).first() if who else None
        if found is not None:
            return SeeOther(reverse("admin:comments_reply_conduct", args=[found.pk]) + "#sanction")
        context = {"title": _("Decide about a member"), "who": who, "rooms": ROOMS, "opts": self.opts}
        return render(request, "admin/comments/sanction/who.html", context | self.admin_site.each_context(request))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One sanction, with the button that lifts it."""
        context = {"title": _("Sanction"), "rooms": ROOMS, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)


@verb_of_moderators
def impose(request: Any, pk: int) -> HttpResponse:
    """Warn, mute, hold or ban a member; a refusal keeps what was typed. `shown`: their replies on a script's page."""
    member = get_object_or_404(Member, pk=pk)
    form = SanctionForm(request.POST)
    made = _impose(form, member, request)
    if made is None:
        is_script = FRAGMENT_HEADER in request.headers
        return answer(request, Answer(form.said, is_good=False)) if is_script else page(request, member, form, 422)
    shown = set(keys_in(request.POST.getlist("shown")))
    rulings = Ruling.objects.filter(sanction=made, reply__in=shown).select_related("reply__author").order_by("reply")
    decided = [Decided(ruling.reply, _("Rejected with the sanction"), ruling.pk) for ruling in rulings]
    way = Way(_("Take it back"), reverse("admin:comments_sanction_lift", args=[made.pk]))
    return answer(request, Answer(_told(made), way, decided, anew(shown - {each.reply.pk for each in decided})))


@verb_of_moderators
def lift(request: Any, pk: int) -> HttpResponse:
    """End a sanction now; what was rejected with it comes back."""
    is_lifted = sanctions.lift(get_object_or_404(Sanction, pk=pk), by=request.user, now=request.now)
    said = _("It is lifted. What it took comes back.") if is_lifted else _("It was lifted before.")
    return answer(request, Answer(said, anew=anew(set(keys_in(request.POST.getlist("shown")))), is_good=is_lifted))


def state_of(sanction: Sanction, *, holds: bool) -> str:
    """Its state in words; `holds`: whether it is in force."""
    if sanction.lifted_at is not None:
        return _("lifted by %s") % sanction.lifted_by if sanction.lifted_by else _("lifted")
    if sanction.kind == Sanction.Kind.WARN:
        return _("read") if sanction.seen_at else _("not read yet")
    if not holds:
        return _("over")
    if sanction.ends_at is None:
        return _("in force until somebody lifts it")
    return _("in force until %s") % date_format(timezone.localtime(sanction.ends_at), "DATETIME_FORMAT")


def _impose(form: SanctionForm, member: Member, request: Any) -> Sanction | None:
    """Do what the form says; None with a sentence in it if that is refused."""
    if not form.is_valid():
        return None
    try:
        return sanctions.impose(member, by=request.user, now=request.now, **form.imposed(request.now))
    except SanctionError as error:
        form.add_error(None, str(error))
        return None


def _told(made: Sanction) -> str:
    """What was decided, in a sentence."""
    told = {"name": made.member, "what": made.get_kind_display()}
    if made.ends_at is None:
        return _("%(name)s: %(what)s.") % told
    until = date_format(timezone.localtime(made.ends_at), "j F, H:i")
    return _("%(name)s: %(what)s until %(until)s.") % {**told, "until": until}
