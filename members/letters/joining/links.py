"""The signed links in letters: to confirm (a week), to leave, to choose and to refuse for ever (these do not end)."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from members.models import Issue, LetterSubscription

CONFIRM_SALT = "newsroom.letters.confirm"
LEAVE_SALT = "newsroom.letters.leave"
MINE_SALT = "newsroom.letters.mine"
NEVER_SALT = "newsroom.letters.never"
CONFIRM_WITHIN = timedelta(days=7)


def confirm_link(row: LetterSubscription) -> str:
    """The address of the page with the button, good for a week."""
    token = signing.dumps({"s": row.pk, "a": row.asked_at.isoformat()}, salt=CONFIRM_SALT)
    return settings.SITE_URL + reverse("letter_confirm", args=[token])


def leave_link(row: LetterSubscription, issue: Issue | None = None) -> str:
    """The address by which anybody holding the letter may stop it; with an issue, leaving counts in its figures."""
    value = row.pk if issue is None else [row.pk, issue.pk]
    return settings.SITE_URL + reverse("letter_leave", args=[signing.dumps(value, salt=LEAVE_SALT)])


def mine_path(row: LetterSubscription) -> str:
    """The path of the page on which this address chooses its letters."""
    return reverse("letters_mine", args=[signing.dumps(row.pk, salt=MINE_SALT)])


def mine_link(row: LetterSubscription) -> str:
    """The address of the page on which this address chooses its letters, without an account."""
    return settings.SITE_URL + mine_path(row)


def never_link(row: LetterSubscription) -> str:
    """Where the address says "that was not me, never write here again"; good while the row has that address."""
    token = signing.dumps({"s": row.pk, "e": _mark(row.email)}, salt=NEVER_SALT)
    return settings.SITE_URL + reverse("letter_never", args=[token])


def row_to_confirm(token: str) -> LetterSubscription | None:
    """The wish a link names; None for a forged or expired one."""
    value = _read(token, CONFIRM_SALT, CONFIRM_WITHIN)
    return _row(value["s"]) if value else None


def row_to_leave(token: str) -> tuple[LetterSubscription | None, int]:
    """The subscription a link names and the issue it stood in (0: none); (None, 0) for a forged one."""
    value = _read(token, LEAVE_SALT)
    pk, issue = value if isinstance(value, list) else (value, 0)
    row = _row(pk)
    return (row, issue) if row else (None, 0)


def row_of_mine(token: str) -> LetterSubscription | None:
    """The subscription whose address chooses; None for a forged link."""
    return _row(_read(token, MINE_SALT))


def row_to_refuse(token: str) -> LetterSubscription | None:
    """The subscription whose address wants nothing of us; None for a forged link, or where it has another by now."""
    value = _read(token, NEVER_SALT)
    row = _row(value["s"]) if value else None
    return row if row and value["e"] == _mark(row.email) else None


def wish_of(token: str) -> datetime | None:
    """When the wish was made that a link confirms; None for a forged or expired one."""
    value = _read(token, CONFIRM_SALT, CONFIRM_WITHIN)
    return datetime.fromisoformat(value["a"]) if value else None


def _read(token: str, salt: str, within: timedelta | None = None) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=within)
    except signing.BadSignature:
        return None


def _row(pk: int | None) -> LetterSubscription | None:
    rows = LetterSubscription.objects.select_related("letter__minimum_tier", "member")
    return rows.filter(pk=pk).first() if pk is not None else None


def _mark(email: str) -> str:
    return hashlib.sha256(email.lower().encode()).hexdigest()[:16]
