"""The money desk's first page: type an address or a number, read why, press what helps. A GET never acts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from members.models import Gift, Member, Payment, Subscription
from members.money.desk import mending, strangers, watch
from members.money.desk.base import person_of
from members.money.desk.facts import Facts, facts_of
from members.money.desk.inbox_page import price_drift
from members.money.desk.pages import answer_of, back_to, for_managers, merge_of, page, tell, timeline_of
from members.money.desk.search import Found, find
from members.money.desk.why import Fix, Reason, Why, why
from members.money.record.linking import link_customer
from members.money.stripe_api import payments
from members.typed import typed

SHOWN_PAYMENTS, GIVEN_FOR = 3, timedelta(days=30)


@dataclass(frozen=True)
class Step:
    """A fix as the page offers it: a link where `path` says so, else a button."""

    name: str
    label: str
    row: str
    path: str


@dataclass(frozen=True)
class Answer:
    """One account that was found: why it can or cannot read, and what can be done."""

    facts: Facts
    reason: Reason
    fixes: list["Step"]
    merges: list[dict[str, Any]]
    give_until: date

    @property
    def member(self) -> Member:
        """Whose it is."""
        return self.facts.member

    @property
    def timeline(self) -> str:
        """Where everything about their money is told."""
        return timeline_of(self.member.pk)

    @property
    def may_give(self) -> bool:
        """Whether the account is one that can be given something."""
        return self.reason.kind not in (Why.MERGED, Why.ERASED, Why.CLOSED)

    @property
    def payments(self) -> list[Payment]:
        """The newest payments that could be given back."""
        return [row for row in self.facts.payments if row.amount_refunded < row.amount][:SHOWN_PAYMENTS]


@require_GET
@for_managers
def money(request: HttpRequest) -> HttpResponse:
    """What was asked (`?q=`) and the answer; without a question, what needs a look."""
    now = timezone.now()
    found = find(typed(request.GET, "q"), now)
    answers = [_answer(facts, found, now) for facts in facts_of(found.members)]
    return page(
        request, "money", _("Money"),
        found=found, answers=answers,
        stranger=strangers.about(found.text, person_of(request), now) if found.text and not answers else None,
        look=None if found.text else watch.look(now),
        drift=[] if found.text else price_drift(),
        today=timezone.localdate(now),
    )  # fmt: skip


def _answer(facts: Facts, found: Found, now: datetime) -> Answer:
    others = [{"pk": other.pk, "email": other.email} for other in found.members if other.pk != facts.member.pk]
    known = {other["pk"]: other for other in (*facts.others, *others)} if found.is_address else {}
    merges = [{**other, "path": merge_of(facts.member.pk, other["pk"])} for other in known.values()]
    reason = why(facts, now)
    steps = [Step(fix.name, fix.label, fix.row, path_of(fix, facts.member)) for fix in reason.fixes]
    usable = [step for step in steps if step.path or step.name in VERBS]
    return Answer(facts, reason, usable, merges, timezone.localdate(now) + GIVEN_FOR)


def path_of(fix: Fix, member: Member) -> str:
    """Where a step that is a link leads; empty for one that is a button."""
    if fix.name == "find":
        return answer_of(fix.row)
    if fix.name == "merge":
        return merge_of(member.pk, int(fix.row))
    if fix.name == "person":
        return reverse("admin:members_member_change", args=[fix.row])
    return ""


Verb = Callable[[Member, HttpRequest, Member, datetime], str]


def _mend(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    return mending.mend(member, by=by, teller=payments.in_job())


def _retry(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    return mending.retry(member)


def _give(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    return mending.give(member, request.POST, by=by, now=now)


def _link(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    return link_customer(typed(request.POST, "row"), member=member, by=by, teller=payments.in_job())


def _code(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    gifts = Gift.objects.select_related("payment__attempt", "tier")
    return mending.send_code(get_object_or_404(gifts, pk=_key(request)), by=by, now=now)


def _invoice(member: Member, request: HttpRequest, by: Member, now: datetime) -> str:
    rows = Subscription.objects.filter(customer__member=member).select_related("customer__member", "price")
    return mending.mail_invoice(get_object_or_404(rows, pk=_key(request)), by=by, now=now)


def _key(request: HttpRequest) -> int:
    row = request.POST.get("row", "")
    if not (row.isdecimal() and len(row) <= 18):
        raise Http404
    return int(row)


VERBS: dict[str, Verb] = {
    "mend": _mend, "retry": _retry, "give": _give, "link": _link, "code": _code, "invoice": _invoice,
}  # fmt: skip


@require_POST
@for_managers
def do(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take one step for a member and come back to the answer, which is then another one."""
    member = get_object_or_404(Member, pk=pk)
    if verb not in VERBS:
        raise Http404
    tell(request, lambda: VERBS[verb](member, request, person_of(request), timezone.now()))
    return back_to(answer_of(typed(request.POST, "q") or member.email))


@require_POST
@for_managers
def ask_stripe(request: HttpRequest) -> HttpResponse:
    """Ask Stripe who uses an address (or who a customer is); the answer stands on the page for ten minutes."""
    text = typed(request.POST, "q")
    tell(request, lambda: strangers.ask(text, person_of(request), teller=payments.in_job()))
    return back_to(reverse("admin:members_money_orphans") if "orphans" in request.POST else answer_of(text))


@require_POST
@for_managers
def send_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the code of a gift again that no account belongs to yet."""
    gift = get_object_or_404(Gift.objects.select_related("payment__attempt", "tier"), pk=pk)
    tell(request, lambda: mending.send_code(gift, by=person_of(request), now=timezone.now()))
    return back_to(answer_of(typed(request.POST, "q")))
