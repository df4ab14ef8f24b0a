"""The desk's pages of this app; each stands with its noun in `articles.desk`."""

from articles.desk import documents, embeds, pictures, places, revisions, story, words

__all__ = ["documents", "embeds", "pictures", "places", "revisions", "story", "words"]
