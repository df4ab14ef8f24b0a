"""Comments: readers' replies and their moderation."""

from django.apps import AppConfig
from django.db.models.signals import pre_save

from newsroom import caching


class CommentsConfig(AppConfig):
    """Takes the package's receiver off, which would give every child its parent's status; has the shelves hear."""

    name = "comments"

    def ready(self) -> None:
        """Disconnect; False means that our app precedes the package in INSTALLED_APPS."""
        from django_comments_xtd.models import publish_or_unpublish_on_pre_save

        from comments import moments
        from comments.models import Reply
        from comments.threads import counts, markup, shelved

        caching.register_moments(moments.upcoming)
        for shelf in (shelved.pages, shelved.discussions, markup.blocks, counts.numbers):
            caching.follow(shelf)
        if not pre_save.disconnect(publish_or_unpublish_on_pre_save, sender=Reply):
            raise RuntimeError("django_comments_xtd must stand before comments in INSTALLED_APPS.")
