"""People who work here: the list, one person's page, and the publisher's verbs. A mailed invitation's own page is
`members.staff`."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles import colleagues
from articles.models import Section, SectionLimit
from members import staffing
from members.models import AuditEntry, Member, StaffInvitation
from members.staffing import StaffError

MANAGE = "members.manage_staff"
HISTORY = 12


class InviteForm(forms.Form):
    """An address and a role."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    role = forms.ModelChoiceField(
        Group.objects.none(), label=gettext_lazy("Role"), to_field_name="name", empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.queryset = Group.objects.filter(name__in=[group.name for group in staffing.roles()]).order_by("pk")


def people() -> "QuerySet[Member]":
    """Everybody who works here by name, each with roles, limits and `has_second_factor`. Three queries."""
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    limits = SectionLimit.objects.select_related("section").order_by("section__position", "section__pk")
    found: QuerySet[Member] = (
        Member.objects.filter(is_staff=True)
        .annotate(has_second_factor=Exists(factors))
        .prefetch_related("groups", Prefetch("section_limits", limits))
        .order_by("name", "email")
    )
    return found


def managed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for who may manage staff; says which permission is missing."""

    def wrapped(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(MANAGE):
            raise PermissionDenied(MANAGE)
        return view(self, request, *args, **kwargs)

    return wrapped


@admin.register(StaffInvitation)
class StaffAdmin(admin.ModelAdmin):
    """The list stands where Django would list invitations; its verbs are POST views of their own."""

    def get_urls(self) -> list[Any]:
        """One page for the newsroom, one for each person, and the verbs."""
        wrap = self.admin_site.admin_view
        views: dict[str, tuple[str, Any]] = {
            "staff_invite": ("invite/", self.invite),
            "staff_invite_again": ("invitations/<int:pk>/again/", self.invite_again),
            "staff_uninvite": ("invitations/<int:pk>/revoke/", self.uninvite),
            "staff_roles": ("people/<int:pk>/roles/", self.change_roles),
            "staff_sections": ("people/<int:pk>/sections/", self.change_sections),
            "staff_let_go": ("people/<int:pk>/leave/", self.let_go),
        }
        verbs = [path(route, wrap(require_POST(view)), name=name) for name, (route, view) in views.items()]
        return [
            path("", wrap(self.staff), name="members_staffinvitation_changelist"),
            path("<int:pk>/change/", wrap(self.invitation), name="members_staffinvitation_change"),
            path("people/<int:pk>/", wrap(self.person), name="staff_person"),
            *verbs,
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may manage staff."""
        return request.user.has_perm(MANAGE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may manage staff."""
        return request.user.has_perm(MANAGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By invitation, on the page itself."""
        return False

    has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are revoked; the row stays."""
        return False

    # -- Pages -----------------------------------------------------------------------------------

    @managed
    def staff(self, request: Any) -> HttpResponse:
        """Who works here, who is invited, and the form that invites."""
        return self._list(request, InviteForm())

    @managed
    def invitation(self, request: Any, pk: int) -> HttpResponse:
        """One invitation has no page of its own: on to the list it stands in."""
        return redirect("admin:members_staffinvitation_changelist")

    @managed
    def person(self, request: Any, pk: int) -> HttpResponse:
        """One person: roles, sections, what was decided about them, and the end of it."""
        person = get_object_or_404(people(), pk=pk)
        context = {
            "title": str(person),
            "person": person,
            "roles": _ticked(staffing.roles(), {group.pk for group in person.groups.all()}),
            "sections": _ticked(
                Section.objects.order_by("position", "pk"), {limit.section_id for limit in person.section_limits.all()}
            ),
            "history": AuditEntry.objects.about(person).with_people().newest_first()[:HISTORY],
            "is_me": person.pk == request.user.pk,
        }
        return self._page(request, "person", context)

    # -- Verbs -----------------------------------------------------------------------------------

    @managed
    def invite(self, request: Any) -> HttpResponse:
        """Mail an invitation; what is wrong with it is said on the page, with what was typed."""
        form = InviteForm(request.POST)
        if form.is_valid():
            try:
                row = staffing.invite(**form.cleaned_data, by=request.user, now=request.now)
                messages.success(request, _("An invitation goes to %(email)s.") % {"email": row.email})
                return _see("admin:members_staffinvitation_changelist")
            except StaffError as error:
                form.add_error("email", str(error))
        return self._list(request, form, status=422)

    @managed
    def invite_again(self, request: Any, pk: int) -> HttpResponse:
        """Mail it once more."""
        row = get_object_or_404(StaffInvitation, pk=pk)
        said = _("The invitation goes to %(email)s again.") % {"email": row.email}
        _do(request, lambda: staffing.send_again(row, by=request.user, now=request.now), said)
        return _see("admin:members_staffinvitation_changelist")

    @managed
    def uninvite(self, request: Any, pk: int) -> HttpResponse:
        """Its link dies at once."""
        row = get_object_or_404(StaffInvitation, pk=pk)
        staffing.revoke_invitation(row, by=request.user, now=request.now)
        messages.success(request, _("The invitation of %(email)s is revoked.") % {"email": row.email})
        return _see("admin:members_staffinvitation_changelist")

    @managed
    def change_roles(self, request: Any, pk: int) -> HttpResponse:
        """Exactly the ticked roles."""
        person, wanted = _colleague(pk), Group.objects.filter(pk__in=_keys(request, "role"))
        who = {"by": request.user, "now": request.now, "reason": request.POST.get("reason", "")}
        _do(request, lambda: staffing.set_roles(person, to=wanted, **who), _("The roles are kept."))
        return _see("admin:staff_person", pk)

    @managed
    def change_sections(self, request: Any, pk: int) -> HttpResponse:
        """Exactly the ticked sections; none: all of them."""
        chosen = Section.objects.filter(pk__in=_keys(request, "section"))
        colleagues.limit_to(_colleague(pk), chosen, by=request.user, now=request.now)
        messages.success(request, _("The sections are kept."))
        return _see("admin:staff_person", pk)

    @managed
    def let_go(self, request: Any, pk: int) -> HttpResponse:
        """Their work here ends: access and sessions at once; the bylines stay."""
        person, reason = _colleague(pk), request.POST.get("reason", "")
        said = _("%(name)s no longer works here. Every session has ended; the bylines stay.") % {"name": person}
        done = _do(request, lambda: colleagues.let_go(person, by=request.user, now=request.now, reason=reason), said)
        if not done:
            return _see("admin:staff_person", pk)
        return _see("account" if person.pk == request.user.pk else "admin:members_staffinvitation_changelist")

    def _list(self, request: Any, form: InviteForm, status: int = 200) -> HttpResponse:
        waiting = StaffInvitation.objects.filter(accepted_at=None, revoked_at=None).select_related("role", "made_by")
        context = {
            "title": _("People who work here"),
            "people": people(),
            "invitations": waiting.order_by("-made_at"),
            "form": form,
        }
        return self._page(request, "people", context, status)

    def _page(self, request: Any, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **context, "now": request.now, "opts": self.opts}
        return render(request, f"admin/members/staff/{name}.html", context, status=status)


def _do(request: Any, verb: Callable[[], object], said: str) -> bool:
    """Run the verb and say so, or say why not."""
    try:
        verb()
    except StaffError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, said)
    return True


def _colleague(pk: int) -> Member:
    person: Member | None = Member.objects.filter(pk=pk, is_staff=True).first()
    if person is None:
        raise Http404
    return person


def _keys(request: HttpRequest, name: str) -> list[int]:
    return [int(key) for key in request.POST.getlist(name) if key.isdecimal()]


def _ticked(rows: Any, ticked: set[int]) -> list[dict[str, Any]]:
    """What a list of boxes shows."""
    return [{"pk": row.pk, "name": row.name, "is_ticked": row.pk in ticked} for row in rows]


def _see(name: str, *args: object) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=args), status=303)
