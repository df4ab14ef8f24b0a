"""Which ask stands under a story. Pure: who reads and what the gate said in, one answer out, no queries.

One ask a page: where a wall asks for money nothing stands beside it, a patron is thanked, staff see nothing.
What depends on the reader comes only where the page is made for that reader.
"""

from enum import StrEnum

from members.gate import Decision, Reader

OFTEN = 3  # counted stories within a week


class Ask(StrEnum):
    """What the place of the appeal holds."""

    NONE = "none"
    THANKS = "thanks"
    LAPSED = "lapsed"  # was a patron once
    OFTEN = "often"  # the third counted story this week, or a later one
    MEMBER = "member"
    ANYBODY = "anybody"  # the only one that stands on pages everybody gets

    @property
    def is_plea(self) -> bool:
        """Whether it asks for something, and so can be sent away."""
        return self not in (Ask.NONE, Ask.THANKS)

    @property
    def is_personal(self) -> bool:
        """Whether it is for this reader and not for everybody."""
        return self in (Ask.LAPSED, Ask.OFTEN, Ask.MEMBER)


def ask_for(reader: Reader, *, decision: Decision, counted_this_week: int = 0) -> Ask:
    """The ask for this reader of a story of which the gate says `decision`.

    `counted_this_week`: metered stories counted within seven days; 0 where the story is not counted.
    """
    if reader.on_staff or decision in (Decision.SUBSCRIBE, Decision.UPGRADE):
        return Ask.NONE
    if reader.is_patron:
        return Ask.THANKS
    if reader.lapsed:
        return Ask.LAPSED
    if counted_this_week >= OFTEN:
        return Ask.OFTEN
    return Ask.MEMBER if reader.is_member else Ask.ANYBODY
