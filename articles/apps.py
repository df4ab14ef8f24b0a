"""Articles: stories, related links, pictures, pages."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """Tells the page cache which stored moments of this app end a page."""

    name = "articles"

    def ready(self) -> None:
        """Register moments: publication and embargo."""
        from articles import moments
        from newsroom import caching

        caching.register_moments(moments.upcoming)
