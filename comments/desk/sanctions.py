"""Sanctions on the desk: who may not reply, or only after a look, and until when."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from comments.access import number_in
from comments.desk.base import MODERATE, REASONS, ROOMS, ModeratorsAdmin
from comments.models import Ruling, Sanction
from comments.moderation import sanctions
from comments.moderation.sanctions import SanctionError
from members.models import Member
from members.same_origin import safe_next

KINDS = {
    Sanction.Kind.WARN: gettext_lazy("Warn: they read the reason, and go on"),
    Sanction.Kind.HOLD: gettext_lazy("Hold: a moderator reads every reply first"),
    Sanction.Kind.MUTE: gettext_lazy("Mute: no replies for some days"),
    Sanction.Kind.BAN: gettext_lazy("Ban: no replies any more"),
}


class SanctionForm(forms.Form):
    """What to decide about a member, for how long, and why."""

    member = forms.ModelChoiceField(queryset=Member.objects.all(), widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=KINDS, widget=forms.RadioSelect)
    days = forms.IntegerField(
        label=gettext_lazy("For how many days"), required=False, min_value=1, max_value=3650,
        help_text=gettext_lazy("Empty: until somebody lifts it. A mute has an end."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, required=False,
        help_text=gettext_lazy("The member reads it."), widget=forms.TextInput(attrs={"list": "sanction-reasons"}),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, required=False,
        help_text=gettext_lazy("For moderators alone."), widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    rejects_all = forms.BooleanField(
        label=gettext_lazy("Reject everything they wrote, too"), required=False,
        help_text=gettext_lazy("It comes back if the ban is lifted. For a ban alone."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A mute says for how long; only a ban takes what was written."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Sanction.Kind.MUTE and not cleaned.get("days") and "days" not in self.errors:
            self.add_error("days", _("Say for how many days."))
        if cleaned.get("rejects_all") and cleaned.get("kind") not in (None, Sanction.Kind.BAN):
            self.add_error("rejects_all", _("Only with a ban."))
        return cleaned


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
            path("add/", wrap(self.add), name="comments_sanction_add"),
            path("impose/", wrap(require_POST(self.impose)), name="comments_sanction_impose"),
            path("<int:pk>/lift/", wrap(require_POST(self.lift)), name="comments_sanction_lift"),
            *super().get_urls(),
        ]

    def add(self, request: Any) -> HttpResponse:
        """The form for a member, named by key (`?member=`) or by address (`?who=`)."""
        _must_moderate(request)
        member = _named(request.GET.get("member", ""), request.GET.get("who", ""))
        form = SanctionForm(initial={"member": member, "kind": request.GET.get("kind")})
        return self._form_page(request, form, member)

    def impose(self, request: Any) -> HttpResponse:
        """Warn, hold, mute or ban; a refusal keeps what was typed."""
        _must_moderate(request)
        form = SanctionForm(request.POST)
        if form.is_valid() and (made := _impose(form, request)):
            messages.success(request, _("Decided: %s. They hear of it.") % made)
            return HttpResponseRedirect(safe_next(request, reverse("admin:comments_sanction_changelist")), status=303)
        return self._form_page(request, form, form.cleaned_data.get("member"), status=422)

    def lift(self, request: Any, pk: int) -> HttpResponse:
        """End one now, and bring back what it took."""
        _must_moderate(request)
        sanction = get_object_or_404(Sanction, pk=pk)
        done = sanctions.lift(sanction, by=request.user, now=request.now)
        said = _("It is lifted. What it took comes back.") if done else _("It was lifted before.")
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, said)
        return HttpResponseRedirect(reverse("admin:comments_sanction_change", args=[pk]), status=303)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One sanction, with the button that lifts it."""
        context = {"title": _("Sanction"), "rooms": ROOMS, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _form_page(self, request: Any, form: SanctionForm, member: Member | None, status: int = 200) -> HttpResponse:
        earlier = Sanction.objects.filter(member=member).order_by("-starts_at")[:10] if member else ()
        context = {
            "title": _("Sanction a member"),
            "form": form,
            "about": member,
            "who": request.GET.get("who", ""),
            "earlier": [(each, state_of(each, holds=each.is_in_force(request.now))) for each in earlier],
            "reasons": REASONS,
            "rooms": ROOMS,
            "next": safe_next(request, ""),
            "opts": self.opts,
            **self.admin_site.each_context(request),
        }
        return render(request, "admin/comments/sanction/impose.html", context, status=status)


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


def _must_moderate(request: Any) -> None:
    if not request.user.has_perm(MODERATE):
        raise PermissionDenied(MODERATE)


def _named(key: str, address: str) -> Member | None:
    """The member of that key or address."""
    number, address = number_in(key), address.strip()
    found: Member | None = None
    if number is not None:
        found = Member.objects.filter(pk=number).first()
    elif address:
        found = Member.objects.filter(email__iexact=address).first()
    return found


def _impose(form: SanctionForm, request: Any) -> Sanction | None:
    """Do what a valid form says; None with a sentence in the form if it is refused."""
    data = form.cleaned_data
    until = request.now + timedelta(days=data["days"]) if data["days"] else None
    said = {name: data[name] for name in ("reason", "note", "rejects_all")}
    try:
        return sanctions.impose(data["member"], data["kind"], by=request.user, now=request.now, until=until, **said)
    except SanctionError as error:
        form.add_error(None, str(error))
        return None
