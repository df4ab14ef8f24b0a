"""What the desk's pages for money share: read-only pages, and verbs as POST buttons of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from members.models import Member
from members.money.stripe_api.errors import PaymentError

if TYPE_CHECKING:  # Django's admin classes take parameters in their stubs only
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline

MAY_ACT = "members.manage_membership"


@dataclass(frozen=True)
class Verb:
    """A button: its effect in words, what it does, and for which rows it is offered."""

    name: str
    label: Any
    does: Callable[[Any, Member, datetime], object]
    offered: Callable[[Any], bool] = lambda row: True


def person_of(request: HttpRequest) -> Member:
    """Who is at the desk, as a member. Raises PermissionDenied for anybody else."""
    if not isinstance(request.user, Member):
        raise PermissionDenied(MAY_ACT)
    return request.user


def changes_of(form: Any) -> dict[str, list[str]]:
    """What a valid form changes, {field: [old, new]} as text, for the record."""
    return {name: [str(form.initial.get(name, "")), str(form.cleaned_data.get(name))] for name in form.changed_data}


def shown_again(show: Callable[..., HttpResponse], request: HttpRequest, pk: int, **context: Any) -> HttpResponse:
    """422 with the page `show` (a `change_view`) and, in `context`, the posted form of another: text and errors."""
    request.method = "GET"  # the page is shown, not its own form stored
    answer = show(request, str(pk), extra_context=context)
    answer.status_code = 422
    return answer


class VerbAdmin(ModelAdmin):
    """A page with buttons. They run outside the admin's transaction, since some talk to Stripe."""

    change_form_template = "members/desk/verbs.html"
    verbs: ClassVar[tuple[Verb, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        """`<pk>/do/<verb>/`, POST only."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        view = self.admin_site.admin_view(self.do)
        return [path("<path:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page, with the buttons this person and this row may have."""
        context = {**(extra_context or {}), "verbs": self._buttons(request, object_id)}
        return super().change_view(request, object_id, form_url, context)

    def _buttons(self, request: HttpRequest, object_id: str) -> list[dict[str, Any]]:
        row = self.get_object(request, object_id)
        if row is None or not self.may_act(request):
            return []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_do"
        verbs = [
            {"label": verb.label, "address": reverse(name, args=[row.pk, verb.name])}
            for verb in self.verbs
            if verb.offered(row)
        ]
        return [*verbs, *self.buttons(request, row)]

    def buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Further buttons, as dictionaries with `label` and `address`; `is_link` where a page asks first."""
        return []

    def may_act(self, request: HttpRequest) -> bool:
        """Whether this person may press buttons about money."""
        return request.user.has_perm(MAY_ACT)

    @method_decorator(require_POST)
    def do(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Do what the button says and come back to the page."""
        if not request.user.has_perm(MAY_ACT):
            raise PermissionDenied(MAY_ACT)
        row = self.get_object(request, object_id)
        chosen = next((each for each in self.verbs if each.name == verb), None)
        if row is None or chosen is None:
            raise Http404
        if not chosen.offered(row):
            raise PermissionDenied(_("That cannot be done with it as it stands now."))
        try:
            chosen.does(row, person_of(request), timezone.now())
            messages.success(request, _("Done: %(verb)s.") % {"verb": chosen.label})
        except PaymentError as error:
            messages.error(request, _("Stripe says: %(error)s") % {"error": error})
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[row.pk]), status=303)


class ReadOnly:
    """Mixed into pages that only show."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows come from Stripe."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody types over what Stripe said."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Money history stays."""
        return False
