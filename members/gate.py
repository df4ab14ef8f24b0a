"""The gate: what a reader may do with a story. Pure: small frozen values in, one decision out, no queries.

Every face asks it: page, feed, JSON, snippet, meta tag, list, teaser, letter, preview, reply. Whatever
it does not know, it refuses.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

NO_RANK = 0  # below every tier: tier ranks start at 1 by constraint


class Audience(TextChoices):
    """For whom a story is, from the most open to the strictest."""

    EVERYONE = "everyone", _("Everyone")
    METERED = "metered", _("Everyone, some stories a month")
    MEMBERS = "members", _("Members (a free account)")
    PATRONS = "patrons", _("Patrons")


STRICTNESS = {audience: place for place, audience in enumerate(Audience.values)}


class ReplyRight(TextChoices):
    """Who may reply, among those who may read."""

    MEMBERS = "members", _("Everyone with an account")
    PATRONS = "patrons", _("Patrons")
    CLOSED = "closed", _("Closed")


class Decision(StrEnum):
    """What the gate says about reading."""

    READ = "read"
    SPEND = "spend"
    SIGN_UP = "sign_up"
    SUBSCRIBE = "subscribe"
    UPGRADE = "upgrade"


class ReplyDecision(StrEnum):
    """What the gate says about replying."""

    WRITE = "write"
    SIGN_IN = "sign_in"
    SUBSCRIBE = "subscribe"
    UPGRADE = "upgrade"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a story asks of its readers, as plain values.

    `live_from` is None for what is not approved or was withdrawn; `archived_at` is the moment from which
    `archive_audience` applies where it is stricter than the story's own.
    """

    story_id: int
    audience: str
    live_from: datetime | None
    minimum_rank: int = 1
    public_interest: bool = False
    archived_at: datetime | None = None
    archive_audience: str = Audience.EVERYONE
    reply_right: str = ReplyRight.MEMBERS

    def is_live(self, now: datetime) -> bool:
        """Whether readers may know of it at `now`."""
        return self.live_from is not None and self.live_from <= now

    def audience_at(self, now: datetime) -> str:
        """Its own audience, or the archive's once it is old enough and only if that is stricter."""
        if self.archived_at is None or now < self.archived_at:
            return self.audience
        if self.audience not in STRICTNESS or self.archive_audience not in STRICTNESS:
            return "unknown"
        return max(self.audience, self.archive_audience, key=STRICTNESS.__getitem__)

    def changes_at(self, now: datetime) -> datetime | None:
        """When the archive's rule will close it, if it has yet to and will: pages that show it end then."""
        at = self.archived_at
        return at if at is not None and at > now and self.audience_at(at) != self.audience_at(now) else None

    def is_closed_by_archive(self, now: datetime) -> bool:
        """Whether it is for patrons only because it is old."""
        return self.audience != Audience.PATRONS and self.audience_at(now) == Audience.PATRONS


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: an account or nobody, the highest rank a grant gives now, a desk group, opened gifts.

    Of a patron: `opens_archive` and `may_reply`, if one of their tiers says so; `in_grace`, while a failed
    payment is waited for (a banner says so; it closes nothing). `patron_until`: when the last grant that is over
    ended; it opens nothing, the ask speaks of it.
    """

    member_id: int | None = None
    rank: int = NO_RANK
    on_staff: bool = False
    gifts: frozenset[int] = field(default_factory=frozenset)
    in_grace: bool = False
    opens_archive: bool = True
    may_reply: bool = True
    patron_until: datetime | None = None

    @property
    def is_member(self) -> bool:
        """Whether somebody is signed in."""
        return self.member_id is not None

    @property
    def is_patron(self) -> bool:
        """Whether a grant of a paid tier covers now."""
        return self.rank > NO_RANK

    @property
    def lapsed(self) -> bool:
        """Whether a patron once and none now."""
        return self.patron_until is not None and not self.is_patron

    def has_gift_for(self, story: Terms) -> bool:
        """Whether this browser opened a gift or letter link to the story."""
        return story.story_id in self.gifts


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the meter for this reader and story.

    `counted`: the story was counted already this period. `left`: views left. `left_as_member`: views an
    anonymous reader would have after signing up. What walls and asks say, never what opens: `limit`, the views
    of a period; `used`, those counted; `this_week`, those of them counted within seven days.
    """

    switched_on: bool = False
    counted: bool = False
    left: int = 0
    left_as_member: int = 0
    limit: int = 0
    used: int = 0
    this_week: int = 0


ANONYMOUS = Reader()
NO_METER = Allowance()


def decide(story: Terms, reader: Reader, allowance: Allowance, now: datetime) -> Decision:
    """What this reader may do with this story now.

    Staff read everything; nobody else sees what is not live, also when it is of public interest or a
    gift. Anything unknown is refused.
    """
    if reader.on_staff:
        return Decision.READ
    if not story.is_live(now):
        return Decision.SUBSCRIBE  # never seen: the address answers 404
    if story.public_interest or reader.has_gift_for(story):
        return Decision.READ
    match story.audience_at(now):
        case Audience.EVERYONE:
            return Decision.READ
        case Audience.MEMBERS:
            return Decision.READ if reader.is_member else Decision.SIGN_UP
        case Audience.METERED:
            return metered(reader, allowance)
        case Audience.PATRONS if reader.is_patron:
            return for_patrons(story, reader, now)
        case _:
            return Decision.SUBSCRIBE


def for_patrons(story: Terms, reader: Reader, now: datetime) -> Decision:
    """What a patron may do with a patrons' story: the tier must be high enough, and open the archive if that is it."""
    if reader.rank < story.minimum_rank or (story.is_closed_by_archive(now) and not reader.opens_archive):
        return Decision.UPGRADE
    return Decision.READ


def metered(reader: Reader, allowance: Allowance) -> Decision:
    """A metered story: open to patrons and once counted, else it costs a view, an account or a tier."""
    if reader.is_patron or allowance.counted or not allowance.switched_on:
        return Decision.READ
    if allowance.left > 0:
        return Decision.SPEND
    if not reader.is_member and allowance.left_as_member > 0:
        return Decision.SIGN_UP
    return Decision.SUBSCRIBE


def decide_reply(story: Terms, reader: Reader, allowance: Allowance, now: datetime) -> ReplyDecision:
    """Whether this reader may reply: only who may read may write, under the story's reply right."""
    if story.reply_right == ReplyRight.CLOSED:
        return ReplyDecision.CLOSED
    if not reader.is_member:
        return ReplyDecision.SIGN_IN
    if decide(story, reader, allowance, now) is not Decision.READ:
        return ReplyDecision.SUBSCRIBE
    if reader.on_staff or story.reply_right == ReplyRight.MEMBERS:
        return ReplyDecision.WRITE
    if story.reply_right == ReplyRight.PATRONS and reader.is_patron:
        return ReplyDecision.WRITE if reader.may_reply else ReplyDecision.UPGRADE
    return ReplyDecision.SUBSCRIBE
