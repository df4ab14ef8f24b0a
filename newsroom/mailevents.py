"""What mail providers tell us of messages: which provider, what proves that it is they, and anymail's view for them.

Nothing is believed of a caller that proves nothing: without a signing key or ANYMAIL's WEBHOOK_SECRET the webhook
refuses everybody, though anymail would only warn.
"""

import json
import logging
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailConfigurationError, AnymailWebhookValidationFailure
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.urls import Resolver404, resolve
from django.views import View

from newsroom import bodies

BACKENDS = "anymail.backends."
OF_NO_PROVIDER = ("", "base", "base_requests", "console", "test")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
KEYS = (  # where anymail's views keep what a signature is checked with
    "webhook_signing_key", "signing_secret", "webhook_key", "webhook_verification_key", "api_key_bytes",
)  # fmt: skip
log = logging.getLogger(__name__)


class NotGuarded(Exception):  # noqa: N818  # reads as a word
    """Nothing would prove that a caller is the provider; says what to set."""


def provider() -> str:
    """Anymail's name of whoever sends our mail (`mailgun`); empty where nobody tells us of delivery.

    `MAIL_EVENTS_FROM` names the provider behind an SMTP server, which no backend tells of.
    """
    if settings.MAIL_EVENTS_FROM:
        return settings.MAIL_EVENTS_FROM
    backend = settings.EMAIL_BACKEND
    name = backend.removeprefix(BACKENDS).partition(".")[0] if backend.startswith(BACKENDS) else ""
    return "" if name in OF_NO_PROVIDER else name


def guarded_view() -> View:
    """Anymail's own webhook of the provider, with what it checks callers by. Raises NotGuarded."""
    try:
        made: Any = resolve(f"/{provider()}/tracking/", urlconf="anymail.urls").func.view_class()  # type: ignore[attr-defined]  # as_view() sets it
    except Resolver404:
        raise NotGuarded(f"Anymail knows no webhook of “{provider()}”.") from None
    except (AnymailConfigurationError, ValueError) as error:  # a key that is missing, or is none
        raise NotGuarded(str(error)) from error
    signs = not made.warn_if_no_basic_auth and any(getattr(made, name, None) for name in KEYS)
    knows = bool(made.basic_auth) and all(len(pair) > 1 and ":" in pair for pair in made.basic_auth)
    if not signs and not knows:
        raise NotGuarded("Set ANYMAIL_WEBHOOK_SECRET to name:password, and put both into the address at the provider.")
    return made  # type: ignore[no-any-return]  # anymail is untyped


def answer(request: HttpRequest) -> HttpResponse:
    """What the provider's webhook is answered. Its events reach anymail's `tracking` signal before that.

    200 once all are stored, also for what we do not keep; 400 for a forgery and for what nobody can read, 403
    while nothing guards us, 413 for too much. Raises what storing raises: the provider comes again.
    """
    if problem := _unreadable(request):
        return HttpResponse(status=problem)
    try:
        view = guarded_view()
    except NotGuarded as error:
        log.error("A webhook of mails was refused, since nothing proves who calls: %s", error)
        return HttpResponse(status=403)
    view.setup(request)
    try:
        return view.dispatch(request)  # type: ignore[return-value]  # no view of anymail is asynchronous
    except AnymailConfigurationError as error:  # mail to us (“inbound”) sent to this address
        log.warning("A webhook of mails brought something else than events: %s", error)
        return HttpResponse(status=200)
    except (AnymailWebhookValidationFailure, AnymailAPIError) as error:
        log.warning("A webhook of mails was refused: %s", type(error).__name__)
        return HttpResponse(status=400)


def _unreadable(request: HttpRequest) -> int:
    """The status that refuses a body nobody should work on; 0 for one that can be read."""
    most = bodies.largest_at(request.path)
    if bodies.content_length(request.META) > most:
        return 413
    if request.content_type in FORMS:
        return 0
    try:
        body = request.body
        read = json.loads(body)
    except (RequestDataTooBig, RawPostDataException):
        return 413
    except (ValueError, RecursionError):
        return 400
    return 413 if len(body) > most else 0 if isinstance(read, dict | list) else 400
