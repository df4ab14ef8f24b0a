"""A moment of the timeline as a sentence, with where its row stands on the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template import TemplateDoesNotExist
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from members.audit.words import verb_in_words
from members.models import (
    CheckoutAttempt,
    Complimentary,
    Mailing,
    OfflinePayment,
    Payment,
    Price,
    StripeEvent,
)
from members.money.amounts import spelled
from members.money.desk.timeline import Moment
from members.money.keeping.standing import day
from members.money.leaving import reason_words
from newsroom.mail import MissingField, subject_of

PAGES = {
    "attempt": "checkoutattempt", "started": "subscription", "paused": "subscription", "ended": "subscription",
    "payment": "payment", "gift_bought": "gift", "gift_sent": "gift", "gift_redeemed": "gift", "gift_void": "gift",
    "given": "complimentary", "offline": "offlinepayment", "offline_void": "offlinepayment",
    "event": "stripeevent",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a timeline. `group` is what kind of thing it is, for the eye."""

    at: datetime
    group: str
    sentence: str
    path: str
    also: str = ""


def line_of(moment: Moment, site_name: str) -> Line:
    """The moment in words. No query."""
    told = moment.told
    words, also = WORDS[moment.kind](told) if moment.kind != "mail" else _mail(told, site_name)
    page = PAGES.get(moment.kind)
    path = reverse(f"admin:members_{page}_change", args=[moment.key]) if page else ""
    return Line(moment.at, _group(moment.kind), words, path, also)


def _group(kind: str) -> str:
    return {
        "mail": _("mail"), "event": _("Stripe"), "audit": _("desk"),
        "payment": _("money"), "offline": _("money"), "offline_void": _("money"),
    }.get(kind, _("membership"))  # fmt: skip


def _amount(told: dict[str, Any]) -> str:
    if told.get("amount") is None or not told.get("currency"):
        return ""
    return spelled(int(told["amount"]), str(told["currency"]))


def _day(text: str | None) -> str:
    """An ISO moment of a JSON fact as a day."""
    return day(timezone.localtime(datetime.fromisoformat(text))) if text else ""


def _label(choices: Any, value: Any) -> str:
    return str(dict(choices).get(value, value or ""))


def _deal(told: dict[str, Any]) -> str:
    known = {"tier": told.get("tier") or "?", "paid": _amount(told)}
    return _("%(tier)s, %(paid)s %(each)s") % {**known, "each": _label(Price.Interval.choices, told.get("interval"))}


def _attempt(told: dict[str, Any]) -> tuple[str, str]:
    known = {"amount": _amount(told), "what": _label(CheckoutAttempt.Kind.choices, told["of"]).lower()}
    state = _label(CheckoutAttempt.Status.choices, told["status"]).lower()
    return _("Opened Checkout: %(what)s, %(amount)s.") % known, state


def _payment(told: dict[str, Any]) -> tuple[str, str]:
    known = {"amount": _amount(told), "what": _label(Payment.Kind.choices, told["paid"]).lower()}
    also = []
    if told["refunded"]:
        back = spelled(int(told["refunded"]), str(told["currency"]))
        also.append(_("%(back)s refunded since") % {"back": back})
    if told["dispute"]:
        also.append(_("disputed: %(state)s") % {"state": str(told["dispute"]).replace("_", " ")})
    if told["receipt"]:
        also.append(_("receipt %(number)s") % {"number": told["receipt"]})
    return _("Paid %(amount)s (%(what)s).") % known, ", ".join(also)


def _ended(told: dict[str, Any]) -> tuple[str, str]:
    reason = reason_words(str(told.get("reason") or ""))
    return _("The subscription ended: %(deal)s.") % {"deal": _deal(told)}, " · ".join(
        filter(None, [reason, str(told.get("comment") or "")])
    )


def _paused(told: dict[str, Any]) -> tuple[str, str]:
    until = _day(told["until"])
    words = _("The subscription was paused until %(day)s.") if until else _("The subscription was paused.")
    return words % {"day": until}, ""


def _gift(sentence: Any, to_nobody: Any = None) -> Callable[[dict[str, Any]], tuple[str, str]]:
    """`to_nobody`: the sentence where the giver passes the code on; the same one if None."""

    def words(told: dict[str, Any]) -> tuple[str, str]:
        known = {"tier": told["tier"], "months": told["months"], "to": told["to"], "until": _day(told["until"])}
        chosen = sentence if told["to"] or to_nobody is None else to_nobody
        return chosen() % known, ""

    return words


def _given(told: dict[str, Any]) -> tuple[str, str]:
    known = {"tier": told["tier"], "until": _day(told["until"])}
    if told["why"] == Complimentary.Kind.HARDSHIP:
        return _("Was given %(tier)s until %(until)s: cannot pay.") % known, str(told["reason"] or "")
    if told["why"] == Complimentary.Kind.ELSEWHERE:
        return _("Reads %(tier)s until %(until)s: pays elsewhere.") % known, str(told["reason"] or "")
    return _("Was given %(tier)s until %(until)s.") % known, str(told["reason"] or "")


def _offline(told: dict[str, Any]) -> tuple[str, str]:
    by = _label(OfflinePayment.Method.choices, told["by"])
    known = {"amount": _amount(told), "by": by, "tier": told["tier"], "until": _day(told["until"])}
    return _("Supported us past Stripe: %(amount)s, %(by)s, for %(tier)s until %(until)s.") % known, ""


def _settled(told: dict[str, Any]) -> tuple[str, str]:
    return (_("The request was answered with access.") if told["given"] else _("The request was declined.")), ""


def _event(told: dict[str, Any]) -> tuple[str, str]:
    state = _label(StripeEvent.Status.choices, told["status"]).lower()
    return _("%(type)s") % {"type": told["type"]}, " · ".join(filter(None, [state, told["error"]]))


def _audit(told: dict[str, Any]) -> tuple[str, str]:
    who = told["by"] or told["email"] or _("The site itself")
    known = {"who": who, "did": verb_in_words(str(told["verb"])), "what": told["subject"]}
    return _("%(who)s: %(did)s %(what)s.") % known, str(told["reason"] or "")


def _mail(told: dict[str, Any], site_name: str) -> tuple[str, str]:
    """Its subject, as it was written; a template that is gone is named."""
    try:
        subject = subject_of(told["template"], {"site_name": site_name, **told["context"]})
    except (TemplateDoesNotExist, MissingField):  # gone, or what it needs was forgotten once it was sent
        subject = str(told["template"])
    state = _label(Mailing.Status.choices, told["status"]).lower()
    return _("“%(subject)s”") % {"subject": subject}, " · ".join(filter(None, [state, told["error"]]))


WORDS: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "attempt": _attempt,
    "started": lambda told: (_("The subscription began: %(deal)s.") % {"deal": _deal(told)}, ""),
    "paused": _paused,
    "ended": _ended,
    "payment": _payment,
    "gift_bought": _gift(
        lambda: _("Bought a gift: %(tier)s, %(months)s months, for %(to)s."),
        lambda: _("Bought a gift to pass on: %(tier)s, %(months)s months."),
    ),
    "gift_sent": _gift(
        lambda: _("The code of the gift (%(tier)s) was mailed to %(to)s."),
        lambda: _("The code of the gift (%(tier)s) went to whoever bought it."),
    ),
    "gift_redeemed": _gift(lambda: _("The gift was redeemed: %(tier)s until %(until)s.")),
    "gift_void": _gift(lambda: _("The gift (%(tier)s) was paid back and is void.")),
    "given": _given,
    "offline": _offline,
    "offline_void": lambda told: (_("The payment past Stripe (%(paid)s) was voided.") % {"paid": _amount(told)}, ""),
    "asked": lambda told: (_("Asked for access without paying."), str(told["message"] or "")),
    "settled": _settled,
    "event": _event,
    "audit": _audit,
}
