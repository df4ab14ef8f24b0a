"""Reading: one story as one reader may see it, and stories as lists may show them.

The only place where a text becomes a page. What a `Reading` or a `Card` holds is already cut.
"""

import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles.attachments.attached import Attached, attached_to
from articles.models import Article, Byline, Correction, Page, Picture, RelatedLink, Tag
from articles.nodes import Body, Notes, Shown, StoryLink, embed_addresses, picture_keys, render
from articles.related import Links, host_of, live_links, live_parts
from articles.shelved import Told, made_of, refuse_unseen, told_at, told_of
from members.gate import NO_METER, Allowance, Audience, Decision, Reader, Terms, decide
from members.meter import Meter
from members.models import SiteRules
from newsroom.shelf import Kept

FACES = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A story in a list: never its text. `access` says for whom it is, when not for everybody."""

    story: Article
    access: str = ""
    bylines: tuple[Byline, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCard:
    """A related link: `card` for a story of ours, else address, title and where it leads."""

    kind: str
    card: Card | None = None
    url: str = ""
    title: str = ""
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A story cut to what its reader may see.

    `opening` is what everybody may read; `rest` what follows the cut, empty unless the decision is READ.
    Both are rendered HTML, and so are `footnotes`, those of what is shown, and `rest_footnotes`, those of the
    rest alone. `has_frames`: whether the text holds what a script loads on demand. `changes_at`: when the
    archive's rule will change the page. `keys`: what it shows. `allowance`: the meter, where it was asked.
    """

    article: Article
    terms: Terms
    decision: Decision
    is_gated: bool
    opening: SafeString
    rest: SafeString
    footnotes: SafeString
    rest_footnotes: SafeString
    has_frames: bool
    related: list[LinkCard]
    parts: list[Article]
    bylines: Sequence[Byline]
    corrections: Sequence[Correction]
    tags: Sequence[Tag]
    keys: frozenset[str]
    changes_at: datetime | None
    card: Card
    told: Told
    translations: Sequence[Article] = ()
    allowance: Allowance = NO_METER

    @property
    def faces(self) -> list[Picture]:
        """The portraits of its authors, three at most."""
        portraits = [byline.author.portrait for byline in self.bylines]
        return [portrait for portrait in portraits if portrait is not None and portrait.file][:FACES]

    def keep(self, name: tuple[Hashable, ...], make: Callable[[], SafeString]) -> SafeString:
        """A part of its page that is the same for every reader, made once while it stands on the shelf (`{% kept %}`).

        What time changes about such parts is in the name: for whom the stories are, and which of them are live.
        """
        cards = [self.card, *(link.card for link in self.related if link.card)]
        stage = (tuple((card.story.pk, card.access) for card in cards), tuple(part.pk for part in self.parts))

        def kept() -> Kept[SafeString]:
            part = make()
            return Kept(part, self.told.keys | {"site"}, sys.getsizeof(part))

        return made_of(self.told, (*name, stage), kept)

    @property
    def is_cut(self) -> bool:
        """Whether a wall stands where the rest would be."""
        return self.decision is not Decision.READ

    @property
    def body(self) -> SafeString:
        """All that is sent of the text."""
        return SafeString(self.opening + self.rest + self.footnotes)

    @property
    def metered_story(self) -> int | None:
        """The story's key where a view would open it; signing up at its wall then spends that view."""
        return self.article.pk if self.terms.audience == Audience.METERED else None

    @property
    def retractions(self) -> list[Correction]:
        """What takes the story back, for the top of the page."""
        return [row for row in self.corrections if row.kind == Correction.Kind.RETRACTION]

    @property
    def amendments(self) -> list[Correction]:
        """What was put right otherwise, for the end of the text."""
        return [row for row in self.corrections if row.kind != Correction.Kind.RETRACTION]

    @property
    def description(self) -> str:
        """What search engines and previews may say of it."""
        return description_of(self.article)

    @property
    def continue_path(self) -> str:
        """Where a reader comes back to after signing up or paying: the line at which they stopped."""
        return f"{self.article.get_absolute_url()}#continue"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a reader may have the rest of a story: `article` is without its text."""

    article: Article
    decision: Decision
    changes_at: datetime | None


def admit(
    published_on: date, slug: str, *, reader: Reader, now: datetime, rules: SiteRules, meter: Meter | None = None
) -> Admission:
    """The gate's answer for what is shown beside the text (live entries). One query; spends nothing.

    Raises as `open_story`.
    """
    article = _without_text(published_on, slug, reader=reader, now=now)
    terms = article.terms(rules)
    decision = decide(terms, reader, _allowance(terms, rules=rules, meter=meter, now=now), now)
    return Admission(article, decision, terms.changes_at(now))


def open_story(
    published_on: date, slug: str, *, reader: Reader, now: datetime, rules: SiteRules, meter: Meter | None = None
) -> Reading:
    """The story at this address for this reader: five queries at most, none from the shelf. Spends nothing.

    Without `meter` a metered story offers *Continue reading*: what every anonymous reader's page does.
    Raises Article.DoesNotExist where no live story is (staff see what waits), WithdrawnError where one was.
    """
    told = told_at(published_on, slug, reader=reader, now=now)
    terms = told.article.terms(rules)
    allowance = _allowance(terms, rules=rules, meter=meter, now=now)
    return read(told, terms, reader=reader, allowance=allowance, rules=rules, now=now)


def open_story_by_key(pk: int, *, reader: Reader, now: datetime, rules: SiteRules) -> Reading:
    """The same for the story with this key, which tells nobody its address: never from the shelf. Raises likewise."""
    article = Article.objects.for_reading().get(pk=pk)
    refuse_unseen(article, reader=reader, now=now)
    terms = article.terms(rules)
    allowance = _allowance(terms, rules=rules, meter=None, now=now)
    return read(told_of(article), terms, reader=reader, allowance=allowance, rules=rules, now=now)


def read(told: Told, terms: Terms, *, reader: Reader, allowance: Allowance, rules: SiteRules, now: datetime) -> Reading:
    """What this reader is given of a story under `terms`. Spends nothing.

    No query, or one where the text shows pictures and one where it shows files of ours or something from elsewhere.
    """
    article = told.article
    decision = decide(terms, reader, allowance, now)
    links = live_links(told.links, now=now)
    text = _text(told, links, is_open=decision is Decision.READ)
    return Reading(
        article=article,
        terms=terms,
        decision=decision,
        is_gated=terms.audience_at(now) != Audience.EVERYONE and not terms.public_interest,
        opening=text.opening,
        rest=text.rest,
        footnotes=text.footnotes,
        rest_footnotes=text.rest_footnotes,
        has_frames=text.has_frames,
        related=[_link_card(link, rules=rules, now=now) for link in links.chosen],
        parts=live_parts(told.parts, now=now),
        bylines=told.bylines,
        corrections=told.corrections,
        tags=told.tags,
        keys=told.keys | text.keys,
        changes_at=terms.changes_at(now),
        card=story_card(article, rules=rules, now=now, with_bylines=False),
        told=told,
        translations=[other for other in told.translations if other.is_live(now)],
        allowance=allowance,
    )


def continue_story(
    published_on: date, slug: str, *, reader: Reader, meter: Meter, now: datetime, rules: SiteRules
) -> Reading:
    """The story for exactly this reader: meter and opened gifts count, nothing is spent. Raises as `open_story`."""
    return open_story(published_on, slug, reader=reader, now=now, rules=rules, meter=meter)


def spend_view(published_on: date, slug: str, *, reader: Reader, meter: Meter, now: datetime, rules: SiteRules) -> bool:
    """Count the story on the reader's meter if that opens it; whether it did. Counting twice costs nothing.

    Raises as `open_story`. The caller writes an anonymous reader's meter to the response.
    """
    terms = _without_text(published_on, slug, reader=reader, now=now).terms(rules)
    if decide(terms, reader, _allowance(terms, rules=rules, meter=meter, now=now), now) is not Decision.SPEND:
        return False
    return meter.spend(terms.story_id)


def story_card(article: Article, *, rules: SiteRules, now: datetime, with_bylines: bool = True) -> Card:
    """The story for a list. `section`, `minimum_tier` and, with `with_bylines`, bylines must be loaded."""
    bylines = tuple(article.bylines.all()) if with_bylines else ()
    return Card(article, access=_access(article.terms(rules), now), bylines=bylines)


def cards(stories: Iterable[Article], *, rules: SiteRules, now: datetime) -> list[Card]:
    """The stories (of `for_lists`) as a list shows them."""
    return [story_card(story, rules=rules, now=now) for story in stories]


@dataclass(frozen=True, slots=True)
class PageText:
    """A standing page's rendered text; `has_frames` and `keys` as in a `Reading`."""

    html: SafeString
    has_frames: bool
    keys: frozenset[str]


def render_page(page: Page) -> PageText:
    """A standing page's text. One query where it shows pictures, one where it shows what else is attached."""
    blocks = Body(page.body).blocks
    attached = attached_to(blocks)
    shown = shown_in(blocks, attached)
    return PageText(render(blocks, shown), has_frames=attached.has_frames, keys=attached.keys)


def description_of(article: Article) -> str:
    """Standfirst, else the plain teaser: never what the gate keeps."""
    return article.standfirst or article.teaser_text


def letter_text(article: Article) -> SafeString:
    """The whole text as an issue carries it, for whom the gate lets: words and links, no frames, files or pictures.

    No query. Nothing here is cut: whoever makes the copy asks the gate first.
    """
    body, notes = Body(article.full_text), Notes()
    shown = Shown(links_are_paid=article.kind == Article.Kind.SPONSORED)
    return SafeString(render(body.opening, shown, notes) + render(body.rest, shown, notes) + notes.listed())


def letter_teaser(article: Article) -> SafeString:
    """What everybody may read of it, as an issue carries it. No query."""
    return render(Body(article.teaser).blocks, Shown())


def _without_text(published_on: date, slug: str, *, reader: Reader, now: datetime) -> Article:
    article = Article.objects.without_text().get(published_on=published_on, slug=slug)
    refuse_unseen(article, reader=reader, now=now)
    return article


def _allowance(terms: Terms, *, rules: SiteRules, meter: Meter | None, now: datetime) -> Allowance:
    """The meter is asked only where it matters: asking a member's costs a query."""
    if terms.audience_at(now) != Audience.METERED:
        return NO_METER
    if meter is None:
        return Allowance(switched_on=rules.meter_is_on, left=1)
    return meter.allowance(terms.story_id)


@dataclass(frozen=True, slots=True)
class _Text:
    """A story's text as one reader is given it."""

    opening: SafeString
    rest: SafeString
    footnotes: SafeString
    rest_footnotes: SafeString
    has_frames: bool
    keys: frozenset[str]


def _text(told: Told, links: Links, *, is_open: bool) -> _Text:
    """Rendered, or from the shelf. Which stories it may name changes with time: they are part of its name there."""

    def make() -> Kept[_Text]:
        text = _rendered(told.article, links, is_open=is_open)
        size = sum(map(sys.getsizeof, (text.opening, text.rest, text.footnotes, text.rest_footnotes)))
        return Kept(text, told.keys | text.keys | {"site"}, size)

    return made_of(told, ("text", is_open, get_language(), *sorted(links.in_body)), make)


def _rendered(article: Article, links: Links, *, is_open: bool) -> _Text:
    body = Body(article.full_text)
    seen = body.blocks if is_open else body.opening
    attached = attached_to(seen)
    stories = {
        pk: StoryLink(story.get_absolute_url(), story.headline, story.standfirst) for pk, story in links.in_body.items()
    }
    shown = shown_in(seen, attached, stories=stories, links_are_paid=article.kind == Article.Kind.SPONSORED)
    notes = Notes()
    opening = render(body.opening, shown, notes)
    before = len(notes.texts)
    rest = render(body.rest, shown, notes) if is_open else SafeString("")
    return _Text(
        opening=opening,
        rest=rest,
        footnotes=notes.listed(),
        rest_footnotes=notes.listed(after=before),
        has_frames=bool(embed_addresses(body.blocks)),
        keys=attached.keys,
    )


def shown_in(blocks: list[Any], attached: Attached, **more: Any) -> Shown:
    """What the blocks stand for on a page with its script: pictures (one query), what is attached, and `more`."""
    return Shown(
        pictures=pictures_named(picture_keys(blocks)),
        files=attached.files,
        cards=attached.cards,
        hosts=attached.hosts,
        loads_frames=True,
        **more,
    )


def pictures_named(keys: list[str]) -> dict[str, Picture]:
    """The pictures a text names, by key. One query where it names any."""
    return {picture.key: picture for picture in Picture.objects.filter(key__in=keys)} if keys else {}


def _link_card(link: RelatedLink, *, rules: SiteRules, now: datetime) -> LinkCard:
    kind = str(link.get_kind_display())
    if link.story is not None:
        return LinkCard(kind, card=story_card(link.story, rules=rules, now=now, with_bylines=False))
    host = host_of(link.url)
    return LinkCard(kind, url=link.url, title=link.title or host, publisher=link.publisher or host)


def _access(terms: Terms, now: datetime) -> str:
    if terms.public_interest:
        return ""
    return {Audience.MEMBERS.value: _("Free account"), Audience.PATRONS.value: _("For patrons")}.get(
        terms.audience_at(now), ""
    )
