"""Giving once, gifts, and redeeming them."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import limits
from members.models import Member
from members.money import amounts
from members.money.answers import see_other, sign_in_first
from members.money.giving import gifts, support
from members.money.giving.forms import GiftForm, RedeemForm, SupportForm
from members.money.joining.checkout import CheckoutError
from members.money.joining.offers import offers
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import edge_cached, private

HOUR = 3600


@edge_cached(600, keys=("membership",), params=("next",))
@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def membership_support(request: NewsRequest) -> HttpResponse:
    """Give once, with or without an account, and the other ways to support."""
    form = SupportForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _may_pay(request, form):
        data, member = form.cleaned_data, request.member or None
        try:
            return see_other(
                support.donate(
                    amount=data["amount"], member=member, email=data["email"] or (member.email if member else ""),
                    message=data["message"], return_path=safe_next(request, default=""), now=request.now,
                )
            )  # fmt: skip
        except CheckoutError as error:
            form.add_error(None, str(error))
    return render(request, "members/support.html", _giving(form) | {"suggested": amounts.suggested()})


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
    form = GiftForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _may_pay(request, form):
        data = dict(form.cleaned_data)
        data["deliver_at"] = data.pop("deliver_on")
        try:
            return see_other(support.buy_gift(**data, member=request.member or None, now=request.now))
        except CheckoutError as error:
            form.add_error(None, str(error))
    prices = [(offer, [(months, offer.as_gift(months)) for months in gifts.MONTHS]) for offer in offers()]
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
        if not limits.within("redeem", limits.caller(request), times=10, seconds=HOUR):
            form.add_error("code", _("That was often. Please try again in an hour."))
        else:
            return _redeemed(request, request.member, form)
    return render(request, "members/redeem.html", {"form": form})


def _redeemed(request: NewsRequest, member: Member, form: RedeemForm) -> HttpResponse:
    try:
        gift = gifts.redeem(form.cleaned_data["code"], by=member, now=request.now)
    except gifts.GiftError as error:
        form.add_error("code", str(error))
        return render(request, "members/redeem.html", {"form": form})
    return render(request, "members/redeemed.html", {"gift": gift})
