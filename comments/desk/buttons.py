"""The verbs as the desk's buttons: on which replies each makes sense, what it says when done, how it is taken back."""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Reply, Ruling
from comments.moderation import deciding, reports, verbs
from comments.moderation.deciding import Act, Said
from members.models import Member

Status = Reply.Status
MOST = 200  # replies decided, or decisions taken back, in one go


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
    act: Callable[[Reply, Member, datetime, Said], Ruling | bool | None]
    css: str = "desk-second"
    back: str = ""
    when_featured: bool | None = None  # only where the reply is picked, or only where it is not
    when_pinned: bool | None = None  # likewise
    when_reported: bool = False  # only where a report is open

    def acts_on(self, reply: Reply, *, is_reported: bool = False) -> bool:
        """Whether the button makes sense beside the reply, which comes with its discussion."""
        if reply.status not in self.before or reply.rule == Reply.WITHDRAWN:
            return False
        fits = self.when_featured is None or self.when_featured == reply.is_featured
        if self.when_pinned is not None and self.when_pinned != (reply.discussion.pinned_id == reply.pk):
            return False
        return fits and (is_reported or not self.when_reported)


VERBS: dict[str, DeskVerb] = {
    "approve": DeskVerb(
        gettext_lazy("Approve"),
        "a",
        gettext_lazy("Approved"),
        (Status.HELD,),
        lambda reply, by, now, said: verbs.approve(reply, by=by, now=now),
        css="desk-primary",
    ),
    "keep": DeskVerb(
        gettext_lazy("Leave it"),
        "l",
        gettext_lazy("Left as it is; its reports are settled"),
        tuple(Status.values),
        lambda reply, by, now, said: reports.keep(reply, by=by, now=now, note=said.message) > 0,
        when_reported=True,
    ),
    "reject": DeskVerb(
        gettext_lazy("Reject"),
        "r",
        gettext_lazy("Rejected"),
        (Status.HELD, Status.PUBLISHED),
        lambda reply, by, now, said: verbs.reject(reply, by=by, now=now, reason=said.reason, message=said.message),
    ),
    "remove": DeskVerb(
        gettext_lazy("Remove"),
        "x",
        gettext_lazy("Removed"),
        (Status.PUBLISHED,),
        lambda reply, by, now, said: verbs.remove(reply, by=by, now=now, reason=said.reason, message=said.message),
    ),
    "restore": DeskVerb(
        gettext_lazy("Restore"),
        "o",
        gettext_lazy("Published again"),
        (Status.REJECTED, Status.REMOVED),
        lambda reply, by, now, said: verbs.restore(reply, by=by, now=now),
    ),
    "feature": DeskVerb(
        gettext_lazy("Pick"),
        "f",
        gettext_lazy("Picked by the editors"),
        (Status.PUBLISHED, Status.HELD),
        lambda reply, by, now, said: _feature(reply, by, now),
        back="unfeature",
        when_featured=False,
    ),
    "unfeature": DeskVerb(
        gettext_lazy("Pick no longer"),
        "f",
        gettext_lazy("Picked no longer"),
        (Status.PUBLISHED,),
        lambda reply, by, now, said: verbs.feature(reply, by=by, is_featured=False),
        back="feature",
        when_featured=True,
    ),
    "pin": DeskVerb(
        gettext_lazy("Pin"),
        "p",
        gettext_lazy("Pinned: it stands first"),
        (Status.PUBLISHED,),
        lambda reply, by, now, said: verbs.pin(reply, by=by, now=now),
        back="unpin",
        when_pinned=False,
    ),
    "unpin": DeskVerb(
        gettext_lazy("Unpin"),
        "p",
        gettext_lazy("Pinned no longer"),
        (Status.PUBLISHED,),
        lambda reply, by, now, said: verbs.unpin(reply.discussion, by=by),
        back="pin",
        when_pinned=True,
    ),
}
SEVERAL: dict[str, Act] = {
    "approve": deciding.APPROVE,
    "reject": deciding.REJECT,
    "remove": deciding.REMOVE,
}  # what is done to all that were selected


def _feature(reply: Reply, by: Member, now: datetime) -> Ruling | bool:
    """Pick a reply; one that waits is approved first, and the way back is to take back the approval."""
    ruling = verbs.approve(reply, by=by, now=now) if reply.status == Status.HELD else None
    is_picked = verbs.feature(reply, by=by, is_featured=True)
    return ruling or is_picked


def decide(reply: Reply, verb: str, *, by: Member, now: datetime, said: Said) -> Decided:
    """Have one verb decide one reply; of two moderators the second is told. `verb` is a key of `VERBS`."""
    chosen = VERBS[verb]
    made = chosen.act(reply, by, now, said)
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


def decide_all(replies: list[Reply], verb: str, *, by: Member, now: datetime, said: Said) -> list[Decided]:
    """The same for several at once, in a few queries. `verb` is a key of `SEVERAL`.

    What was changed by its author since it was read is not approved.
    """
    as_read = [Q(pk=reply.pk, edited_at=reply.edited_at) for reply in replies]
    only_if = functools.reduce(operator.or_, as_read) if verb == "approve" and as_read else None
    keys = [reply.pk for reply in replies]
    made = {each.reply_id: each for each in deciding.decide(keys, SEVERAL[verb], said, by=by, now=now, only_if=only_if)}
    current = Reply.objects.select_related("author", "decided_by").in_bulk([key for key in keys if key not in made])
    return [
        Decided(reply, VERBS[verb].done, ruling=made[reply.pk].pk)
        if reply.pk in made
        else Decided(current[reply.pk], _late(current[reply.pk]), is_late=True)
        for reply in replies
    ]


def undo(rulings: list[Ruling], *, by: Member, now: datetime) -> list[Ruling]:
    """Take decisions back; those that could be. What happened to a reply since stays.

    A pick falls with the approval it rests on.
    """
    for ruling in rulings:
        if ruling.verb == "approve" and ruling.reply.is_featured:
            verbs.feature(ruling.reply, by=by, is_featured=False)
    return deciding.undo(rulings, by=by, now=now)


def seen_of(reply: Reply) -> str:
    """What tells the text a moderator sees from a later one."""
    return f"{reply.edited_at.timestamp():.6f}" if reply.edited_at else "first"
