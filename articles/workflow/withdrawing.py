"""Where the address of a withdrawn story may lead."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from articles.models import Article
from articles.workflow.keeping import PublishError

LONGEST_TARGET = 1000


def checked_target(article: Article, target: str, *, now: datetime) -> str:
    """`target` as it may be stored: a path of ours, or an https address elsewhere. One query for a story of ours.

    Raises PublishError for anything else, for the story itself, and for a story that readers cannot open.
    """
    target = target.strip()
    if target.startswith(f"{settings.SITE_URL}/"):
        target = target.removeprefix(settings.SITE_URL)
    if len(target) > LONGEST_TARGET or "\\" in target or any(letter.isspace() or ord(letter) < 32 for letter in target):
        raise PublishError(_("That is no address to lead readers to."))
    if target.startswith("/") and not target.startswith("//"):
        _refuse_dead_end(article, urlsplit(target).path, now)
        return target
    if not _is_elsewhere(target):
        raise PublishError(_("Say where its address leads: a path of this site (“/…”) or an https address."))
    return target


def _is_elsewhere(target: str) -> bool:
    try:
        parts = urlsplit(target)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:  # what `urlsplit` says of brackets that hold no address
        return False


def _refuse_dead_end(article: Article, path: str, now: datetime) -> None:
    """A path that leads back to the story, or to one that is not out either, helps nobody."""
    try:
        match = resolve(path if path.endswith("/") else f"{path}/")
    except Resolver404:
        raise PublishError(_("Nobody answers at that address of this site.")) from None
    if match.url_name not in ("story", "rest"):
        return
    story = Article.objects.live(now).filter(**match.kwargs).exclude(pk=article.pk).only("pk").first()
    if story is None:
        raise PublishError(_("That leads back to this story, or to one readers cannot open."))
