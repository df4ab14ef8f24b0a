"""Trying the rules: what each would say to a text, and what the lists would have done lately. Nothing is written."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from comments.models import Discussion, Reply
from comments.moderation import words
from comments.moderation.draft import Draft, Outcome, Verdict
from comments.moderation.rules import NAMES, RULES, review
from comments.writing.standing import Record, Standing
from comments.writing.texts import tidy
from members.models import SiteRules

LOOKED_AT = 500  # replies, the newest
SHOWN = 20  # of those that would fare otherwise
A_YEAR, A_DAY = timedelta(days=365), timedelta(days=1)
AUTHORS: dict[str, str | Promise] = {
    "known": gettext_lazy("Somebody known"),
    "new": gettext_lazy("A new account"),
    "patron": gettext_lazy("A new account of a patron"),
    "doubted": gettext_lazy("Somebody often refused"),
    "trusted": gettext_lazy("Somebody trusted"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule says: its name on the desk, and its verdict if it has one. `decides`: the first of them."""

    name: str | Promise
    verdict: Verdict | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """A text put to the rules: as it would be stored, what each rule says, and what becomes of it."""

    text: str
    is_replaced: bool
    said: list[Said]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A reply that would fare otherwise: what the lists as stored say to it, and what those typed say."""

    reply: Reply
    stored: Verdict
    typed: Verdict


@dataclass(frozen=True, slots=True)
class LookBack:
    """What the typed lists would have done to the newest replies: how many of each outcome, and the differences."""

    number: int
    outcomes: dict[str, int]
    replaced: int
    otherwise: list[Otherwise]
    more: int  # differences that are not shown


def put(text: str, author: str, rules: SiteRules, now: datetime) -> Trial:
    """What becomes of `text` under these rules (a row that need not be stored), in an open discussion."""
    typed = tidy(text)
    draft = _draft(typed, _standing(author, now), rules, now)
    verdicts = {rule.__name__: rule(draft) for rule in RULES}
    first = next((name for name, verdict in verdicts.items() if verdict), "")
    said = [Said(NAMES[name], verdict, name == first) for name, verdict in verdicts.items()]
    return Trial(draft.text, draft.is_replaced, said, review(draft))


def look_back(typed: SiteRules, stored: SiteRules, now: datetime) -> LookBack:
    """The newest replies under two states of the rules, as if somebody known had written each. One query."""
    newest = Reply.objects.exclude(comment="").select_related("author").only("comment", "status", "author__name")
    known, otherwise, outcomes, replaced = _standing("known", now), list[Otherwise](), Counter[str](), 0
    replies = list(newest.order_by("-pk")[:LOOKED_AT])
    for reply in replies:
        draft = _draft(reply.comment, known, typed, now)
        verdict, before = review(draft), review(_draft(reply.comment, known, stored, now))
        outcomes[verdict.outcome] += 1
        replaced += draft.is_replaced
        if (verdict.outcome, verdict.rule) != (before.outcome, before.rule):
            otherwise.append(Otherwise(reply, before, verdict))
    counted = {str(outcome): outcomes[outcome] for outcome in Outcome}
    return LookBack(len(replies), counted, replaced, otherwise[:SHOWN], max(len(otherwise) - SHOWN, 0))


def _draft(text: str, standing: Standing, rules: SiteRules, now: datetime) -> Draft:
    printed = words.replaced(text, rules)
    return Draft(printed, Discussion(), standing, rules, False, now, is_replaced=printed != text)


def _standing(author: str, now: datetime) -> Standing:
    """A typical poster."""
    match author:
        case "new" | "patron":
            return Standing(Record(0, 0, 0, now - A_DAY), is_patron=author == "patron")
        case "doubted":
            return Standing(Record(4, 4, 0, now - A_YEAR))
        case "trusted":
            return Standing(Record(200, 0, 0, now - A_YEAR))
        case _:
            return Standing(Record(15, 0, 0, now - A_YEAR))
