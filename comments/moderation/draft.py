"""What the rules are asked about, and what they answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from comments.models import Discussion
from comments.writing.standing import Standing
from members.models import SiteRules


class Outcome(StrEnum):
    """What becomes of a reply."""

    SHOW = "show"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the outcome, its own name, and a reason fit to show to whoever wrote."""

    outcome: Outcome
    rule: str = ""
    reason: str = ""

    @property
    def is_visible(self) -> bool:
        """Whether everybody may see the reply at once."""
        return self.outcome is Outcome.SHOW


VISIBLE = Verdict(Outcome.SHOW)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text about to be stored, and all that the rules need to know. `is_edit`: it replaces a text."""

    text: str
    discussion: Discussion
    standing: Standing
    rules: SiteRules
    on_staff: bool
    now: datetime
    is_edit: bool = False
