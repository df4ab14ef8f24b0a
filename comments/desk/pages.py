"""The moderators' pages that are no list of rows: the words, and the figures."""

from typing import Any

from django.urls import URLPattern, path

from comments.desk.base import for_moderators
from comments.desk.figures import figures
from comments.desk.words import words


def reply_urls(site: Any) -> list[URLPattern]:
    """Both behind `site`'s door, for moderators alone."""
    return [
        path("comments/words/", site.admin_view(for_moderators(words)), name="comments_words"),
        path("comments/figures/", site.admin_view(for_moderators(figures)), name="comments_figures"),
    ]
