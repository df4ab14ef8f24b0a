"""Titles, excerpts and slugs of another system as ours."""

import re
from html import unescape

from django.utils.text import slugify

MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|<!--.*?-->", re.S)
NO_SLUG = re.compile(r"[^-\w]+")


def plain(markup: str) -> str:
    """Text without markup, on one line."""
    return " ".join(unescape(MARKUP.sub("", markup)).split())


def slug_of(slug: str, title: str, otherwise: str) -> str:
    """A slug our addresses can hold: the old one, else made from the title, else `otherwise`."""
    return NO_SLUG.sub("-", slug).strip("-") or slugify(plain(title), allow_unicode=True) or otherwise
