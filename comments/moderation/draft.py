"""What the rules are asked about, and what they answer."""

import functools
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from comments.models import Discussion
from comments.moderation import words
from comments.writing.standing import Standing
from members.models import SiteRules


class Outcome(StrEnum):
    """What becomes of a reply. REPORT: it is shown, and moderators hear of it."""

    SHOW = "show"
    REPORT = "report"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the outcome, its own name, a reason fit for whoever wrote, a note for moderators alone.

    The reason of a refusal is in the reader's language; that of a held reply is stored, and translated when read.
    """

    outcome: Outcome
    rule: str = ""
    reason: str = ""
    note: str = ""

    @property
    def is_visible(self) -> bool:
        """Whether everybody may see the reply at once."""
        return self.outcome in (Outcome.SHOW, Outcome.REPORT)


VISIBLE = Verdict(Outcome.SHOW)


@dataclass(frozen=True)
class Draft:
    """A text about to be stored, and all that the rules need to know.

    `is_edit`: it replaces a text. `is_replaced`: listed words in it were replaced, and whoever wrote is told.
    """

    text: str
    discussion: Discussion
    standing: Standing
    rules: SiteRules
    on_staff: bool
    now: datetime
    is_edit: bool = False
    is_replaced: bool = False

    @functools.cached_property
    def hits(self) -> list[words.Hit]:
        """The listed words in the text, looked for once."""
        return words.list_of(self.rules).hits(self.text)

    def listed(self, action: words.Action) -> str:
        """The words of one list that are in the text, as they are listed, with commas; empty: none."""
        return words.named(self.hits, action)
