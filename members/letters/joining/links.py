"""The signed links in letters: to confirm (a week), to leave (for ever)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from members.models import LetterSubscription

CONFIRM_SALT = "newsroom.letters.confirm"
LEAVE_SALT = "newsroom.letters.leave"
CONFIRM_WITHIN = timedelta(days=7)


def confirm_link(row: LetterSubscription) -> str:
    """The address of the page with the button, good for a week."""
    token = signing.dumps({"s": row.pk, "a": row.asked_at.isoformat()}, salt=CONFIRM_SALT)
    return settings.SITE_URL + reverse("letter_confirm", args=[token])


def leave_link(row: LetterSubscription) -> str:
    """The address by which anybody holding the letter may stop it; good for ever."""
    return settings.SITE_URL + reverse("letter_leave", args=[signing.dumps(row.pk, salt=LEAVE_SALT)])


def row_to_confirm(token: str) -> LetterSubscription | None:
    """The wish a link names; None for a forged or expired one."""
    try:
        value = signing.loads(token, salt=CONFIRM_SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    return LetterSubscription.objects.select_related("letter").filter(pk=value["s"]).first()


def row_to_leave(token: str) -> LetterSubscription | None:
    """The subscription a link names; None for a forged one."""
    try:
        pk = signing.loads(token, salt=LEAVE_SALT)
    except signing.BadSignature:
        return None
    return LetterSubscription.objects.select_related("letter").filter(pk=pk).first()


def wish_of(token: str) -> datetime | None:
    """When the wish was made that a link confirms; None for a forged or expired one."""
    try:
        value = signing.loads(token, salt=CONFIRM_SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(value["a"])
