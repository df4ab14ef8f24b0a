"""The errors the fake answers, in the bodies Stripe sends."""

from typing import Any

NAMES = {
    "billing_portal.configuration": "configuration",
    "billing_portal.session": "portal session",
    "checkout.session": "checkout.session",
    "payment_intent": "payment_intent",
    "webhook_endpoint": "webhook endpoint",
}


class Refused(Exception):  # noqa: N818 (an answer, not a failure of the fake)
    """A request Stripe would not accept: HTTP status and the body's `error` map."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"message": message, "type": kind, **more}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param


def no_such(kind: str, ident: str, *, param: str = "id", status: int = 404) -> Refused:
    """`resource_missing`: 404 for the object in the address, 400 for one named by a parameter."""
    name = NAMES.get(kind, kind)
    return Refused(f"No such {name}: '{ident}'", status=status, code="resource_missing", param=param)


def missing(param: str) -> Refused:
    """A parameter Stripe requires here was not sent."""
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> Refused:
    """A parameter Stripe does not know here."""
    return Refused(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def illegal(message: str, param: str) -> Refused:
    """A known parameter that may not be used in this way."""
    return Refused(message, param=param)
