"""What came of something, as a mail tells whom it concerns: a statement of reasons, an answered appeal, a report.

Values in JSON for the templates of mails, in the active language. Whose text was decided about reads it again, the
way to be heard, and the reference to name.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from comments.models import Appeal, Notice, Reply, Report, Ruling, Sanction
from comments.moderation import statements
from comments.moderation.statements import Statement
from comments.writing.texts import quoted

Found = Ruling | Sanction | Appeal | Report
TAKEN_DOWN = (*Ruling.AGAINST, Reply.Status.ERASED)


def load(notices: Iterable[Notice]) -> dict[str, Found]:
    """What the notices are about, by `about`: one query for each kind of thing that is named."""
    wanted: dict[str, list[int]] = {}
    for notice in notices:
        kind, _dash, key = notice.about.partition("-")
        wanted.setdefault(kind, []).append(int(key))
    rows: dict[str, Any] = {
        "ruling": statements.rulings().standing(),
        "sanction": statements.sanctions().filter(lifted_at=None),
        "appeal": Appeal.objects.exclude(settled_at=None).select_related("ruling__reply", "sanction"),
        "report": Report.objects.exclude(settled_at=None).select_related("reply"),
    }
    found: dict[str, Found] = {}
    for kind in wanted.keys() & rows.keys():
        found |= {f"{kind}-{row.pk}": row for row in rows[kind].filter(pk__in=wanted[kind])}
    return found


def told(found: Found, member_id: int, now: datetime) -> dict[str, Any] | None:
    """`found` as the member may read it; None where it is not theirs or no longer so."""
    match found:
        case Ruling():
            is_so = found.reply.author_id == member_id and found.reply.status == found.after
            return _decided(statements.of_ruling(found, now)) if is_so else None
        case Sanction():
            return _decided(statements.of_sanction(found, now)) if found.member_id == member_id else None
        case Appeal():
            return _appeal(found) if found.member_id == member_id else None
        case Report():
            return _report(found) if found.member_id == member_id else None


def discussions_of(outcomes: Iterable[Found]) -> set[int]:
    """Where what was decided about was said: a ruling's reply, an appealed one's, a reported one's."""
    replies = (
        found.ruling.reply if isinstance(found, Appeal) and found.ruling else getattr(found, "reply", None)
        for found in outcomes
    )
    return {reply.discussion_id for reply in replies if reply is not None}


def _decided(said: Statement) -> dict[str, Any]:
    is_against = said.what != Reply.Status.PUBLISHED
    return {
        "what": str(said.what),
        "headline": said.headline,
        "effect": said.effect,
        "how": said.how if is_against else "",
        "reference": said.reference if is_against else "",
        "reason": said.reason,
        "message": said.message,
        "url": _absolute(said.reply.get_absolute_url()) if said.reply is not None and not is_against else "",
        "appeal": _absolute(said.appeal_path),
        **(_words(said.reply) if said.reply is not None else {}),
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    against = appeal.ruling or appeal.sanction
    return {
        "what": appeal.outcome,
        "reference": appeal.reference,
        "against": against.reference if against is not None else "",
        "reason": appeal.answer,
        **(_words(appeal.ruling.reply) if appeal.ruling else {}),
    }


def _words(reply: Reply) -> dict[str, str]:
    """What its author wrote, for who wrote it."""
    return {"words": reply.comment, "quoted": quoted(reply.comment) if reply.comment else ""}


def _report(report: Report) -> dict[str, Any]:
    return {"what": "taken_down" if report.reply.status in TAKEN_DOWN else "left", "reference": report.reference}


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}" if path else ""
