"""Titles, excerpts, slugs and addresses of another system as ours."""

import re
from html import unescape
from urllib.parse import SplitResult, urlsplit

from django.utils.text import slugify

MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|<!--.*?-->", re.S)
NO_SLUG = re.compile(r"[^-\w]+")


def plain(markup: str) -> str:
    """Text without markup, on one line."""
    return " ".join(unescape(MARKUP.sub("", markup)).split())


def parts_of(address: str) -> SplitResult:
    """The parts of an address; all of them empty where it is none, as old texts are full of."""
    try:
        return urlsplit(address.strip())
    except ValueError:
        return SplitResult("", "", "", "", "")


def slug_of(slug: str, title: str, otherwise: str) -> str:
    """A slug our addresses can hold: the old one, else made from the title, else `otherwise`."""
    return NO_SLUG.sub("-", slug).strip("-") or slugify(plain(title), allow_unicode=True) or otherwise
