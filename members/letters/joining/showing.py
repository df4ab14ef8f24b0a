"""Letters in words: what each holds, when it comes, for whom, and how it stands with this reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from members.gate import Audience, Decision, Reader
from members.letters.joining import entitled
from members.models import Letter

NOON, EVENING = 12, 17


@dataclass(frozen=True, slots=True)
class Offered:
    """A letter as a page shows it. `gets`: this reader asked for it; `decision`: what the gate says of it to them."""

    letter: Letter
    when: str
    whom: str
    gets: bool
    decision: Decision

    @property
    def may_get(self) -> bool:
        """Whether it is for this reader now."""
        return self.decision is Decision.READ

    @property
    def rests(self) -> bool:
        """Whether they asked for it, and it waits until it is for them again."""
        return self.gets and not self.may_get


@dataclass(frozen=True, slots=True)
class Group:
    """Letters for the same people, under one heading."""

    name: str
    letters: list[Offered]


def offered(
    letters: Iterable[Letter], reader: Reader, *, getting: set[int], sections: Iterable[Any], now: datetime
) -> list[Offered]:
    """Each letter in words for this reader. `getting`: keys of those they get; `sections`: the site's."""
    names = {section.pk: section.name for section in sections}
    return [
        Offered(letter, when(letter, names), whom(letter), letter.pk in getting, entitled.decision(letter, reader, now))
        for letter in letters
    ]


def grouped(shown: Iterable[Offered]) -> list[Group]:
    """The letters by audience, from the most open; no group is empty."""
    found: dict[str, list[Offered]] = {}
    for each in shown:
        found.setdefault(each.letter.audience, []).append(each)
    heads = {
        Audience.EVERYONE: _("For everybody"),
        Audience.MEMBERS: _("For members: a free account is enough"),
        Audience.PATRONS: _("For patrons"),
    }
    return [Group(name, found[audience]) for audience, name in heads.items() if audience in found]


def when(letter: Letter, sections: dict[int, str]) -> str:
    """When it comes, and of what: "Every morning at 07:00", "With each new story of City"."""
    parts = [_digest(letter)] if letter.digest != Letter.Digest.NONE else []
    of = [sections[pk] for pk in letter.section_ids if pk in sections]
    if letter.sends_new_stories and of:
        parts.append(_("With each new story of %(sections)s") % {"sections": get_text_list(of, _("and"))})
    elif letter.sends_new_stories:
        parts.append(_("With each new story"))
    elif of and parts:
        parts.append(_("of %(sections)s") % {"sections": get_text_list(of, _("and"))})
    return ", ".join(parts) or _("Now and then, written by hand")


def whom(letter: Letter) -> str:
    """For whom it is; empty for everybody."""
    if letter.minimum_tier:
        return _("For patrons, from “%(tier)s”") % {"tier": letter.minimum_tier.name}
    return {Audience.MEMBERS: _("For members"), Audience.PATRONS: _("For patrons")}.get(Audience(letter.audience), "")


def _digest(letter: Letter) -> str:
    at = letter.digest_at
    clock = {"time": time_format(at) if at else "", "day": WEEKDAYS[letter.digest_weekday - 1]}
    if letter.digest == Letter.Digest.WEEKLY:
        return _("Every %(day)s at %(time)s") % clock
    if letter.digest == Letter.Digest.WORKDAYS:
        return _("Monday to Friday at %(time)s") % clock
    if at and at.hour < NOON:
        return _("Every morning at %(time)s") % clock
    return (_("Every evening at %(time)s") if at and at.hour >= EVENING else _("Every day at %(time)s")) % clock
