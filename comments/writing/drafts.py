"""What somebody typed before signing in: kept in their session, found again on the page they come back to."""

from typing import Any

from django.urls import reverse

from comments.access import Subject
from members.limits import caller, within

SESSION_KEY = "reply_draft"
KEPT_AN_HOUR = 60  # drafts from one network: each may be a new session


def write_path(subject: Subject, answers: int | None) -> str:
    """The private page for writing under `subject`, answering a reply or the story."""
    path = reverse("reply_write", args=[subject.kind, subject.thing.pk])
    return f"{path}?to={answers}" if answers else path


def keep(request: Any, subject: Subject, *, text: str, reply_to: int | None) -> bool:
    """Keep `text` in the session: at `write_path` it stands in the box again.

    False past the hourly number from one network: then nothing is kept.
    """
    if not within("reply-draft", caller(request), times=KEPT_AN_HOUR, seconds=3600):
        return False
    request.session[SESSION_KEY] = {"for": write_path(subject, reply_to), "text": text}
    return True


def kept(request: Any, subject: Subject, answers: int | None) -> str:
    """What was typed for this page before signing in; empty if nothing."""
    draft = request.session.get(SESSION_KEY) or {}
    return str(draft["text"]) if draft.get("for") == write_path(subject, answers) else ""


def forget(request: Any) -> None:
    """The draft became a reply."""
    request.session.pop(SESSION_KEY, None)
