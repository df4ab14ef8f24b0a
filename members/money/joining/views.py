"""What is offered, joining, and coming back from Checkout."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members import limits
from members.models import Member, Price, Terms
from members.money.answers import refused, see_other, sign_in_first
from members.money.joining import agreed
from members.money.joining.checkout import AlreadyPatron, CheckoutError, Waiting
from members.money.joining.checkout import join as begin_joining
from members.money.joining.offers import chosen_price, deal_of, midnight_after, shelf
from members.money.joining.welcome import Word, welcome_of
from members.money.keeping import portal
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from members.typed import typed
from newsroom.caching import FRAGMENT_HEADER, edge_cached, ends_at, private


@edge_cached(600, keys=("membership",), params=("price", "interval", "next", "currency"))
@require_safe
def membership(request: NewsRequest) -> HttpResponse:
    """What can be joined, tiers side by side; the one chosen before signing in stands first, with what it takes."""
    member, table = request.member or None, agreed.timetable(request.now)
    chosen = chosen_price(request.GET.dict())
    context = {
        "shelf": shelf(now=request.now, currency=request.GET.get("currency", ""), member=member),
        "deal": deal_of(chosen, member=member, now=request.now) if chosen else None,
        "interval": "year" if request.GET.get("interval") == "year" else "month",
        "next": safe_next(request, default=""),
        "terms": table.current,
    }
    page = render(request, "members/membership.html", context)
    return ends_at(ends_at(page, table.changes_at), midnight_after(request.now))  # it names days


@edge_cached(600, keys=("membership",), params=("version",))
@require_safe
def membership_terms(request: NewsRequest) -> HttpResponse:
    """What joining agrees to: the version in force, or another (`?version=`)."""
    table = agreed.timetable(request.now)
    shown = agreed.version_or_404(table, request.GET.get("version", ""))
    context = {"terms": shown, "blocks": agreed.blocks(shown.text), "table": table}
    return ends_at(render(request, "members/terms.html", context), table.changes_at)


@private
@same_origin_post
@require_POST
def join(request: NewsRequest) -> HttpResponse:
    """On to hosted Checkout with the chosen price; signing in comes first, a patron is sent to the portal."""
    price, back = chosen_price(request.POST.dict()), safe_next(request, default="")
    if price is None:
        return refused(request, _("This price is not offered any more. Please choose again."), status=422)
    chosen = {"price": str(price.pk), "next": back}
    if not request.member:
        return sign_in_first(reverse("membership"), **chosen)
    table = agreed.timetable(request.now)
    if not table.is_accepted(request.POST.get("terms", "")):
        return _terms_have_changed(request, chosen)
    return _begin(request, request.member, price, back, table.current)


def _terms_have_changed(request: NewsRequest, chosen: dict[str, str]) -> HttpResponse:
    """Nobody accepts what the page did not show: back to the choice, with the terms that hold now."""
    messages.info(request, _("Our terms are new since you opened the page. Please look at them, then continue."))
    return see_other(f"{reverse('membership')}?{urlencode(chosen)}")


def _begin(request: NewsRequest, member: Member, price: Price, back: str, terms: Terms | None) -> HttpResponse:
    try:
        return see_other(_checkout_or_portal(request, member, price, back, terms))
    except Waiting as waiting:
        return see_other(f"{reverse('welcome')}?{urlencode({'session_id': waiting.attempt.session_id or ''})}")
    except CheckoutError as error:
        return refused(request, str(error), status=error.status)


def _checkout_or_portal(request: NewsRequest, member: Member, price: Price, back: str, terms: Terms | None) -> str:
    """Where to go on: who pays already changes it where it is changed. Raises CheckoutError."""
    try:
        return begin_joining(member, price, return_path=back, now=request.now, terms=terms)
    except AlreadyPatron as already:
        if not already.subscription.resumes_at:
            return portal.portal_address(member)
    messages.info(request, _("Your membership is paused. You can resume it here."))
    return str(settings.LOGIN_REDIRECT_URL)


@private
@require_safe
def welcome(request: NewsRequest) -> HttpResponse:
    """Back from Checkout: the story again, thanks, or "we are confirming". Never an offer to pay again."""
    is_fragment = FRAGMENT_HEADER in request.headers
    ask = not is_fragment and limits.within("welcome", limits.caller(request), times=30, seconds=600)
    found = welcome_of(typed(request.GET, "session_id"), member=request.member or None, now=request.now, ask=ask)
    if found.word is Word.OPEN and found.goes_to and not is_fragment:
        messages.success(request, _("Thank you. You are a patron now, and this is where you left off."))
        return redirect(found.goes_to)
    page = "members/welcome_state.html" if is_fragment else "members/welcome.html"
    return render(request, page, {"welcome": found})
