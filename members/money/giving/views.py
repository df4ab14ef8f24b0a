"""Giving once, gifts, and redeeming them."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import limits
from members.models import Member, SupportWay
from members.money import amounts
from members.money.answers import see_other, sign_in_first
from members.money.giving import gifts, hardship, support
from members.money.giving.forms import AskForm, GiftForm, RedeemForm, SupportForm
from members.money.joining.checkout import CheckoutError
from members.money.joining.offers import offers
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import edge_cached, private

HOUR = 3600
WRONG_CODES = 10


@edge_cached(600, keys=("membership",), params=("next",))
@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def membership_support(request: NewsRequest) -> HttpResponse:
    """Give once, with or without an account, and the other ways to support."""
    form = SupportForm(request.POST if request.method == "POST" else None, initial=_address(request))
    if form.is_valid() and _may_pay(request, form):
        try:
            return see_other(_donate(request, form.cleaned_data))
        except CheckoutError as error:
            form.add_error(None, str(error))
    more = {
        "suggested": amounts.suggested(),
        "ways": SupportWay.objects.shown(),
        "next": safe_next(request, default=""),
    }
    return render(request, "members/support.html", _giving(form) | more)


def _donate(request: NewsRequest, data: dict[str, Any]) -> str:
    member = request.member or None
    email, back = data["email"] or (member.email if member else ""), safe_next(request, default="")
    return support.donate(
        amount=data["amount"], member=member, email=email, message=data["message"], return_path=back, now=request.now
    )


def _address(request: NewsRequest) -> dict[str, str]:
    """Nobody types the address they are signed in with."""
    return {"email": request.member.email} if request.member else {}


def _giving(form: SupportForm | GiftForm) -> dict[str, object]:
    return {"form": form, "currency": settings.CURRENCY}


def _may_pay(request: NewsRequest, form: SupportForm | GiftForm) -> bool:
    """False, with the reason in the form, when somebody opens too many Checkout pages."""
    if limits.within("pay", limits.caller(request), times=20, seconds=HOUR):
        return True
    form.add_error(None, _("That was often. Please try again in an hour."))
    return False


@edge_cached(600, keys=("membership",))
@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def membership_gift(request: NewsRequest) -> HttpResponse:
    """Buy a membership for somebody."""
    form = GiftForm(request.POST if request.method == "POST" else None, initial=_address(request))
    if form.is_valid() and _may_pay(request, form):
        data = dict(form.cleaned_data)
        data["deliver_at"] = data.pop("deliver_on")
        try:
            return see_other(support.buy_gift(**data, member=request.member or None, now=request.now))
        except CheckoutError as error:
            form.add_error(None, str(error))
    prices = [
        (offer, [(months, offer.as_gift(months)) for months in gifts.MONTHS]) for offer in offers(now=request.now)
    ]
    return render(request, "members/gift.html", _giving(form) | {"prices": prices})


@private
@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def membership_redeem(request: NewsRequest) -> HttpResponse:
    """One field and one button; only the button redeems, once, for whoever is signed in."""
    form = RedeemForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if form.is_valid():
        code = form.cleaned_data["code"]
        if not request.member:
            return sign_in_first(reverse("membership_redeem"), code=code)
        return _redeemed(request, request.member, form)
    return render(request, "members/redeem.html", {"form": form})


def _redeemed(request: NewsRequest, member: Member, form: RedeemForm) -> HttpResponse:
    """Who typed ten wrong codes rests for an hour, and so does their network."""
    typists = (f"member-{member.pk}", limits.network(request))
    if any(limits.spent("redeem", who, times=WRONG_CODES) for who in typists):
        form.add_error("code", _("That was often. Please try again in an hour."))
        return render(request, "members/redeem.html", {"form": form})
    try:
        gift = gifts.redeem(form.cleaned_data["code"], by=member, now=request.now)
    except gifts.GiftError as error:
        for who in typists:
            limits.within("redeem", who, times=WRONG_CODES, seconds=HOUR)
        form.add_error("code", str(error))
        return render(request, "members/redeem.html", {"form": form})
    return render(request, "members/redeemed.html", {"gift": gift})


@private
@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: NewsRequest) -> HttpResponse:
    """For who cannot pay: one field that may stay empty, one button. 404 where the rules offer no such thing."""
    if not request.furniture.rules.hardship_asks:
        raise Http404
    if not request.member:
        return sign_in_first(reverse("hardship"))
    form = AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        hardship.ask(request.member, message=form.cleaned_data["message"], now=request.now)
        return see_other(reverse("hardship"))
    asked = hardship.open_request_of(request.member)
    return render(request, "members/ask.html", {"form": form, "asked": asked})
