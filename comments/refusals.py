"""Why somebody may not reply, in a sentence, and what would change it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from comments.closing import CLOSED
from members.gate import Allowance, Audience, Decision, Reader, ReplyDecision, Terms, decide, decide_reply


class Way(StrEnum):
    """What would change it; templates name the address."""

    NONE = ""
    STORY = "story"  # open it first
    JOIN = "join"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the gate's no means, fit to show. `rule`: `closed` or `gate`. `names_tiers`: of tiers that may reply."""

    sentence: str
    rule: str
    way: Way = Way.NONE
    names_tiers: bool = False


def refusal(
    terms: Terms, reader: Reader, allowance: Allowance, now: datetime, *, why_closed: str = ""
) -> Refusal | None:
    """Why this reader may not write now; None for who may, or would after signing in. No queries."""
    match decide_reply(terms, reader, allowance, now):
        case ReplyDecision.WRITE | ReplyDecision.SIGN_IN:
            return None
        case ReplyDecision.CLOSED:
            return Refusal(why_closed or str(CLOSED), "closed")
        case ReplyDecision.UPGRADE:
            said = _("Your tier reads these replies; writing them comes with another.")
            return Refusal(said, "gate", Way.UPGRADE, names_tiers=True)
    reading = decide(terms, reader, allowance, now)
    if reading is Decision.READ:
        return Refusal(_("Patrons reply here."), "gate", Way.JOIN)
    return _unread(reading, terms, now)


def _unread(reading: Decision, terms: Terms, now: datetime) -> Refusal:
    """Who may not read may not answer: in the words of what stands between."""
    if reading is Decision.SPEND:
        return Refusal(_("Open the story first: whoever has read it may reply."), "gate", Way.STORY)
    if reading is Decision.UPGRADE:
        return Refusal(_("This story comes with another tier, and so does replying to it."), "gate", Way.UPGRADE)
    if terms.is_closed_by_archive(now):
        return Refusal(_("This story is in the archive. Patrons read and answer it."), "gate", Way.JOIN)
    if terms.audience_at(now) == Audience.METERED:
        return Refusal(_("You have opened all of this month's stories. Patrons read on, and reply."), "gate", Way.JOIN)
    return Refusal(_("This story is for patrons, and so is replying to it."), "gate", Way.JOIN)
