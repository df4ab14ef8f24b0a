"""What came of something, said to whom it concerns: a decision with its reasons, a sanction, an appeal, a report.

Values for the templates of mails, in the active language where they are dates; the words are the templates'.
Whose text was decided about reads it again, the way to be heard, and the reference to name.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from comments.models import Appeal, Notice, Reply, Report, Ruling, Sanction
from comments.writing.texts import quoted

Found = Ruling | Sanction | Appeal | Report
AGAINST = (Reply.Status.REJECTED, Reply.Status.REMOVED)
TAKEN_DOWN = (*AGAINST, Reply.Status.ERASED)


def load(notices: Iterable[Notice]) -> dict[str, Found]:
    """What the notices are about, by `about`: one query for each kind of thing that is named."""
    wanted: dict[str, list[int]] = {}
    for notice in notices:
        kind, _dash, key = notice.about.partition("-")
        wanted.setdefault(kind, []).append(int(key))
    rows: dict[str, Any] = {
        "ruling": Ruling.objects.standing().select_related("reply", "appeal"),
        "sanction": Sanction.objects.filter(lifted_at=None).select_related("appeal").annotate(took=Count("rulings")),
        "appeal": Appeal.objects.exclude(settled_at=None).select_related("ruling__reply", "sanction"),
        "report": Report.objects.exclude(settled_at=None).select_related("reply"),
    }
    found: dict[str, Found] = {}
    for kind in wanted.keys() & rows.keys():
        found |= {f"{kind}-{row.pk}": row for row in rows[kind].filter(pk__in=wanted[kind])}
    return found


def statement_of(found: Found, member_id: int) -> dict[str, Any] | None:
    """`found` as the member may read it; None where it is not theirs or no longer so."""
    match found:
        case Ruling():
            is_so = found.reply.author_id == member_id and found.reply.status == found.after
            return _ruling(found) if is_so else None
        case Sanction():
            return _sanction(found) if found.member_id == member_id else None
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


def appeal_path(found: Ruling | Sanction, now: datetime) -> str:
    """Where the one appeal against it is made; empty where there is nothing to appeal, or an appeal already."""
    if getattr(found, "appeal", None) is not None:
        return ""
    if isinstance(found, Ruling):
        is_against = found.after in AGAINST and not found.undone_at
        return reverse("reply_appeal", args=["ruling", found.pk]) if is_against else ""
    is_over = found.lifted_at is not None or (found.ends_at is not None and found.ends_at <= now)
    return "" if is_over else reverse("reply_appeal", args=["sanction", found.pk])


def reference_of(sanction: Sanction) -> str:
    """The number whom it meets can name."""
    return f"S-{sanction.pk:06d}"


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return {
        "what": "published" if ruling.after == Reply.Status.PUBLISHED else ruling.after,
        "reference": ruling.reference,
        "reason": ruling.reason,
        "message": ruling.message,
        **_words(ruling.reply),
        "by_rule": bool(ruling.rule),
        "url": _absolute(ruling.reply.get_absolute_url()) if ruling.after not in AGAINST else "",
        "appeal": _absolute(appeal_path(ruling, timezone.now())),
    }


def _sanction(sanction: Sanction) -> dict[str, Any]:
    return {
        "what": sanction.kind,
        "reference": reference_of(sanction),
        "reason": sanction.reason,
        "until": date_format(timezone.localtime(sanction.ends_at), "j F Y, H:i") if sanction.ends_at else "",
        "took": getattr(sanction, "took", 0),  # replies rejected with it
        "appeal": _absolute(appeal_path(sanction, timezone.now())),
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    ruling = appeal.ruling
    return {
        "what": appeal.outcome,
        "reference": str(appeal),
        "against": ruling.reference if ruling else reference_of(appeal.sanction) if appeal.sanction else "",
        "reason": appeal.answer,
        **(_words(ruling.reply) if ruling else {}),
    }


def _words(reply: Reply) -> dict[str, str]:
    """What its author wrote, for who wrote it."""
    return {"words": reply.comment, "quoted": quoted(reply.comment) if reply.comment else ""}


def _report(report: Report) -> dict[str, Any]:
    return {
        "what": "taken_down" if report.reply.status in TAKEN_DOWN else "left",
        "reference": report.reference,
    }


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}" if path else ""
