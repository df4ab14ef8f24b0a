"""What stands on a card, and the address of its picture, which holds a hash of the words: new words, a new one."""

import hashlib

from django.urls import reverse

from articles.cards.drawing import Words
from articles.models import Article
from members.models import SiteRules

DESIGN = "1"  # counts up when cards are drawn otherwise
DIGITS = 12


def words_of(story: Article, rules: SiteRules) -> Words:
    """What stands on a story's card: only what every list says of it. `section` must be loaded."""
    headline = story.social_headline or story.headline
    section = story.section
    return Words(rules.name, headline, foot=section.name if section else "", tone=section.tone if section else 0)


def words_of_site(rules: SiteRules) -> Words:
    """What stands on the card of the site's own pages."""
    return Words("", rules.name, foot=rules.tagline)


def digest(words: Words) -> str:
    """The part of the address that changes with the words."""
    said = "\x1f".join((DESIGN, words.site, words.headline, words.foot, str(words.tone)))
    return hashlib.sha256(said.encode()).hexdigest()[:DIGITS]


def story_card(story: Article, rules: SiteRules) -> str:
    """The path of a story's card."""
    return reverse("story_card", args=[story.pk, digest(words_of(story, rules))])


def site_card(rules: SiteRules) -> str:
    """The path of the site's card."""
    return reverse("site_card", args=[digest(words_of_site(rules))])
