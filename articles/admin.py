"""The desk's pages of this app; each stands with its noun in `articles.desk`."""

from articles.desk import front, pictures, places, revisions, story, words

__all__ = ["front", "pictures", "places", "revisions", "story", "words"]
