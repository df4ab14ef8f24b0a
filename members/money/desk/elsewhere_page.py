"""Patrons who pay elsewhere, on the desk: how many there are, and the one press that asks them to move their card."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from members.models import Complimentary, SiteRules
from members.money.desk.base import person_of
from members.money.desk.pages import back_to, for_managers, page
from members.money.giving import elsewhere
from newsroom import mail


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def elsewhere_page(request: HttpRequest) -> HttpResponse:
    """Figures and the mail as it will read; POST invites the next patrons, once each."""
    now = timezone.now()
    if request.method == "POST":
        asked = elsewhere.invite_next(by=person_of(request), now=now)
        messages.success(request, _said(asked))
        return back_to(reverse("admin:members_money_elsewhere"))
    figures = elsewhere.figures(now)
    sample = _sample(now) if figures.waiting else None
    return page(request, "elsewhere", _("Patrons who pay elsewhere"), figures=figures, sample=sample)


def _said(asked: int) -> str:
    if not asked:
        return _("Nobody is left to be asked.")
    return ngettext("%(n)d patron is asked by mail.", "%(n)d patrons are asked by mail.", asked) % {"n": asked}


def _sample(now: datetime) -> dict[str, str]:
    """The mail the next patron gets."""
    rows = Complimentary.objects.to_be_invited(now).select_related("member", "tier").order_by("pk")
    row = rows[0]
    context: dict[str, object] = {"site_name": SiteRules.current().name, **elsewhere.context_of(row)}
    message = mail.compose(elsewhere.TEMPLATE, to=row.member.email, context=context, language=row.member.language)
    return {"to": row.member.email, "subject": str(message.subject), "text": str(message.body)}
