"""Giving a payment back: a page that says what that ends, and the button."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members.models import Payment
from members.money import amounts
from members.money.desk.base import person_of
from members.money.desk.pages import answer_of, back_to, for_managers, page, tell
from members.money.desk.row_words import payment_words
from members.money.keeping.standing import day
from members.money.record.refunding import give_back, left_of
from members.money.stripe_api import payments


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks and names what ends; POST gives `amount` back (empty: all that is left)."""
    payment = get_object_or_404(Payment.objects.select_related("member", "subscription__price__tier"), pk=pk)
    typed = request.POST.get("amount", "")
    if request.method == "POST":
        try:
            amount = amounts.read(typed, payment.currency) if typed else left_of(payment)
        except amounts.AmountError as error:
            return _ask(request, payment, typed=typed, problem=str(error))
        already, by = request.POST.get("already", ""), person_of(request)
        seen = int(already) if already.isdecimal() and len(already) < 10 else -1
        tell(
            request,
            lambda: give_back(payment, amount=amount, already=seen, by=by, teller=payments.in_job()),
        )
        return back_to(_back(payment))
    return _ask(request, payment)


def _ask(request: HttpRequest, payment: Payment, *, typed: str = "", problem: str = "") -> HttpResponse:
    return page(
        request, "refund", _("Refund"), status=422 if problem else 200,
        payment=payment, left=left_of(payment), sentence=" ".join(payment_words(payment)), whole=_effect(payment),
        typed=typed, problem=problem, back=_back(payment),
    )  # fmt: skip


def _effect(payment: Payment) -> str:
    """What giving the whole of it back does."""
    subscription = payment.subscription
    if payment.kind == Payment.Kind.GIFT:
        return _("Giving it back makes the gift void: a code not redeemed opens nothing, access it gave ends at once.")
    if payment.kind == Payment.Kind.DONATION or subscription is None or subscription.price is None:
        return _("Giving it back ends nothing: it opened nothing.")
    known = {"tier": subscription.price.tier.name, "end": day(payment.period_end)}
    words = _("Giving all of it back ends what it paid for (%(tier)s until %(end)s).") % known
    return f"{words} {_('If it is the newest payment, the subscription ends with it.')}"


def _back(payment: Payment) -> str:
    """To the answer about whose it was, else to the payment."""
    if payment.member is not None:
        return answer_of(payment.member.email)
    return reverse("admin:members_payment_change", args=[payment.pk])
