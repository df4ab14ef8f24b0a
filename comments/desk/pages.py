"""The moderators' pages that are no list of rows: the words, and the figures."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import URLPattern, path

from comments.desk.base import MODERATE
from comments.desk.figures import figures
from comments.desk.words import words


def reply_urls(site: Any) -> list[URLPattern]:
    """Both behind `site`'s door, for moderators alone."""
    return [
        path("comments/words/", site.admin_view(_of_moderators(words)), name="comments_words"),
        path("comments/figures/", site.admin_view(_of_moderators(figures)), name="comments_figures"),
    ]


def _of_moderators(view: Callable[[Any], HttpResponse]) -> Callable[[Any], HttpResponse]:
    def asked(request: Any) -> HttpResponse:
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied(MODERATE)
        return view(request)

    return asked
