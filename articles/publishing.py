"""Publishing: the verbs that take a story from draft to readers, and back."""

from articles.models import Article


def derive(article: Article) -> None:
    """Store what follows from the text: teaser, plain teaser, word count, search vector, pictures, links."""
    article.save()
