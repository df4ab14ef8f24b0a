"""The portal and the pause."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from members.models import Subscription
from members.money.answers import refused, see_other, sign_in_first
from members.money.joining.checkout import CheckoutError
from members.money.keeping import portal
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private


@private
@same_origin_post
@require_POST
def open_portal(request: NewsRequest) -> HttpResponse:
    """On to Stripe's Portal: card, invoices, switch, cancel."""
    if not request.member:
        return sign_in_first(settings.LOGIN_REDIRECT_URL)
    try:
        return see_other(portal.portal_address(request.member))
    except CheckoutError as error:
        return refused(request, str(error), status=error.status)


def _resumed(row: Subscription, now: datetime) -> str:
    """Whether everything is open, or waits for the next payment."""
    if row.paid_until is not None and row.paid_until > now:
        return _("Welcome back. Your membership goes on, and everything is open.")
    return _("Welcome back. The next payment opens everything again.")


@private
@same_origin_post
@require_POST
def pause(request: NewsRequest) -> HttpResponse:
    """Pause until one of the offered days (`resumes_on`), or resume now (`resume`)."""
    if not request.member:
        return sign_in_first(settings.LOGIN_REDIRECT_URL)
    try:
        if "resume" in request.POST:
            messages.success(request, _resumed(portal.resume(request.member), request.now))
        else:
            portal.pause(request.member, resumes_on=request.POST.get("resumes_on", ""))
            messages.success(request, _("Your membership is paused."))
    except CheckoutError as error:
        messages.error(request, str(error))
    return see_other(settings.LOGIN_REDIRECT_URL)
