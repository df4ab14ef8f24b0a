"""Which bounces last. Each provider says it in its own field; where none does, the mail server's code does.

A bounce whose cause may pass (a full mailbox, a refusal for what the mail looked like) says nothing against the
address, so it does not last, whatever the provider calls it. What nobody can tell passes as well: it takes five.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from anymail.signals import AnymailTrackingEvent, RejectReason

CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")  # enhanced status codes, RFC 3463
PASSING = {("2", "2"): "mailbox full", ("2", "3"): "message too long"}  # subject and detail, though permanent


def lasts(event: AnymailTrackingEvent, provider: str) -> bool:
    """Whether the address will not take mail another day either. `provider`: anymail's name, as `mailgun`."""
    coded = _by_code(f"{event.mta_response or ''} {event.description or ''}")
    if coded is False:
        return False
    says = BY_FIELD.get(provider)
    told = says is not None and isinstance(event.esp_event, Mapping) and says(event.esp_event)
    return coded is True or told or event.reject_reason == RejectReason.INVALID


def _by_code(text: str) -> bool | None:
    """What the enhanced status code says: True lasts, False passes, None where there is none."""
    found = CODE.search(text)
    if found is None:
        return None
    kind, subject, detail = found.groups()
    return kind == "5" and subject in ("1", "2") and (subject, detail) not in PASSING


def _mailgun(told: Mapping[str, Any]) -> bool:
    data = told.get("event-data", told)
    return bool(data.get("severity") == "permanent" and data.get("reason") in ("bounce", "suppress-bounce"))


def _ses(told: Mapping[str, Any]) -> bool:
    return bool(told.get("bounce", {}).get("bounceType") == "Permanent")


BY_FIELD: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "amazon_ses": _ses,
    "brevo": lambda told: told.get("event") in ("hard_bounce", "invalid_email"),
    "mailersend": lambda told: str(told.get("type", "")).endswith("hard_bounced"),
    "mailgun": _mailgun,
    "mailjet": lambda told: bool(told.get("hard_bounce")),
    "mailtrap": lambda told: told.get("event") == "bounce",
    "mandrill": lambda told: told.get("event") == "hard_bounce",
    "postmark": lambda told: told.get("Type") in ("HardBounce", "BadEmailAddress"),
    "sendgrid": lambda told: told.get("event") == "bounce" and told.get("type", "bounce") == "bounce",
    "sparkpost": lambda told: str(_sparkpost_class(told)) in ("10", "30", "90"),
    "unisender_go": lambda told: True,  # what passes is “deferred” there
}


def _sparkpost_class(told: Mapping[str, Any]) -> Any:
    return told.get("msys", {}).get("message_event", {}).get("bounce_class", "")
