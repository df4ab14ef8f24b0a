"""The vocabulary of articles: stories and what they are made of."""

from articles.models.article import Article
from articles.models.author import Author, Byline
from articles.models.correction import Correction
from articles.models.embed import Document, EmbedHost, LinkPreview
from articles.models.front import FrontSlot
from articles.models.link import RelatedLink
from articles.models.live import LiveEntry
from articles.models.note import PreviewLink, StoryNote
from articles.models.outgoing import OutgoingLink
from articles.models.page import Page
from articles.models.picture import Picture
from articles.models.reads import StoryReads
from articles.models.redirect import MissedAddress, Redirect
from articles.models.revision import Revision
from articles.models.section import Name, Section, SectionLimit, Series, Tag, Tagging
from articles.models.working_copy import Presence, WorkingCopy

__all__ = [
    "Article",
    "Author",
    "Byline",
    "Correction",
    "Document",
    "EmbedHost",
    "FrontSlot",
    "LinkPreview",
    "LiveEntry",
    "MissedAddress",
    "Name",
    "OutgoingLink",
    "Page",
    "Picture",
    "Presence",
    "PreviewLink",
    "Redirect",
    "RelatedLink",
    "Revision",
    "Section",
    "SectionLimit",
    "Series",
    "StoryNote",
    "StoryReads",
    "Tag",
    "Tagging",
    "WorkingCopy",
]
