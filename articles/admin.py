"""The desk's pages of this app; each stands with its noun in `articles.desk`."""

from articles.desk import front, places, redirects, redirects_missed, revisions, staff, words
from articles.desk.library import admin as library
from articles.desk.library import documents, embeds
from articles.desk.story import admin as story
from articles.letters import desk as letters

__all__ = [
    "documents", "embeds", "front", "letters", "library", "places", "redirects", "redirects_missed", "revisions",
    "staff", "story", "words",
]  # fmt: skip
