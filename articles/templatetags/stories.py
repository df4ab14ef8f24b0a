"""What templates of stories need: pictures, captions, the latest stories for error pages."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from articles import nodes, pictures, structured_data
from articles.models import Article, Picture
from articles.reading import Card, cards

register = template.Library()
LATEST = 6


@register.simple_tag
def picture(shown: Picture | None, size: str = "body", *, decorates: bool = False, eager: bool = False) -> SafeString:
    """`<picture>` for a place of the design (`pictures.SIZES`); one that decorates a link says nothing itself."""
    if shown is None:
        return SafeString("")
    return pictures.picture_html(shown, sizes=pictures.SIZES[size], alt="" if decorates else None, eager=eager)


@register.simple_tag
def portrait(shown: Picture, side: int) -> SafeString:
    """A face, `side` pixels wide, beside a name that says who it is."""
    return pictures.portrait_html(shown, side)


@register.simple_tag
def figcaption(shown: Picture) -> SafeString:
    """Caption and credit, or nothing."""
    return nodes.caption(shown)


@register.simple_tag(takes_context=True)
def latest_stories(context: Any) -> list[Card]:
    """The newest stories, for a page that has nothing else to offer. Two queries."""
    request = context["request"]
    stories = Article.objects.live(request.now).for_lists().newest_first()[:LATEST]
    return cards(stories, rules=request.furniture.rules, now=request.now)


@register.filter
def absolute(path: str) -> str:
    """The address of a path on this site."""
    return structured_data.absolute(path)


@register.filter
def direction(language: str) -> str:
    """`rtl` or `ltr`: how a language is written; an unknown one from the left."""
    try:
        return "rtl" if get_language_info(language)["bidi"] else "ltr"
    except KeyError:
        return "ltr"
