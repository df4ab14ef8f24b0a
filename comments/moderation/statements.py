"""The statement of reasons: what was decided about a reply or a member, why, by whom, and what can be done about it.

What the EU's Digital Services Act asks for in article 17, in plain sentences, for whom it met and nobody else.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Appeal, Reply, Report, Ruling, Sanction
from comments.moderation import appeals
from comments.moderation.appeals import APPEAL_WITHIN
from members.models import Member

EFFECTS: dict[str, str | Promise] = {
    Reply.Status.REJECTED: gettext_lazy("Your reply was rejected: nobody sees it, nor what answers it."),
    Reply.Status.REMOVED: gettext_lazy("Your reply was removed: a line in its place says so."),
    Reply.Status.PUBLISHED: gettext_lazy("Your reply is published."),
    Sanction.Kind.WARN: gettext_lazy("You were warned. You can go on replying."),
    Sanction.Kind.HOLD: gettext_lazy("A moderator reads each of your replies before others do."),
    Sanction.Kind.MUTE: gettext_lazy("You cannot reply for a while."),
    Sanction.Kind.BAN: gettext_lazy("Your account can no longer reply."),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One decision as whom it met reads it. `path`: where they appeal, or read what came of it."""

    thing: Ruling | Sanction
    reference: str
    at: datetime
    effect: str
    reason: str
    message: str
    how: str
    until: datetime | None
    reply: Reply | None
    path: str
    appeal: Appeal | None
    why_no_appeal: str
    appeal_by: datetime


def of_ruling(ruling: Ruling, now: datetime) -> Statement:
    """The statement about a ruling, loaded with its reply and appeal."""
    return Statement(
        thing=ruling,
        reference=ruling.reference,
        at=ruling.at,
        effect=str(EFFECTS[ruling.after]),
        reason=_(ruling.reason) if ruling.reason else "",
        message=ruling.message,
        how=_how(ruling),
        until=None,
        reply=ruling.reply,
        path=reverse("reply_appeal", args=["ruling", ruling.pk]),
        appeal=getattr(ruling, "appeal", None),
        why_no_appeal=appeals.why_not(ruling, now),
        appeal_by=ruling.at + APPEAL_WITHIN,
    )


def _how(ruling: Ruling) -> str:
    """Who decided, and what made them look."""
    if getattr(ruling, "was_reported", False):
        return _("A moderator decided it, after somebody reported the reply.")
    if ruling.rule and ruling.before == Reply.Status.HELD:
        return _("A rule of the site had held it back by itself; a moderator decided.")
    return _("A moderator decided it.")


def of_sanction(sanction: Sanction, now: datetime) -> Statement:
    """The statement about a sanction, loaded with its appeal."""
    return Statement(
        thing=sanction,
        reference=sanction.reference,
        at=sanction.starts_at,
        effect=_effect(sanction),
        reason=_(sanction.reason) if sanction.reason else "",
        message="",
        how=_("A moderator decided it."),
        until=sanction.ends_at,
        reply=None,
        path=reverse("reply_appeal", args=["sanction", sanction.pk]),
        appeal=getattr(sanction, "appeal", None),
        why_no_appeal=appeals.why_not(sanction, now),
        appeal_by=sanction.starts_at + APPEAL_WITHIN,
    )


def _effect(sanction: Sanction) -> str:
    if sanction.ends_at is None or sanction.kind == Sanction.Kind.WARN:
        return str(EFFECTS[sanction.kind])
    until = date_format(localtime(sanction.ends_at), "DATETIME_FORMAT")
    return f"{EFFECTS[sanction.kind]} {_('This ends by itself on %s.') % until}"


def found(kind: str, pk: int, member: Member, now: datetime) -> Statement | None:
    """The statement about ruling or sanction `pk`, if it met this member: one query.

    A ruling that came with a sanction is told with it: that is the decision to appeal against.
    """
    if kind == "ruling":
        reported = Report.objects.filter(reply=OuterRef("reply"), settled_at=OuterRef("at"), member__isnull=False)
        rulings = Ruling.objects.against().filter(reply__author=member, sanction=None)
        told = rulings.select_related("reply", "appeal").annotate(was_reported=Exists(reported)).filter(pk=pk).first()
        return of_ruling(told, now) if told is not None else None
    sanction = Sanction.objects.filter(member=member).select_related("appeal").filter(pk=pk).first()
    return of_sanction(sanction, now) if sanction is not None else None
