"""Why a subscription stopped, in words: Stripe's own list, which its Portal asks from, and what it adds itself."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "too_expensive": _("too expensive"),
    "missing_features": _("something is missing"),
    "switched_service": _("reads something else now"),
    "unused": _("hardly read it"),
    "customer_service": _("was not looked after well"),
    "too_complex": _("too complicated"),
    "low_quality": _("not good enough"),
    "other": _("another reason"),
    "cancellation_requested": _("asked for it"),
    "payment_failed": _("the payment failed"),
    "payment_disputed": _("the payment was disputed"),
}


def reason_words(reason: str) -> str:
    """Stripe's word as people say it, in the active language; a word we do not know without its underscores."""
    return str(WORDS.get(reason, reason.replace("_", " ")))
