"""Reading out: the whole texts of several stories at once, for faces that are no page. The gate decides on each.

A text is rendered once a process for all who may have it, and stands on a shelf until a story of its list changes.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from articles.attachments.attached import attached_to
from articles.models import Article, Correction, gathered
from articles.nodes import Body, Notes, Shown, picture_keys, render
from articles.reading import pictures_named
from members.gate import Allowance, Decision, Reader, decide
from members.models import SiteRules
from newsroom import caching
from newsroom.shelf import Kept, Shelf

MOST_BYTES = 4_000_000
KEPT_FOR = 600  # seconds: what changed without a word (a hand in the database) ends too
Texts = Mapping[int, str]

shelf: Shelf[Texts] = Shelf(MOST_BYTES)
caching.follow(shelf)


def open_to(stories: Iterable[Article], *, reader: Reader, rules: SiteRules, now: datetime) -> list[Article]:
    """Those of `stories` (of `for_lists`) that this reader may have whole. A view of the meter is never spent."""
    unspent = Allowance(switched_on=rules.meter_is_on, left=1)
    return [story for story in stories if decide(story.terms(rules), reader, unspent, now) is Decision.READ]


def next_closing(stories: Iterable[Article], *, rules: SiteRules, now: datetime) -> datetime | None:
    """When the archive's rule will close the first of `stories`; None where it will close none."""
    return min(filter(None, (story.terms(rules).changes_at(now) for story in stories)), default=None)


def whole_texts(stories: Sequence[Article], *, now: datetime) -> Texts:
    """The rendered texts of `stories` by key: pictures, files and corrections too; frames are links, insets are gone.

    Nothing is asked here: the caller has `open_to`. Three queries at most, none from the shelf.
    """
    wanted = tuple(sorted(story.pk for story in stories))
    name = (wanted, int(now.timestamp() // KEPT_FOR))
    return shelf.get(name, lambda: _made(wanted)) if wanted else {}


def _made(wanted: tuple[int, ...]) -> Kept[Texts]:
    rows = list(
        Article.objects.filter(pk__in=wanted).only("full_text", "kind").annotate(correction_list=gathered.corrections())
    )
    bodies = {row.pk: Body(row.full_text).blocks for row in rows}
    blocks = [block for body in bodies.values() for block in body]
    attached, pictures = attached_to(blocks), pictures_named(picture_keys(blocks))
    shown = {"pictures": pictures, "files": attached.files, "cards": attached.cards, "hosts": attached.hosts}
    texts: dict[int, str] = {row.pk: _text_of(row, bodies[row.pk], shown) for row in rows}
    keys = {f"article-{pk}" for pk in wanted} | attached.keys | {"site"}
    return Kept(texts, frozenset(keys), sum(map(sys.getsizeof, texts.values())))


def _text_of(row: Any, blocks: list[Any], shown: dict[str, Any]) -> str:
    """A story's text with what was put right: a retraction before it, the rest after it."""
    notes, corrections = Notes(), [Correction.from_list(each) for each in row.correction_list]
    text = render(blocks, Shown(**shown, links_are_paid=row.kind == Article.Kind.SPONSORED), notes)
    over = [each for each in corrections if each.kind == Correction.Kind.RETRACTION]
    under = [each for each in corrections if each.kind != Correction.Kind.RETRACTION]
    return SafeString(_listed(over) + text + _listed(under) + notes.listed())


def _listed(corrections: list[Correction]) -> str:
    return render_to_string("components/corrections.html", {"corrections": corrections}) if corrections else ""
