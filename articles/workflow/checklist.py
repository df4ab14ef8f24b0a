"""The checklist: what a story still needs before it goes out, and what would make it better.

A hard finding refuses publication; a soft one only says so. Nothing here stores anything.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Article, Byline, OutgoingLink, Picture, StoryNote
from articles.nodes import Body, picture_keys, plain_text
from articles.pictures import is_file_name
from members.gate import Audience
from members.models import SiteRules

RIGHTS_WARNING = timedelta(days=7)
LONGEST_SEARCH_HEADLINE = 65  # what search engines show of a title
LONGEST_HEADLINE = 110  # Google's limit for the headline of a NewsArticle
LINKS_NAMED = 3
APPROVALS = frozenset({"review", "legal", "note"})  # what somebody else has to do


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the checklist says. `field`: the form's field to go to; empty where there is none."""

    code: str
    message: str
    is_hard: bool
    field: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows around a story say of it."""

    pictures: list[dict[str, Any]]
    dead_links: list[str]
    has_byline: bool
    is_blocked: bool
    tier_is_offered: bool


def findings(article: Article, *, rules: SiteRules, now: datetime) -> list[Finding]:
    """What `article` (as it stands in memory) still needs, the hard first. One query; none for what is no row yet."""
    blocks = Body(article.full_text).blocks
    facts = _facts(article, picture_keys(blocks))
    found = _words(article, bool(plain_text(blocks)))
    found += _pictures(article, facts, timezone.localdate(now))
    found += _approvals(article, facts, rules)
    found += _terms(article, facts)
    found += _advice(article, facts, now)
    return sorted(found, key=lambda finding: not finding.is_hard)


def hard(found: list[Finding]) -> list[Finding]:
    """Those that refuse publication."""
    return [finding for finding in found if finding.is_hard]


def said(found: list[Finding]) -> str:
    """The findings as one text."""
    return " ".join(finding.message for finding in found)


def lacks_words(article: Article) -> list[Finding]:
    """What no story readers know may ever be without: headline and text. No query."""
    return _words(article, bool(plain_text(Body(article.full_text).blocks)))


def _facts(article: Article, keys: list[str]) -> Facts:
    """Everything the rows around the story say, in one query."""
    if article.pk is None:
        return Facts([], [], has_byline=True, is_blocked=False, tier_is_offered=True)
    shown = Picture.objects.filter(Q(key__in=keys) | Q(pk=article.lead_picture_id)).order_by("pk")
    dead = OutgoingLink.objects.filter(article=OuterRef("pk"), failing_since__isnull=False).order_by("pk")
    pictures, urls, has_byline, is_blocked = Article.objects.values_list(
        ArraySubquery(
            shown.values(json=JSONObject(pk="pk", key="key", alt="alt", file="file", rights_until="rights_until"))
        ),
        ArraySubquery(dead.values("url")),
        Exists(Byline.objects.filter(article=OuterRef("pk"))),
        Exists(StoryNote.objects.filter(article=OuterRef("pk"), blocks=True, resolved_at=None)),
    ).get(pk=article.pk)
    tier = article.minimum_tier
    return Facts(pictures or [], urls or [], has_byline, is_blocked, tier_is_offered=tier is None or tier.is_active)


def _words(article: Article, has_text: bool) -> list[Finding]:
    found = []
    if not article.headline.strip():
        found.append(Finding("headline", _("Give the story a headline."), True, "headline"))
    if not has_text:
        found.append(Finding("text", _("Write the story before it goes out."), True, "full_text"))
    return found


def _pictures(article: Article, facts: Facts, today: date) -> list[Finding]:
    """Alternative text and rights of every picture shown, at the head and in the text."""
    found = []
    for picture in facts.pictures:
        is_lead = picture["pk"] == article.lead_picture_id
        which = _("The lead picture") if is_lead else _("The picture “%(name)s”") % {"name": _name(picture)}
        field = "lead_picture" if is_lead else "full_text"
        alt = picture["alt"].strip()
        if not alt:
            found.append(Finding("alt", _("%(which)s has no alternative text.") % {"which": which}, True, field))
        elif is_file_name(alt):
            message = _("%(which)s has a file name for its alternative text: say what is to be seen.")
            found.append(Finding("alt", message % {"which": which}, True, field))
        if picture["rights_until"]:
            found += _rights(which, date.fromisoformat(picture["rights_until"]), today, field)
    return found


def _name(picture: dict[str, Any]) -> str:
    """What people know a picture by: its words, else its file."""
    return str(picture["alt"] or picture["file"].rpartition("/")[2] or picture["key"])


def _rights(which: str, until: date, today: date, field: str) -> list[Finding]:
    values = {"which": which, "day": date_format(until, "j F Y")}
    if until < today:
        return [
            Finding("rights", _("%(which)s may not be shown any more: rights ended on %(day)s.") % values, True, field)
        ]
    if until <= today + RIGHTS_WARNING:
        return [Finding("rights", _("%(which)s may be shown only until %(day)s.") % values, False, field)]
    return []


def _approvals(article: Article, facts: Facts, rules: SiteRules) -> list[Finding]:
    """What somebody else has to do first: only where the newsroom switched the step on."""
    found = []
    if rules.review_step and article.reviewed_at is None:
        found.append(Finding("review", _("A second person has to approve these words."), True))
    if rules.legal_step and article.legal_flag and article.legal_cleared_at is None:
        found.append(Finding("legal", _("It is flagged for a lawyer and not cleared."), True, "legal_flag"))
    if facts.is_blocked:
        found.append(Finding("note", _("A note that blocks it is not resolved."), True, "notes"))
    return found


def _terms(article: Article, facts: Facts) -> list[Finding]:
    found = []
    if article.minimum_tier is not None and article.audience != Audience.PATRONS:
        message = _("A minimum tier is only for patrons’ stories: choose “Patrons” or take the tier out.")
        found.append(Finding("tier", message, True, "minimum_tier"))
    elif not facts.tier_is_offered:
        message = _("Nobody can join the tier this story asks for. Choose another.")
        found.append(Finding("tier", message, True, "minimum_tier"))
    return found


def _advice(article: Article, facts: Facts, now: datetime) -> list[Finding]:
    """What does not hold it back."""
    found = []
    if not article.standfirst.strip():
        found.append(
            Finding(
                "standfirst", _("It has no standfirst: lists and searches show the first lines."), False, "standfirst"
            )
        )
    if article.section_id is None:
        found.append(Finding("section", _("It is in no section."), False, "section"))
    if not facts.has_byline:
        found.append(Finding("byline", _("Nobody signs it."), False, "bylines"))
    if article.embargo_until is not None and article.embargo_until > now:
        until = date_format(timezone.localtime(article.embargo_until), "j F Y, H:i")
        found.append(
            Finding(
                "embargo", _("The embargo holds it back until %(until)s.") % {"until": until}, False, "embargo_until"
            )
        )
    return found + _lengths(article) + _dead_links(facts.dead_links)


def _lengths(article: Article) -> list[Finding]:
    if len(article.search_headline) > LONGEST_SEARCH_HEADLINE:
        message = _("Search engines cut the search headline after about %(most)s characters.")
        return [Finding("length", message % {"most": LONGEST_SEARCH_HEADLINE}, False, "search_headline")]
    if not article.search_headline and len(article.headline) > LONGEST_HEADLINE:
        message = _("The headline is longer than %(most)s characters: give search engines a shorter one.")
        return [Finding("length", message % {"most": LONGEST_HEADLINE}, False, "headline")]
    return []


def _dead_links(urls: list[str]) -> list[Finding]:
    if not urls:
        return []
    named = ", ".join(urls[:LINKS_NAMED]) + (" …" if len(urls) > LINKS_NAMED else "")
    message = ngettext("A link leads nowhere: %(urls)s", "%(number)s links lead nowhere: %(urls)s", len(urls))
    return [Finding("links", message % {"number": len(urls), "urls": named}, False, "full_text")]
