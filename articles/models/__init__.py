"""The vocabulary of articles: stories and what they are made of."""

from articles.models.article import Article
from articles.models.author import Author, Byline
from articles.models.correction import Correction
from articles.models.link import RelatedLink
from articles.models.page import Page
from articles.models.picture import Picture
from articles.models.redirect import Redirect
from articles.models.revision import Revision
from articles.models.section import Name, Section, Series, Tag

__all__ = [
    "Article",
    "Author",
    "Byline",
    "Correction",
    "Name",
    "Page",
    "Picture",
    "Redirect",
    "RelatedLink",
    "Revision",
    "Section",
    "Series",
    "Tag",
]
