"""The verbs as the desk's buttons: on which replies each makes sense, what it says when done, how it is taken back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Reply, Report, Ruling
from comments.moderation import reports, verbs
from members.models import Member

Status = Reply.Status
MOST = 200  # replies decided, or decisions taken back, in one go


@dataclass(frozen=True, slots=True)
class Words:
    """What a decision says to whoever wrote: a reason of the list, and a message of the moderator's own."""

    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one reply. `ruling` or `back`, the verb that undoes it, is the way back, if there is one."""

    reply: Reply
    sentence: str | Promise
    ruling: int | None = None
    back: str = ""
    is_late: bool = False  # somebody else was faster


@dataclass(frozen=True, slots=True)
class DeskVerb:
    """A verb as a button: its label and key, what it says when done, on which statuses it acts."""

    label: str | Promise
    key: str
    done: str | Promise
    before: tuple[str, ...]
    act: Callable[[Reply, Member, datetime, Words], Ruling | bool | None]
    css: str = "desk-second"
    back: str = ""
    when_featured: bool | None = None  # only where the reply is picked, or only where it is not
    when_reported: bool = False  # only where a report is open

    def acts_on(self, reply: Reply, *, is_reported: bool = False) -> bool:
        """Whether the button makes sense beside the reply."""
        if reply.status not in self.before or reply.rule == Reply.WITHDRAWN:
            return False
        fits = self.when_featured is None or self.when_featured == reply.is_featured
        return fits and (is_reported or not self.when_reported)


def _keep(reply: Reply, by: Member, now: datetime, words: Words) -> bool:
    """Settle what is open about a reply and leave it."""
    found = list(Report.objects.unsettled().filter(reply=reply))
    return sum(reports.settle(report, outcome="keep", by=by, now=now) for report in found) > 0


VERBS: dict[str, DeskVerb] = {
    "approve": DeskVerb(
        gettext_lazy("Approve"),
        "a",
        gettext_lazy("Approved"),
        (Status.HELD,),
        lambda reply, by, now, words: verbs.approve(reply, by=by, now=now),
        css="desk-primary",
    ),
    "reject": DeskVerb(
        gettext_lazy("Reject"),
        "r",
        gettext_lazy("Rejected"),
        (Status.HELD, Status.PUBLISHED),
        lambda reply, by, now, words: verbs.reject(reply, by=by, now=now, reason=words.reason, message=words.message),
    ),
    "remove": DeskVerb(
        gettext_lazy("Remove"),
        "x",
        gettext_lazy("Removed"),
        (Status.PUBLISHED,),
        lambda reply, by, now, words: verbs.remove(reply, by=by, now=now, reason=words.reason, message=words.message),
    ),
    "restore": DeskVerb(
        gettext_lazy("Restore"),
        "o",
        gettext_lazy("Published again"),
        (Status.REJECTED, Status.REMOVED),
        lambda reply, by, now, words: verbs.restore(reply, by=by, now=now),
    ),
    "feature": DeskVerb(
        gettext_lazy("Pick"),
        "f",
        gettext_lazy("Picked by the editors"),
        (Status.PUBLISHED, Status.HELD),
        lambda reply, by, now, words: _feature(reply, by, now),
        back="unfeature",
        when_featured=False,
    ),
    "unfeature": DeskVerb(
        gettext_lazy("Pick no longer"),
        "f",
        gettext_lazy("Picked no longer"),
        (Status.PUBLISHED,),
        lambda reply, by, now, words: verbs.feature(reply, by=by, is_featured=False),
        back="feature",
        when_featured=True,
    ),
    "keep": DeskVerb(
        gettext_lazy("Leave it"),
        "l",
        gettext_lazy("Left as it is; its reports are settled"),
        tuple(Status.values),
        _keep,
        when_reported=True,
    ),
}
SEVERAL = ("approve", "reject", "remove")  # what is done to all that were selected


def _feature(reply: Reply, by: Member, now: datetime) -> Ruling | bool:
    """Pick a reply; one that waits is approved first, and the way back is to take back the approval."""
    ruling = verbs.approve(reply, by=by, now=now) if reply.status == Status.HELD else None
    is_picked = verbs.feature(reply, by=by, is_featured=True)
    return ruling or is_picked


def decide(reply: Reply, verb: str, *, by: Member, now: datetime, words: Words) -> Decided:
    """Have one verb decide one reply; of two moderators the second is told. `verb` is a key of `VERBS`."""
    chosen = VERBS[verb]
    made = chosen.act(reply, by, now, words)
    if not made:
        current: Reply = Reply.objects.select_related("author", "decided_by").get(pk=reply.pk)
        return Decided(current, _late(current), is_late=True)
    if isinstance(made, Ruling):
        return Decided(reply, chosen.done, ruling=made.pk)
    return Decided(reply, chosen.done, back=chosen.back)


def _late(reply: Reply) -> str:
    """Who was faster, and what they decided."""
    status = reply.get_status_display()
    if reply.decided_by is None:
        return _("Nothing changed: it is %(status)s already.") % {"status": status.lower()}
    told = {"name": reply.decided_by, "status": status.lower()}
    return _("Nothing changed: %(name)s was faster. It is %(status)s.") % told


def undo(rulings: Iterable[Ruling], *, by: Member, now: datetime) -> list[Ruling]:
    """Take decisions back, newest first; those that could be. What happened to a reply since stays.

    A pick falls with the approval it rests on.
    """
    taken = []
    for ruling in sorted(rulings, key=lambda ruling: -ruling.pk):
        if ruling.verb == "approve" and ruling.reply.is_featured:
            verbs.feature(ruling.reply, by=by, is_featured=False)
        if verbs.undo(ruling, by=by, now=now):
            taken.append(ruling)
    return taken
