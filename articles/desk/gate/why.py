"""Why does this reader see this wall? A story and a reader, loaded; the gate's answer, and the facts it rests on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from articles.desk.fields import said
from articles.desk.gate.facts import TierFact, tiers_at
from articles.desk.states import state_of, state_sentence
from articles.models import Article
from members.gate import ANONYMOUS, NO_RANK, Audience, Reader
from members.meter import Meter, period_of
from members.models import Grant, Member, MeteredView, SiteRules
from members.reasons import SOMEBODY, Answer, Case, Rung, explain

MOST_NAMED = 5
PATRON = "patron"  # of whatever tier the story asks for


@dataclass(frozen=True)
class Kind:
    """A reader who is only thought of: how addresses and people call them, and what the gate would be told."""

    name: str
    label: str
    reader: Reader


@dataclass(frozen=True)
class Fact:
    """One thing the answer rests on; `story` where it names one."""

    label: str
    text: str
    stories: tuple[Article, ...] = ()


@dataclass(frozen=True)
class Why:
    """The answer for one reader, and the facts of story and reader."""

    answer: Answer
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Setting:
    """What every answer about one story shares."""

    story: Article
    rules: SiteRules
    now: datetime
    tiers: tuple[TierFact, ...]

    @classmethod
    def of(cls, story: Article, rules: SiteRules, now: datetime) -> "Setting":
        """With the tiers. One query; `minimum_tier` must be loaded."""
        return cls(story, rules, now, tiers_at(now))

    def case(self, who: str, reader: Reader, counted: frozenset[int] = frozenset()) -> Case:
        """The reader before the story. `counted`: the metered stories they opened this month."""
        of_account = reader.member_id if reader.is_member else None
        meter = Meter(self.rules, period_of(self.now), of_account, set(counted))
        empty = replace(meter, stories=set())
        return Case(
            terms=self.story.terms(self.rules),
            reader=reader,
            allowance=meter.allowance(self.story.pk),
            now=self.now,
            who=who,
            not_live=not_live(self.story, self.now),
            archive_days=self.rules.archive_days,
            limit=empty.allowance(self.story.pk).left,
            rungs=tuple(Rung(tier.rank, tier.name, tier.opens_archive, tier.is_sold) for tier in self.tiers),
        )

    def kind(self, name: str) -> Kind:
        """The typical reader called so in an address; `patron` is one of the tier the story asks for. Else anybody."""
        kinds = kinds_of(self.tiers)
        if name == PATRON:
            wanted = self.story.minimum_tier
            return next((each for each in kinds[2:] if each.reader.rank >= (wanted.rank if wanted else 1)), kinds[0])
        return next((each for each in kinds if each.name == name), kinds[0])

    def of_kind(self, kind: Kind) -> Why:
        """The answer for a typical reader. No query."""
        answer = explain(self.case(kind.label, kind.reader))
        return Why(answer, (*self._about_story(), *self._about_visitor(kind)))

    def everybody(self) -> list[tuple[Kind, Answer]]:
        """The answer for each typical reader. No query."""
        return [(kind, explain(self.case(kind.label, kind.reader))) for kind in kinds_of(self.tiers)]

    def of_member(self, member: Member) -> Why:
        """The answer for a member loaded `with_standing`. Three queries."""
        period = period_of(self.now)
        counted = list(
            MeteredView.objects.filter(member=member, period=period).order_by("-pk").values_list("story_id", flat=True)
        )
        reader = member.as_reader() if member.is_active else ANONYMOUS
        case = self.case(str(member), reader, frozenset(counted) if reader.is_member else frozenset())
        facts = [*self._about_story(), *_about_member(member, self.now), *_about_meter(case, counted)]
        return Why(explain(case), (*facts, _gifts()))

    def _about_story(self) -> Iterator[Fact]:
        story, rules, terms = self.story, self.rules, self.story.terms(self.rules)
        yield Fact(_("Story"), state_sentence(story, self.now))
        yield Fact(_("Its audience"), _named(story.audience) + _default_of(story))
        if story.minimum_tier is not None:
            yield Fact(_("Tier asked for"), _("“%(tier)s” or higher") % {"tier": story.minimum_tier.name})
        if story.public_interest:
            yield Fact(_("Public interest"), _("Open to everyone while live, whatever else says."))
        if rules.archive_days is None:
            yield Fact(_("Archive"), _("No rule closes old stories."))
        elif terms.archived_at is not None:
            known = {"day": said(terms.archived_at), "audience": _named(rules.archive_audience)}
            is_old = terms.archived_at <= self.now
            yield Fact(_("Archive"), (
                _("In the archive since %(day)s: at least “%(audience)s”.") if is_old
                else _("From %(day)s at least “%(audience)s”.")
            ) % known)  # fmt: skip
        now = terms.audience_at(self.now)
        yield Fact(_("For whom it is now"), _named(str(Audience.EVERYONE) if terms.public_interest else now))

    def _about_visitor(self, kind: Kind) -> Iterator[Fact]:
        case = self.case(kind.label, kind.reader)
        is_metered = case.terms.audience_at(self.now) == Audience.METERED
        if is_metered and case.allowance.switched_on and not kind.reader.is_patron:
            where = _("their account") if kind.reader.is_member else _("the reader’s browser, out of our sight")
            known = {"n": case.limit, "where": where}
            yield Fact(_("Meter"), _("%(n)d a month. What was opened is kept in %(where)s; here none is.") % known)
        yield _gifts()


def kinds_of(tiers: tuple[TierFact, ...]) -> list[Kind]:
    """The typical readers: anybody, a member, a patron of each tier somebody has or can get."""
    patrons = [
        Kind(
            f"tier-{tier.pk}",
            _("A patron of “%(tier)s”") % {"tier": tier.name},
            Reader(SOMEBODY, rank=tier.rank, opens_archive=tier.opens_archive),
        )
        for tier in tiers
        if tier.is_active or tier.has_patrons
    ]
    anybody = Kind("anonymous", _("Anybody without an account"), ANONYMOUS)
    return [anybody, Kind("member", _("A member"), Reader(SOMEBODY)), *patrons]


def not_live(story: Article, now: datetime) -> str:
    """Why readers do not know of the story, as a clause; empty while it is live."""
    state = state_of(story, now)
    if state == "live":
        return ""
    if state == "scheduled" and story.live_from is not None:
        by_embargo = story.embargo_until is not None and story.embargo_until == story.live_from
        clause = _("it is under embargo and goes live on %(at)s") if by_embargo else _("it goes live on %(at)s")
        return clause % {"at": said(story.live_from)}
    if state == "withdrawn":
        at = said(story.withdrawn_at) if story.withdrawn_at else _("some day")
        return _("it was withdrawn on %(at)s") % {"at": at}
    return _("it is ready, but nobody has put it out") if state == "ready" else _("it is a draft")


def _named(audience: str) -> str:
    return str(dict(Audience.choices).get(audience, _("an audience the gate does not know")))


def _default_of(story: Article) -> str:
    section = story.section
    if section is None or not section.audience or section.audience == story.audience:
        return ""
    known = {"section": section.name, "audience": _named(section.audience)}
    return _(" (new stories of “%(section)s” start as “%(audience)s”)") % known


def _about_member(member: Member, now: datetime) -> Iterator[Fact]:
    """Account, desk and grants. One query."""
    if not member.is_active:
        other = member.merged_into
        merged = (
            _("Merged into %(other)s.") % {"other": other.email} if other else _("Closed: nobody can sign in with it.")
        )
        yield Fact(_("Account"), _("%(why)s They read like anybody.") % {"why": merged})
        return
    yield Fact(
        _("Account"),
        _("%(email)s. Where they still see another wall, they are not signed in, or as somebody else.")
        % {"email": member.email},
    )
    standing: Any = member
    if member.is_superuser or standing.in_desk_group:
        yield Fact(_("Desk"), _("They work at the desk, so the gate lets them read everything."))
    grants = list(Grant.objects.filter(member=member).select_related("tier").order_by("-ends_at", "-pk")[:MOST_NAMED])
    standing_or_last = [grant for grant in grants if grant.ends_at > now] or grants[:1]
    lines = [_grant_line(grant, now) for grant in standing_or_last]
    rank = (
        _("Patron of rank %(n)d") % {"n": standing.current_rank} if standing.current_rank > NO_RANK else _("No patron")
    )
    grace = _("in grace while a payment is missing") if standing.in_grace else ""
    yield Fact(_("Membership"), "; ".join(filter(None, [rank, grace, *lines])))


def _grant_line(grant: Grant, now: datetime) -> str:
    known = {"tier": grant.tier.name, "source": grant.get_source_display(), "at": said(grant.ends_at)}
    if grant.ends_at <= now:
        return _("“%(tier)s” (%(source)s) ended %(at)s") % known
    if grant.starts_at > now:
        return _("“%(tier)s” (%(source)s) begins %(at)s") % {**known, "at": said(grant.starts_at)}
    return _("“%(tier)s” (%(source)s) until %(at)s") % known


def _about_meter(case: Case, counted: list[int]) -> Iterator[Fact]:
    """What this month's count holds. One query where anything was counted."""
    if not case.allowance.switched_on:
        yield Fact(_("Meter"), _("Switched off."))
        return
    named = Article.objects.filter(pk__in=counted[:MOST_NAMED]).only("pk", "headline") if counted else ()
    places = {pk: place for place, pk in enumerate(counted)}
    stories = tuple(sorted(named, key=lambda story: places[story.pk]))
    known = {"used": len(counted), "limit": case.limit}
    yield Fact(_("Meter"), _("%(used)d of %(limit)d opened this month.") % known, stories)


def _gifts() -> Fact:
    return Fact(_("Gifts and letters"), _(
        "Links that open this story count in the browser they were opened in; the desk cannot see them."
    ))  # fmt: skip
