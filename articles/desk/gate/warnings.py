"""What is odd about the gate: rules that match nothing, stories that are open or closed by mistake. An ordered table.

Each rule is pure: it looks at `Facts` and gives a sentence that says what to do, and a link, or nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk.gate.census import Group, listed
from articles.desk.gate.facts import Facts, TierFact
from articles.desk.gate.standing import CLOSED, OLD_INTEREST
from members.gate import Audience

NEARLY_ALL = 95  # percent
FEW = 3  # so many stories say nothing about a section's default

EVERYONE, METERED, PATRONS = Audience.EVERYONE.value, Audience.METERED.value, Audience.PATRONS.value
MAY_SET_RULES, MAY_SEE_TIERS = "members.manage_rules", "members.view_tier"
MAY_SEE_STORIES, MAY_SEE_SECTIONS = "articles.view_article", "articles.view_section"


@dataclass(frozen=True, slots=True)
class Warned:
    """A sentence about the gate. `address`: where it is mended, for who has the permission `needs`."""

    kind: str
    sentence: str
    address: str
    needs: str


Rule = Callable[[Facts], Iterator[Warned]]


def warnings(facts: Facts) -> list[Warned]:
    """All there is to say, the gravest first."""
    return [warned for rule in RULES for warned in rule(facts)]


def _rules(kind: str, sentence: str) -> Warned:
    return Warned(kind, sentence, reverse("admin:members_siterules_changelist"), MAY_SET_RULES)


def _tier(kind: str, sentence: str, tier: TierFact | None = None) -> Warned:
    page = reverse("admin:members_tier_change", args=[tier.pk]) if tier else reverse("admin:members_tier_changelist")
    return Warned(kind, sentence, page, MAY_SEE_TIERS)


def _stories(kind: str, sentence: str, **asked: str) -> Warned:
    return Warned(kind, sentence, listed(**asked), MAY_SEE_STORIES)


def _opens(*audiences: str) -> Callable[[Group], bool]:
    return lambda group: group.opens in audiences


def _asks_for(tier: TierFact) -> Callable[[Group], bool]:
    return lambda group: group.tier == tier.pk and group.opens == PATRONS


def unheard_of(facts: Facts) -> Iterator[Warned]:
    """Stories nobody can read."""
    if n := facts.census.count(_opens(CLOSED)):
        words = ngettext(
            "%(n)d story has an audience the gate does not know, so only the desk reads it: choose one on its form.",
            "%(n)d stories have an audience the gate does not know, so only the desk reads them: choose one on their "
            "forms.",
            n,
        )  # fmt: skip
        yield _stories("unheard of", words % {"n": n}, opens=CLOSED)


def nothing_sold(facts: Facts) -> Iterator[Warned]:
    """Patrons' stories, and no way to become a patron."""
    n = facts.census.count(_opens(PATRONS))
    if n and not any(tier.is_sold for tier in facts.tiers):
        words = ngettext(
            "%(n)d story is for patrons, and nothing is sold: give a tier a price that Stripe knows.",
            "%(n)d stories are for patrons, and nothing is sold: give a tier a price that Stripe knows.",
            n,
        )
        yield _tier("nothing sold", words % {"n": n})


def tiers_out_of_reach(facts: Facts) -> Iterator[Warned]:
    """A tier stories ask for that nobody can join: switched off, without a price, without patrons."""
    top = max((tier.rank for tier in facts.tiers if tier.is_sold), default=0)
    for tier in facts.tiers:
        n = facts.census.count(_asks_for(tier))
        if not n or (tier.is_sold and tier.has_patrons):
            continue
        known = {"tier": tier.name, "n": n}
        asked = ngettext("%(n)d story asks for “%(tier)s”", "%(n)d stories ask for “%(tier)s”", n) % known
        if top < tier.rank and not tier.is_active:
            said = _("%(asked)s, a tier that is switched off, and none above it is sold: choose another tier there.")
        elif top < tier.rank:
            said = _("%(asked)s, which has no price that Stripe knows, nor has any tier above it: set one.")
        elif not tier.has_patrons:
            said = _("%(asked)s, and no patron has that tier or a higher one: nobody reads them yet.")
        else:
            continue
        yield _tier("tier out of reach", said % {"asked": asked}, tier)


def archive_without_key(facts: Facts) -> Iterator[Warned]:
    """The archive closes to all but patrons, and no tier opens it."""
    rules = facts.rules
    if rules.archive_days is None or rules.archive_audience != PATRONS:
        return
    if not any(tier.is_sold and tier.opens_archive for tier in facts.tiers):
        yield _tier("archive without key", _(
            "The archive closes to all but patrons, and no tier that can be joined opens it: let one open it, or "
            "choose another audience for the archive."
        ))  # fmt: skip


def meter_off(facts: Facts) -> Iterator[Warned]:
    """Metered stories that cost nothing."""
    n = facts.census.count(_opens(METERED))
    if n and not facts.rules.meter_is_on:
        words = ngettext(
            "%(n)d story is metered, but the meter is switched off, so it is open to everyone: set how many stories "
            "a month are free.",
            "%(n)d stories are metered, but the meter is switched off, so they are open to everyone: set how many "
            "stories a month are free.",
            n,
        )  # fmt: skip
        yield _rules("meter off", words % {"n": n})


def meter_idle(facts: Facts) -> Iterator[Warned]:
    """A meter with nothing to count."""
    if facts.rules.meter_is_on and facts.census.count() and not facts.census.count(_opens(METERED)):
        yield _rules("meter idle", _(
            "The meter is switched on, but no live story is metered: choose that audience for new stories, or switch "
            "the meter off."
        ))  # fmt: skip


def members_get_less(facts: Facts) -> Iterator[Warned]:
    """An account that gives fewer stories than none."""
    rules = facts.rules
    if rules.meter_is_on and rules.meter_limit_members < rules.meter_limit:
        known = {"members": rules.meter_limit_members, "others": rules.meter_limit}
        yield _rules("members get less", _(
            "Members may open %(members)d metered stories a month and readers without an account %(others)d: members "
            "get %(others)d as well, so signing up brings them nothing. Give members more."
        ) % known)  # fmt: skip


def archive_idle(facts: Facts) -> Iterator[Warned]:
    """An archive's rule that closes nothing: it cannot, or no story is old enough."""
    rules = facts.rules
    if rules.archive_days is None or facts.census.count(lambda group: group.is_tightened):
        return
    if rules.archive_audience == EVERYONE:
        yield _rules("archive idle", _(
            "The archive’s rule leaves old stories open to everyone, so it does nothing: choose another audience or "
            "empty its days."
        ))  # fmt: skip
    elif facts.census.count():
        words = ngettext(
            "The archive’s rule closes nothing yet: no open story is more than %(n)d day old.",
            "The archive’s rule closes nothing yet: no open story is more than %(n)d days old.",
            rules.archive_days,
        )
        yield _rules("archive idle", words % {"n": rules.archive_days})


def archive_closes_all(facts: Facts) -> Iterator[Warned]:
    """An archive's rule that leaves nothing out."""
    tightened = facts.census.count(lambda group: group.is_tightened)
    loose = facts.census.count(lambda group: facts.is_open(group) and not group.public_interest)
    if tightened and not loose and facts.census.count(lambda g: g.is_tightened and g.audience == EVERYONE):
        words = ngettext(
            "The archive’s rule closes every story that would be open: after %(n)d day nothing is left. Give it more "
            "days.",
            "The archive’s rule closes every story that would be open: after %(n)d days nothing is left. Give it more "
            "days.",
            facts.rules.archive_days or 0,
        )  # fmt: skip
        yield _rules("archive closes all", words % {"n": facts.rules.archive_days or 0})


def all_closed(facts: Facts) -> Iterator[Warned]:
    """Nothing for who comes for the first time."""
    if facts.census.count() and not facts.census.count(facts.is_readable):
        yield _stories("all closed", _(
            "No live story can be read without an account: whoever comes for the first time meets a wall everywhere. "
            "Open some, or meter them."
        ))  # fmt: skip


def nearly_all_open(facts: Facts) -> Iterator[Warned]:
    """A gate that hardly keeps anything."""
    total, is_open = facts.census.count(), facts.census.count(facts.is_open)
    if facts.is_set_up and total and 100 * is_open >= NEARLY_ALL * total:
        known = {"n": is_open, "total": total, "share": 100 * is_open // total}
        yield _stories("nearly all open", _(
            "The gate is set up, but %(n)d of %(total)d live stories (%(share)d %%) are open to everyone: check that "
            "stories get the audience you meant."
        ) % known, opens=EVERYONE)  # fmt: skip


def defaults_nobody_keeps(facts: Facts) -> Iterator[Warned]:
    """A section whose stories all differ from its default."""
    for section in facts.sections:
        own = [group for group in facts.census.groups if group.section == section.pk]
        total = sum(group.stories for group in own)
        if not section.audience or total < FEW or any(group.audience == section.audience for group in own):
            continue
        known = {"section": section.name, "audience": Audience(section.audience).label, "n": total}
        sentence = _(
            "New stories of “%(section)s” start as “%(audience)s”, but none of its %(n)d live stories is: change "
            "the section’s audience, or the stories’."
        )
        page = reverse("admin:articles_section_change", args=[section.pk])
        yield Warned("default nobody keeps", sentence % known, page, MAY_SEE_SECTIONS)


def gifts_of_nothing(facts: Facts) -> Iterator[Warned]:
    """Patrons may give stories away, and every story is open."""
    total = facts.census.count()
    if facts.is_set_up and total and facts.has_patrons and total == facts.census.count(facts.is_open):
        yield _stories("gifts of nothing", _(
            "Patrons may give stories away, but every live story is open, so a gift opens nothing: close what patrons "
            "are meant to give."
        ))  # fmt: skip


def interest_grown_old(facts: Facts) -> Iterator[Warned]:
    """Stories opened for public interest long ago."""
    if n := sum(group.old_interest for group in facts.census.groups):
        words = ngettext(
            "%(n)d story has been open as of public interest for more than a year: see whether it still is.",
            "%(n)d stories have been open as of public interest for more than a year: see whether they still are.",
            n,
        )
        yield _stories("interest grown old", words % {"n": n}, opens=OLD_INTEREST)


RULES: tuple[Rule, ...] = (  # the order is how grave it is
    unheard_of, nothing_sold, tiers_out_of_reach, archive_without_key, meter_off, meter_idle, members_get_less,
    archive_idle, archive_closes_all, all_closed, nearly_all_open, defaults_nobody_keeps, gifts_of_nothing,
    interest_grown_old,
)  # fmt: skip
