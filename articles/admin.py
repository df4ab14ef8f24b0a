"""The desk's pages of this app; each stands with its noun in `articles.desk`."""

from articles.desk import pictures, places, redirects, revisions, story, words

__all__ = ["pictures", "places", "redirects", "revisions", "story", "words"]
