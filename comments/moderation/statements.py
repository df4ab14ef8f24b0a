"""The statement of reasons: what was decided about a reply or a member, why, how, and what can be done about it.

What the EU's Digital Services Act asks for in article 17, in plain sentences, for whom it met and nobody else: on the
page of the decision, among one's own replies, and in the mail that tells of it. An appeal may follow for six months
(article 20).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Appeal, Reply, Report, Ruling, Sanction
from comments.models.conduct import SanctionQuerySet
from comments.models.rulings import RulingQuerySet
from members.models import Member

APPEAL_WITHIN = timedelta(days=183)  # six months
Status, Kind = Reply.Status, Sanction.Kind
HEADLINES: dict[str, Promise] = {
    Status.REJECTED: gettext_lazy("Your reply is not shown"),
    Status.REMOVED: gettext_lazy("Your reply was removed"),
    Status.PUBLISHED: gettext_lazy("Your reply is published"),
    Kind.WARN: gettext_lazy("A word about your replies"),
    Kind.HOLD: gettext_lazy("Your replies wait for a moderator from now on"),
    Kind.MUTE: gettext_lazy("You may not reply for a while"),
    Kind.BAN: gettext_lazy("Your account may not reply any more"),
}
EFFECTS: dict[str, Promise] = {
    Status.REJECTED: gettext_lazy("A moderator decided that nobody but you sees it, nor what answers it."),
    Status.REMOVED: gettext_lazy("A moderator took it away. A line in its place says that something stood there."),
    Status.PUBLISHED: gettext_lazy("A moderator read it, and everybody who may read the story sees it now."),
    Kind.WARN: gettext_lazy("A moderator asks you to mind the tone. You can go on replying."),
    Kind.HOLD: gettext_lazy("A moderator reads each of your replies before others do."),
    Kind.MUTE: gettext_lazy("You can read everything as before, but not reply."),
    Kind.BAN: gettext_lazy("You can read everything as before, but no longer reply."),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One decision as whom it met reads it. `what`: a reply's status or a sanction's kind. `path`: its own page."""

    thing: Ruling | Sanction
    what: str
    reference: str
    at: datetime
    effect: str
    reason: str
    message: str
    how: str
    reply: Reply | None
    path: str
    appeal: Appeal | None
    why_no_appeal: str

    @property
    def headline(self) -> str:
        """The decision in a few words."""
        return str(HEADLINES[self.what])

    @property
    def appeal_by(self) -> datetime:
        """Until when an appeal may come."""
        return self.at + APPEAL_WITHIN

    @property
    def appeal_path(self) -> str:
        """Where the one appeal is made; empty where there is one already, or it is too late, or nothing to appeal."""
        return self.path if self.appeal is None and not self.why_no_appeal else ""


def rulings() -> RulingQuerySet:
    """Rulings with all that `of_ruling` needs."""
    reported = Report.objects.filter(reply=OuterRef("reply"), settled_at=OuterRef("at"), member__isnull=False)
    return Ruling.objects.select_related("reply", "appeal").annotate(was_reported=Exists(reported))


def sanctions() -> SanctionQuerySet:
    """Sanctions with all that `of_sanction` needs."""
    return Sanction.objects.select_related("appeal").annotate(took=Count("rulings"))


def of_ruling(ruling: Any, now: datetime) -> Statement:
    """The statement about a ruling (of `rulings`). No queries."""
    return Statement(
        thing=ruling,
        what=ruling.after,
        reference=ruling.reference,
        at=ruling.at,
        effect=str(EFFECTS[ruling.after]),
        reason=_(ruling.reason) if ruling.reason else "",
        message=ruling.message,
        how=_how(ruling),
        reply=ruling.reply,
        path=reverse("reply_appeal", args=["ruling", ruling.pk]),
        appeal=getattr(ruling, "appeal", None),
        why_no_appeal=why_no_appeal(ruling, now),
    )


def of_sanction(sanction: Any, now: datetime) -> Statement:
    """The statement about a sanction (of `sanctions`). No queries."""
    return Statement(
        thing=sanction,
        what=sanction.kind,
        reference=sanction.reference,
        at=sanction.starts_at,
        effect=_effect(sanction),
        reason=_(sanction.reason) if sanction.reason else "",
        message="",
        how=_("A moderator decided it."),
        reply=None,
        path=reverse("reply_appeal", args=["sanction", sanction.pk]),
        appeal=getattr(sanction, "appeal", None),
        why_no_appeal=why_no_appeal(sanction, now),
    )


def why_no_appeal(thing: Ruling | Sanction, now: datetime) -> str:
    """Why nobody can appeal against it (any more), as a sentence; empty if whom it met can. No queries."""
    if isinstance(thing, Ruling):
        made_at, is_over = thing.at, thing.undone_at is not None
        if thing.after not in Ruling.AGAINST:
            return _("Nothing was taken from sight here.")
    else:
        made_at, is_over = thing.starts_at, thing.lifted_at is not None
    if is_over:
        return _("This was taken back already.")
    return _("An appeal had to come within six months.") if made_at + APPEAL_WITHIN < now else ""


def found(kind: str, pk: int, member: Member, now: datetime) -> Statement | None:
    """The statement about ruling or sanction `pk`, if it met this member: one query.

    A ruling that came with a sanction is told with it: that is the decision to appeal against.
    """
    if kind == "ruling":
        told = rulings().against().filter(reply__author=member, sanction=None, pk=pk).first()
        return of_ruling(told, now) if told is not None else None
    sanction = sanctions().filter(member=member, pk=pk).first()
    return of_sanction(sanction, now) if sanction is not None else None


def _how(ruling: Any) -> str:
    """Who decided, and what made them look."""
    if ruling.was_reported:
        return _("A moderator decided it, after somebody reported the reply.")
    if ruling.rule and ruling.before == Status.HELD:
        return _("A rule of the site had held it back by itself; a moderator decided.")
    return _("A moderator decided it.")


def _effect(sanction: Any) -> str:
    """What it means, until when, and what it took with it."""
    said = [str(EFFECTS[sanction.kind])]
    if sanction.ends_at is not None and sanction.kind != Kind.WARN:
        said.append(_("This ends by itself on %s.") % date_format(localtime(sanction.ends_at), "j F Y, H:i"))
    if sanction.took:
        one, many = "%d reply of yours is no longer shown.", "%d replies of yours are no longer shown."
        said.append(ngettext(one, many, sanction.took) % sanction.took)
    return " ".join(said)
