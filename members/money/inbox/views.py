"""Stripe's bell."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from members.money.amounts import is_whole
from members.money.inbox import webhooks
from members.money.stripe_api import payments
from members.money.stripe_api.errors import ClockWrong, Forged, Unreadable
from members.readers import NewsRequest
from newsroom.caching import private

log = logging.getLogger(__name__)


@private
@csrf_exempt
@require_POST
def stripe_webhook(request: NewsRequest) -> HttpResponse:
    """Stripe's bell: the raw body, verified, into the inbox. 200 once it is stored, 400 for a forgery."""
    if _is_too_large(request):
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


def _is_too_large(request: NewsRequest) -> bool:
    """By its own word unread; whoever lies or says nothing is read as far as the server reads."""
    told = request.META.get("CONTENT_LENGTH", "")
    if is_whole(told) and int(told) > webhooks.LARGEST:
        return True
    try:
        return len(request.body) > webhooks.LARGEST
    except RequestDataTooBig:
        return True
