"""The desk's pages of this app; each stands with its noun in `articles.desk`."""

from articles.desk import documents, embeds, library, places, redirects, revisions, staff, story, words

__all__ = ["documents", "embeds", "library", "places", "redirects", "revisions", "staff", "story", "words"]
