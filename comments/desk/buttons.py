"""The verbs as the desk's buttons: on which replies each makes sense, what it says when done, how it is taken back."""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments.models import Reply, Ruling
from comments.moderation import deciding, reports, verbs
from comments.moderation.deciding import Act, Said
from members.models import Member

Status = Reply.Status
HELD, PUBLISHED, REJECTED, REMOVED = Status.HELD, Status.PUBLISHED, Status.REJECTED, Status.REMOVED
ANY = tuple(Status.values)
Acting = Callable[[Reply, Member, datetime, Said], Ruling | bool | None]
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
    """A verb as a button: its label and key, what it says when done, on which statuses it acts, and how."""

    label: str | Promise
    key: str
    done: str | Promise
    before: tuple[str, ...]
    act: Acting
    css: str = "desk-second"
    back: str = ""  # the verb that undoes it, where no ruling does
    when_reported: bool = False  # only where a report is open


def _plainly(verb: Callable[..., Ruling | bool | None]) -> Acting:
    """A verb that needs no words."""
    return lambda reply, by, now, said: verb(reply, by=by, now=now)


def _in_words(verb: Callable[..., Ruling | None]) -> Acting:
    """A verb that is told the reason, and what to say to whoever wrote."""
    return lambda reply, by, now, said: verb(reply, by=by, now=now, reason=said.reason, message=said.message)


def _keep(reply: Reply, by: Member, now: datetime, said: Said) -> bool:
    return reports.keep(reply, by=by, now=now, note=said.message) > 0


def _feature(reply: Reply, by: Member, now: datetime, said: Said) -> Ruling | bool:
    """Pick a reply; one that waits is approved first, and the way back is to take back the approval."""
    ruling = verbs.approve(reply, by=by, now=now) if reply.status == HELD else None
    is_picked = verbs.feature(reply, by=by, is_featured=True)
    return ruling or is_picked


def _unfeature(reply: Reply, by: Member, now: datetime, said: Said) -> bool:
    return verbs.feature(reply, by=by, is_featured=False)


def _unpin(reply: Reply, by: Member, now: datetime, said: Said) -> bool:
    return verbs.unpin(reply.discussion, by=by)


VERBS: dict[str, DeskVerb] = {
    "approve": DeskVerb(_("Approve"), "a", _("Approved"), (HELD,), _plainly(verbs.approve), css="desk-primary"),
    "keep": DeskVerb(_("Leave it"), "l", _("Left as it is; its reports are settled"), ANY, _keep, when_reported=True),
    "reject": DeskVerb(_("Reject"), "r", _("Rejected"), (HELD, PUBLISHED), _in_words(verbs.reject)),
    "remove": DeskVerb(_("Remove"), "x", _("Removed"), (PUBLISHED,), _in_words(verbs.remove)),
    "restore": DeskVerb(_("Restore"), "o", _("Published again"), (REJECTED, REMOVED), _plainly(verbs.restore)),
    "feature": DeskVerb(_("Pick"), "f", _("Picked by the editors"), (PUBLISHED, HELD), _feature, back="unfeature"),
    "unfeature": DeskVerb(_("Pick no longer"), "f", _("Picked no longer"), (PUBLISHED,), _unfeature, back="feature"),
    "pin": DeskVerb(_("Pin"), "p", _("Pinned: it stands first"), (PUBLISHED,), _plainly(verbs.pin), back="unpin"),
    "unpin": DeskVerb(_("Unpin"), "p", _("Pinned no longer"), (PUBLISHED,), _unpin, back="pin"),
}
SEVERAL: dict[str, Act] = {
    "approve": deciding.APPROVE,
    "reject": deciding.REJECT,
    "remove": deciding.REMOVE,
}  # what is done to all that were selected


def offered(reply: Reply, *, is_reported: bool) -> dict[str, DeskVerb]:
    """The verbs that make sense beside the reply, which comes with its discussion."""
    if reply.rule == Reply.WITHDRAWN:
        return {}
    is_pinned = reply.discussion.pinned_id == reply.pk
    so_already = {"feature" if reply.is_featured else "unfeature", "pin" if is_pinned else "unpin"}
    return {
        name: verb
        for name, verb in VERBS.items()
        if reply.status in verb.before and name not in so_already and (is_reported or not verb.when_reported)
    }


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
        return str(_("Nothing changed: it is %(status)s already.") % {"status": status.lower()})
    told = {"name": reply.decided_by, "status": status.lower()}
    return str(_("Nothing changed: %(name)s was faster. It is %(status)s.") % told)


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
    approved = {ruling.pk for ruling in rulings if ruling.verb == "approve" and ruling.reply.is_featured}
    with transaction.atomic():
        taken = deciding.undo(rulings, by=by, now=now)
        for ruling in taken:
            if ruling.pk in approved:
                verbs.feature(ruling.reply, by=by, is_featured=False)
    return taken


def seen_of(reply: Reply) -> str:
    """What tells the text a moderator sees from a later one."""
    return f"{reply.edited_at.timestamp():.6f}" if reply.edited_at else "first"
