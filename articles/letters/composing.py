"""Composing an issue: words and stories while it is a draft, and what of the stories is fixed when it is to go out.

A draft keeps keys: its stories are read anew each time it is looked at, so that corrections arrive by themselves.
When it is scheduled, terms, beginning and text are written down as they are then. Content of a draft: {"intro",
"intro_html", "stories": [{"story_id", "carries", "note"}], and of a digest "until"}; of what goes out each story is a
`making.StoryNotice`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import nh3
from django.db import transaction
from django.utils.html import linebreaks, strip_tags, urlize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Article
from articles.reading import letter_teaser, letter_text
from members.gate import Terms
from members.letters.issues.making import StoryNotice
from members.models import Issue, Letter, Member, SiteRules

MOST = 40  # stories of one issue
NOTE = 300  # characters above one story
INTRO = 10_000
INTRO_TAGS = {"p", "br", "a", "strong", "em", "b", "i", "ul", "ol", "li"}


class ComposingError(Exception):
    """Why an issue cannot be kept or go out like this; fit to show. `reasons`: each a sentence."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Pick:
    """A story of a draft: its key, how much of it the issue carries (`Letter.Carries`), an editor's line above it."""

    story_id: int
    carries: str = Letter.Carries.TEASER
    note: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is typed into a draft: one line each, and the intro as it was typed."""

    subject: str = ""
    preheader: str = ""
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pick with its story, without text; `article` is None for one that is no row any more."""

    pick: Pick
    article: Article | None
    terms: Terms | None
    is_live: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return self.article.headline if self.article else _("a story that was deleted")


def clean_intro(text: str) -> str:
    """The intro as mails carry it: paragraphs at blank lines, addresses as links, and of HTML only a few tags."""
    html = text if "<p" in text else linebreaks(urlize(text) if "<a" not in text else text)
    cleaned = nh3.clean(
        html,
        tags=INTRO_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return cleaned.strip()


def picks_of(issue: Issue) -> list[Pick]:
    """The stories of an issue in order, whether it is a draft or out."""
    stories: list[dict[str, Any]] = issue.content.get("stories", [])
    return [Pick(row["story_id"], row.get("carries", Letter.Carries.TEASER), row.get("note", "")) for row in stories]


def words_of(issue: Issue) -> Words:
    """What was typed into it."""
    return Words(issue.subject, issue.preheader, issue.content.get("intro", ""))


def drafted(words: Words, picks: Sequence[Pick], *, until: str = "") -> dict[str, Any]:
    """The content of a draft."""
    content = {
        "intro": words.intro,
        "intro_html": clean_intro(words.intro) if words.intro.strip() else "",
        "stories": [asdict(pick) for pick in picks],
    }
    return {**content, "until": until} if until else content


def seen_of(issue: Issue) -> str:
    """A mark of the draft as it stands, for forms: whoever stores on top of another one is told."""
    stands = json.dumps([issue.subject, issue.preheader, issue.content], sort_keys=True)
    return hashlib.sha256(stands.encode()).hexdigest()[:16]


def keep(issue: Issue, words: Words, picks: Sequence[Pick], *, at: datetime | None, seen: str) -> None:
    """Store the draft and when it is meant to go out.

    Raises ComposingError when it is no draft any more, or somebody changed it since `seen`.
    """
    with transaction.atomic():
        stands = Issue.objects.select_for_update().get(pk=issue.pk)
        if stands.state != Issue.State.DRAFT:
            raise ComposingError(no_draft(stands))
        if seen != seen_of(stands):
            raise ComposingError(
                _("Somebody changed this issue since you opened it. Your words are below; saving again keeps yours.")
            )
        issue.subject, issue.preheader = words.subject, words.preheader
        issue.content = drafted(words, picks, until=stands.content.get("until", ""))
        issue.send_at = at
        issue.save(update_fields=["subject", "preheader", "content", "send_at"])


def no_draft(issue: Issue) -> str:
    """Why it cannot be changed or sent as a draft."""
    return _("This issue is no draft any more: %(state)s. Somebody was quicker.") % {
        "state": issue.get_state_display().lower()
    }


def chosen(picks: Iterable[Pick], *, rules: SiteRules, now: datetime) -> list[Chosen]:
    """The picks with their stories as they are now, live or not: one query."""
    picks = list(picks)
    rows = Article.objects.without_text().in_bulk([pick.story_id for pick in picks]) if picks else {}
    found = []
    for pick in picks:
        article = rows.get(pick.story_id)
        terms = article.terms(rules) if article else None
        found.append(Chosen(pick, article, terms, article is not None and article.is_live(now)))
    return found


def part_of(article: Article, *, rules: SiteRules, carries: str, note: str = "") -> StoryNotice:
    """A story as letters carry it, in plain values. `section` and `minimum_tier` must be loaded.

    The whole text goes along only where `carries` is WHOLE; who reads it is the gate's to say, copy by copy.
    """
    return StoryNotice(
        story_id=article.pk,
        headline=article.headline,
        standfirst=article.standfirst,
        teaser_html=letter_teaser(article),
        path=article.get_absolute_url(),
        terms=plain_terms(article.terms(rules)),
        body_html=letter_text(article) if carries == Letter.Carries.WHOLE else "",
        section_id=article.section_id,
        carries=carries,
        note=note,
    )


def plain_terms(terms: Terms) -> dict[str, Any]:
    """The gate's terms as JSON: moments as ISO text."""
    values = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def fixed(issue: Issue, *, rules: SiteRules, now: datetime) -> dict[str, Any]:
    """The content of the draft with its stories as they are now; one that is not live is left out. One query."""
    picks = picks_of(issue)
    live = Article.objects.live(now).select_related("section", "minimum_tier").defer("search")
    rows = live.in_bulk([pick.story_id for pick in picks])
    parts = [
        asdict(part_of(rows[pick.story_id], rules=rules, carries=pick.carries, note=pick.note))
        for pick in picks
        if pick.story_id in rows
    ]
    return {**issue.content, "stories": parts}


def as_it_would_go(issue: Issue, *, rules: SiteRules, now: datetime) -> Issue:
    """The issue in memory as it would go out now, for previews and test sends. Never to be saved."""
    if issue.state == Issue.State.DRAFT:
        issue.content = fixed(issue, rules=rules, now=now)
    return issue


def lacks(issue: Issue, stories: Sequence[Chosen], *, readers: int) -> list[str]:
    """What keeps the issue from going out, each a sentence; `readers`: how many would get it. No query."""
    found = []
    if not issue.letter.is_active:
        found.append(_("The letter “%(letter)s” is switched off.") % {"letter": issue.letter})
    if not issue.subject.strip():
        found.append(_("Give it a subject."))
    if not stories and not strip_tags(issue.content.get("intro_html", "")).strip():
        found.append(_("There is nothing in it: pick a story or write an intro."))
    if gone := [f"“{story.name}”" for story in stories if not story.is_live]:
        found.append(
            ngettext(
                "%(stories)s is not out (withdrawn, embargoed or taken back). Take it out of the issue.",
                "%(stories)s are not out (withdrawn, embargoed or taken back). Take them out of the issue.",
                len(gone),
            )
            % {"stories": ", ".join(gone)}
        )
    if not readers:
        found.append(_("Nobody gets “%(letter)s” yet.") % {"letter": issue.letter})
    return found


def put_down(letter: Letter, words: Words, picks: Sequence[Pick], *, by: Member | None, **fields: Any) -> Issue:
    """A new draft of the letter, stored. `fields`: `period` and `until` of a digest."""
    until = fields.pop("until", "")
    content = drafted(words, picks, until=until)
    return Issue.objects.create(
        letter=letter, subject=words.subject, preheader=words.preheader, content=content, made_by=by, **fields
    )
