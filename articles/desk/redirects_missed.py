"""The desk's page of old addresses: what readers miss most, each with a form that leads it on, and a pasted list."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from articles.desk.base import DeskAdmin, respond
from articles.models import MissedAddress, Redirect
from articles.moved.leading import lead, read_list
from articles.moved.planning import MOST, Led, Wish
from articles.moved.suggesting import suggestions
from articles.moved.written import LONGEST, LeadError

SEE, MAKE = "articles.view_redirect", "articles.add_redirect"
PAGE = "admin:articles_missedaddress_changelist"
SHOWN, LATEST, REPORTED = 25, 20, 200


class LeadForm(forms.Form):
    """An old address and where it leads, typed or pressed."""

    old_path = forms.CharField(label=gettext_lazy("Old address"), max_length=LONGEST)
    new_path = forms.CharField(label=gettext_lazy("Lead it to"), max_length=LONGEST, required=False)
    suggested = forms.CharField(max_length=LONGEST, required=False)

    def wish(self) -> Wish:
        """What is wished for. A pressed suggestion counts before what is typed."""
        data = self.cleaned_data
        return Wish(data["old_path"], data["suggested"] or data["new_path"])


class PasteForm(forms.Form):
    """A table of two columns."""

    table = forms.CharField(
        label=gettext_lazy("Old address and where it leads, one pair a line"),
        widget=forms.Textarea({"rows": 12, "spellcheck": "false", "placeholder": "/old/page/, /new/page/"}),
    )


@admin.register(MissedAddress)
class MissedAddressAdmin(DeskAdmin):
    """What readers asked for and did not find, the most missed first, beside what was led on lately."""

    def get_urls(self) -> list[Any]:
        """The verbs before the admin's own addresses."""
        wrap = self.admin_site.admin_view
        return [
            path("lead/", wrap(self.lead_one), name="articles_missedaddress_lead"),
            path("paste/", wrap(self.paste), name="articles_missedaddress_paste"),
            path("<int:missed_id>/forget/", wrap(self.forget), name="articles_missedaddress_forget"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """The page; `q` is part of an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied(SEE)
        return self._page(request)

    @method_decorator(require_POST)
    def lead_one(self, request: Any) -> HttpResponse:
        """Lead one address on; what cannot be is said beside it."""
        _must_make(request)
        form = LeadForm(request.POST)
        if not form.is_valid():
            return self._page(request, trouble=_("Two things are needed: an old address, and where it leads."))
        led = lead([form.wish()], by=request.user, now=request.now)
        if led.refused:
            return self._page(request, trouble=str(led.refused[0].why))
        old, new = next(iter(led.leads.items()))
        messages.success(request, _("%(old)s leads to %(new)s now.") % {"old": old, "new": new})
        _warn_of_silence(request, led)
        return respond(redirect(PAGE))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def paste(self, request: Any) -> HttpResponse:
        """Lead a list on. The good lines are stored; the others stay in the form, each with what is wrong."""
        _must_make(request)
        form = PasteForm(request.POST or None)
        if not form.is_valid():
            return self._pasted(request, form, status=422 if form.is_bound else 200)
        try:
            led = lead(read_list(form.cleaned_data["table"]), by=request.user, now=request.now)
        except LeadError as error:
            form.add_error("table", str(error))
            return self._pasted(request, form, status=422)
        messages.success(request, _report(led))
        _warn_of_silence(request, led)
        if not led.refused:
            return respond(redirect(PAGE))
        left = "\n".join(f"{one.wish.old}\t{one.wish.new}" for one in led.refused)
        return self._pasted(request, PasteForm(initial={"table": left}), led=led, status=422)

    @method_decorator(require_POST)
    def forget(self, request: Any, missed_id: int) -> HttpResponse:
        """Strike one off the list; it comes back when somebody misses it again."""
        _must_make(request)
        missed = get_object_or_404(MissedAddress, pk=missed_id)
        self.log_deletions(request, [missed])
        missed.delete()
        return respond(redirect(PAGE))

    def _page(self, request: Any, trouble: str = "") -> HttpResponse:
        q = request.GET.get("q", "").replace("\x00", "").strip()
        typed = request.POST.get("old_path")
        led = Redirect.objects.filter(old_path=OuterRef("path"))
        missed = list(
            MissedAddress.objects.filter(~Exists(led), path__icontains=q).order_by("-times", "-last_at")[:SHOWN]
        )
        redirects = Redirect.objects.filter(Q(old_path__icontains=q) | Q(new_path__icontains=q))
        offered = suggestions([row.path for row in missed], request.now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Old addresses"),
            "rows": [
                {"missed": row, "offered": offered.get(row.path, []), "trouble": trouble if row.path == typed else ""}
                for row in missed
            ],
            "redirects": redirects.order_by("-made_at", "-pk")[:LATEST],
            "q": q,
            "trouble": "" if typed in [row.path for row in missed] else trouble,
            "typed": request.POST if trouble else {},
            "may_lead": request.user.has_perm(MAKE),
        }
        return render(request, "admin/articles/missedaddress/page.html", context, status=422 if trouble else 200)

    def _pasted(self, request: Any, form: PasteForm, *, status: int, led: Led | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("A list of old addresses"),
            "form": form,
            "refused": led.refused[:REPORTED] if led else [],
            "refused_count": len(led.refused) if led else 0,
            "most": MOST,
        }
        return render(request, "admin/articles/missedaddress/paste.html", context, status=status)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees redirects."""
        return request.user.has_perm(SEE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Readers add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are counts."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever makes redirects may forget one."""
        return request.user.has_perm(MAKE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for seeing."""
        return request.user.has_perm(SEE)


def _must_make(request: HttpRequest) -> None:
    if not request.user.has_perm(MAKE):
        raise PermissionDenied(MAKE)


def _report(led: Led) -> str:
    """What became of a list, in a sentence."""
    counts = (
        (led.made, _("%(count)d new")),
        (led.changed, _("%(count)d lead elsewhere now")),
        (led.unchanged, _("%(count)d stood so already")),
        (len(led.further), _("%(count)d others were shortened to one step")),
        (len(led.refused), _("%(count)d were not taken")),
    )
    said = ", ".join(sentence % {"count": count} for count, sentence in counts if count)
    return _("Your list: %(said)s.") % {"said": said or _("nothing in it")}


def _warn_of_silence(request: HttpRequest, led: Led) -> None:
    """Name targets of ours at which nobody answers."""
    if led.unanswered:
        few, count = ", ".join(led.unanswered[:5]), len(led.unanswered)
        sentence = ngettext(
            "Nobody answers at %(few)s yet.", "Nobody answers at %(count)d of the targets yet: %(few)s …", count
        )
        messages.warning(request, sentence % {"few": few, "count": count})
