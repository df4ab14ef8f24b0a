"""What the heads of pages need to be found and shown well elsewhere: markup, pictures for previews, translations."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info, to_locale

from articles import pictures, structured_pages
from articles.cards import addresses
from articles.cards.drawing import HEIGHT, WIDTH
from articles.models import Article, Author, Picture
from articles.reading import Reading
from articles.structured_data import absolute, script_text
from members.models import SiteRules

register = template.Library()


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture for previews elsewhere: its whole address, its size in pixels (0 unknown), what it shows."""

    url: str
    width: int
    height: int
    alt: str


@register.simple_tag
def preview_of(story: Article, rules: SiteRules) -> Preview:
    """A story's picture for previews: its own, else a card with its headline. `section` must be loaded."""
    found = _preview(story.lead_picture)
    return found or Preview(absolute(addresses.story_card(story, rules)), WIDTH, HEIGHT, story.headline)


@register.simple_tag
def site_preview(rules: SiteRules, picture: Picture | None = None) -> Preview:
    """A page's picture for previews: the one given, else the site's card."""
    return _preview(picture) or Preview(absolute(addresses.site_card(rules)), WIDTH, HEIGHT, rules.name)


@register.simple_tag
def feed_path(kind: str, slug: str, form: str = "") -> str:
    """The path of the RSS feed of a place of the paper; with `form` that of the JSON feed."""
    return reverse(f"{kind}_{form}_feed" if form else f"{kind}_feed", args=[slug])


@register.simple_tag(takes_context=True)
def website_markup(context: Any) -> SafeString:
    """The site's own block of markup, for its front page."""
    return _block(structured_pages.website(context["furniture"]))


@register.simple_tag(takes_context=True)
def breadcrumbs_to(context: Any, *places: Any) -> SafeString:
    """Where the page stands: the places from the site's top to it, each with a name and an address; gaps count not."""
    steps = [(str(place), place.get_absolute_url()) for place in places if place]
    return _block(structured_pages.breadcrumbs(context["furniture"].rules.name, steps))


@register.simple_tag(takes_context=True)
def profile_markup(context: Any, author: Author) -> SafeString:
    """The block of an author's page. `portrait` must be loaded."""
    return _block(structured_pages.profile(author, context["furniture"]))


@register.simple_tag
def alternates(reading: Reading) -> list[tuple[str, str]]:
    """(language, address) of a story in all its languages, itself too, and `x-default`; nothing where it has one alone.

    One of a language; a story that search engines should know by an address elsewhere has none.
    https://developers.google.com/search/docs/specialty/international/localized-versions
    """
    article = reading.article
    if not reading.translations or article.canonical_url:
        return []
    family = sorted([article, *reading.translations], key=lambda story: (story.original_id is not None, story.pk))
    first_wins = [*reversed(family), article]  # a page names itself, whichever else is in its language
    found = {story.story_language.lower(): absolute(story.get_absolute_url()) for story in first_wins}
    return [*sorted(found.items()), ("x-default", absolute(family[0].get_absolute_url()))]


@register.filter
def in_its_own_words(code: str) -> str:
    """A language as its own speakers call it; its code where nobody knows."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


@register.filter
def og_locale(code: str) -> str:
    """`en_GB` for `en-gb`; nothing for a language without its country, which Open Graph does not know."""
    locale = to_locale(code or settings.LANGUAGE_CODE)
    return locale if "_" in locale else ""


def _preview(picture: Picture | None) -> Preview | None:
    url = pictures.social_url(picture)
    return Preview(absolute(url), *pictures.social_size(picture), picture.alt) if picture and url else None


def _block(facts: dict[str, Any]) -> SafeString:
    return mark_safe(f'<script type="application/ld+json">{script_text(facts)}</script>')  # `script_text` escapes
