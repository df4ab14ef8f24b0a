"""Customers Stripe spoke of whom nobody is linked to: what waits for them, what Stripe knows, and whose they are."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Min
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from members.models import Member, StripeCustomer, StripeEvent
from members.money.desk import strangers
from members.money.desk.base import person_of
from members.money.desk.pages import answer_of, back_to, for_managers, page, tell
from members.money.desk.why import ORPHAN
from members.money.record.linking import LinkError, link_customer
from members.money.stripe_api import payments
from members.typed import typed

MOST = 50
NAMED = re.compile(r"cus_\w+")


@dataclass(frozen=True)
class Orphan:
    """A customer without a member: how many events wait since when, and what Stripe answered about it."""

    stripe_id: str
    events: int
    since: datetime
    last: datetime
    asked: list[dict[str, Any]] | None = None
    likely: str = ""

    @property
    def email(self) -> str:
        """The address Stripe has, once it was asked."""
        return str(self.asked[0]["email"]) if self.asked else ""


def orphans(by: Member) -> list[Orphan]:
    """The customers nobody is linked to, the longest waiting first; at most fifty. Two queries and the cache."""
    waiting = StripeEvent.objects.filter(status=StripeEvent.Status.PARKED, error__startswith=ORPHAN)
    rows = waiting.values("error").annotate(events=Count("pk"), since=Min("created"), last=Max("created"))
    named = [(found[0], row) for row in rows.order_by("since") if (found := NAMED.findall(row["error"]))]
    linked = StripeCustomer.objects.filter(stripe_id__in=[name for name, _row in named], member__isnull=False)
    known = set(linked.values_list("stripe_id", flat=True))
    left = [(name, row) for name, row in named if name not in known][:MOST]
    asked = cache.get_many([strangers.key_of(name, by) for name, _row in left])
    return [
        Orphan(name, row["events"], row["since"], row["last"], asked.get(strangers.key_of(name, by)))
        for name, row in left
    ]


def with_likely(found: list[Orphan]) -> list[Orphan]:
    """Each with the account that uses the address Stripe has: a suggestion, a person decides. One query."""
    typed = [orphan.email.lower() for orphan in found if orphan.email]
    rows = Member.objects.annotate(lower=Lower("email")).filter(lower__in=typed, is_active=True)
    same = {member.email.lower(): member.email for member in rows}
    return [replace(orphan, likely=same.get(orphan.email.lower(), "")) for orphan in found]


@require_GET
@for_managers
def show(request: HttpRequest) -> HttpResponse:
    """The list, each with a button that asks Stripe and a field for whose it is."""
    found = with_likely(orphans(person_of(request)))
    return page(
        request, "orphans", _("Customers without an account"),
        orphans=found, customer=request.GET.get("customer", ""),
    )  # fmt: skip


@require_POST
@for_managers
def link(request: HttpRequest) -> HttpResponse:
    """Link a customer to the account with the typed address, and come to that account's answer."""
    email, by = typed(request.POST, "email"), person_of(request)
    member = Member.objects.filter(email__iexact=email, is_active=True).first()
    tell(request, lambda: _link(typed(request.POST, "customer"), member, by))
    return back_to(answer_of(email) if member else reverse("admin:members_money_orphans"))


def _link(stripe_id: str, member: Member | None, by: Member) -> str:
    if member is None:
        raise LinkError(_("No account has this address."))
    return link_customer(stripe_id, member=member, by=by, teller=payments.in_job())
