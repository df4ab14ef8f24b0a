"""Addresses no letter goes to."""

from collections.abc import Iterable

from django.db.models.functions import Lower

from members.models import Suppression


def is_suppressed(email: str) -> str:
    """Why no letter goes to this address; empty where it may."""
    return Suppression.objects.filter(email__iexact=email).values_list("reason", flat=True).first() or ""


def among(emails: Iterable[str]) -> set[str]:
    """Those of the addresses no letter goes to, in lower case."""
    wanted = {email.lower() for email in emails}
    found = Suppression.objects.annotate(lower=Lower("email")).filter(lower__in=wanted)
    return set(found.values_list("lower", flat=True))
