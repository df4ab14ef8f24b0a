"""The pages of money: what is offered, joining, coming back, giving, gifts, the portal, and Stripe's bell."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members import limits
from members.models import Member
from members.money import amounts, gifts, payments, portal, support, webhooks
from members.money.checkout import AlreadyPatron, CheckoutError, Waiting
from members.money.checkout import join as begin_joining
from members.money.errors import ClockWrong, Forged, Unreadable
from members.money.forms import GiftForm, RedeemForm, SupportForm
from members.money.offers import chosen_price, offers
from members.money.welcome import Word, welcome_of
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import FRAGMENT_HEADER, edge_cached, private

log = logging.getLogger(__name__)
HOUR = 3600


def see_other(address: str) -> HttpResponse:
    """303: the answer to a form is elsewhere."""
    return HttpResponseRedirect(address, status=303)


@edge_cached(600, keys=("membership",), params=("price", "interval", "next"))
@require_safe
def membership(request: NewsRequest) -> HttpResponse:
    """What can be joined, tiers side by side; the one chosen before signing in stands first."""
    context = {
        "offers": offers(),
        "chosen": chosen_price(request.GET.dict()),
        "interval": "year" if request.GET.get("interval") == "year" else "month",
        "next": safe_next(request, default=""),
        "suggested": amounts.suggested(),
        "currency": settings.CURRENCY,
    }
    return render(request, "members/membership.html", context)


@private
@same_origin_post
@require_POST
def join(request: NewsRequest) -> HttpResponse:
    """On to hosted Checkout with the chosen price; signing in comes first, a patron is sent to the portal."""
    price, back = chosen_price(request.POST.dict()), safe_next(request, default="")
    if price is None:
        return _refused(request, _("This price is not offered any more. Please choose again."))
    if not request.member:
        return _sign_in_first(reverse("membership"), price=str(price.pk), next=back)
    try:
        return see_other(begin_joining(request.member, price, return_path=back, now=request.now))
    except AlreadyPatron as already:
        return _to_where_it_is_changed(request, already)
    except Waiting as waiting:
        return see_other(f"{reverse('welcome')}?{urlencode({'session_id': waiting.attempt.session_id or ''})}")
    except CheckoutError as error:
        return _refused(request, str(error))


def _sign_in_first(page: str, **fields: str) -> HttpResponse:
    """To the sign-in, and from there back to `page` with what was chosen."""
    wanted = urlencode({name: value for name, value in fields.items() if value})
    back = f"{page}?{wanted}" if wanted else page
    return see_other(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}")


def _to_where_it_is_changed(request: NewsRequest, already: AlreadyPatron) -> HttpResponse:
    if already.subscription.resumes_at or not request.member:
        messages.info(request, _("Your membership is paused. You can resume it here."))
        return see_other(settings.LOGIN_REDIRECT_URL)
    return see_other(portal.portal_address(request.member))


def _refused(request: HttpRequest, message: str) -> HttpResponse:
    """The page that says why it did not work, with a way back. 503: trying again makes sense."""
    return render(request, "members/not_now.html", {"message": message}, status=503)


@private
@require_safe
def welcome(request: NewsRequest) -> HttpResponse:
    """Back from Checkout: the story again, thanks, or "we are confirming". Never an offer to pay again."""
    is_fragment = FRAGMENT_HEADER in request.headers
    ask = not is_fragment and limits.within("welcome", limits.caller(request), times=30, seconds=600)
    found = welcome_of(request.GET.get("session_id", "")[:255], member=request.member or None, now=request.now, ask=ask)
    if found.word is Word.OPEN and found.goes_to and not is_fragment:
        messages.success(request, _("Thank you. You are a patron now, and this is where you left off."))
        return redirect(found.goes_to)
    page = "members/welcome_state.html" if is_fragment else "members/welcome.html"
    return render(request, page, {"welcome": found})


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
            return _sign_in_first(reverse("membership_redeem"), code=code)
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


@private
@same_origin_post
@require_POST
def open_portal(request: NewsRequest) -> HttpResponse:
    """On to Stripe's Portal: card, invoices, switch, cancel."""
    if not request.member:
        return _sign_in_first(settings.LOGIN_REDIRECT_URL)
    try:
        return see_other(portal.portal_address(request.member))
    except CheckoutError as error:
        return _refused(request, str(error))


@private
@same_origin_post
@require_POST
def pause(request: NewsRequest) -> HttpResponse:
    """Pause until one of the offered days (`resumes_on`), or resume now (`resume`)."""
    if not request.member:
        return _sign_in_first(settings.LOGIN_REDIRECT_URL)
    try:
        if "resume" in request.POST:
            portal.resume(request.member)
            messages.success(request, _("Welcome back. The next payment opens everything again."))
        else:
            portal.pause(request.member, resumes_on=request.POST.get("resumes_on", ""))
            messages.success(request, _("Your membership is paused."))
    except CheckoutError as error:
        messages.error(request, str(error))
    return see_other(settings.LOGIN_REDIRECT_URL)


@private
@csrf_exempt
@require_POST
def stripe_webhook(request: NewsRequest) -> HttpResponse:
    """Stripe's bell: the raw body, verified, into the inbox. 200 once it is stored, 400 for a forgery."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > webhooks.LARGEST:
        return HttpResponse(status=413)
    try:
        webhooks.receive(payments.read_event(request.body, request.headers.get("Stripe-Signature", "")))
    except ClockWrong as error:
        log.critical("A webhook's timestamp is outside tolerance; this host's clock may be wrong: %s", error)
        return HttpResponse("timestamp outside tolerance", status=400)
    except (Forged, Unreadable) as error:
        log.warning("A webhook was refused: %s", error)
        return HttpResponse(status=400)
    return HttpResponse(status=200)
