"""The buttons of the story form: the one that names its effect, and the others."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.desk.fields import said, zone_name
from articles.desk.states import LIVE, SCHEDULED, state_of
from articles.desk.story.verbs import VERBS
from articles.models import Article

FIRST = ("review", "clear", "publish", "submit", "restore")  # the first of these that is allowed is the primary one
WITH_WORDS = frozenset(
    {"schedule", "withdraw", "submit", "lift"}
)  # what the menu does not offer: they have a place of theirs


def primary(article: Article | None, allowed: dict[str, bool], now: datetime) -> dict[str, Any] | None:
    """The one button that names its effect: verb, address, label, and the labels for other moments.

    None where nothing but saving is to be done, a live story included: there saving is the effect.
    """
    verb = next((name for name in FIRST if allowed.get(name)), None)
    if verb is None or state_of(article, now) == LIVE:
        return None
    if verb == "review" and allowed.get("submit"):  # nobody reviews a draft: it is handed in first
        verb = "submit"
    if verb != "publish":
        return {"verb": verb, "label": VERBS[verb].label, "address": verb_address(article, verb)}
    planned, embargo = (article.published_at, article.embargo_until) if article else (None, None)
    verb = "schedule" if planned and planned > now else "publish"
    return {
        "verb": verb,
        "label": effect(planned, embargo, now),
        "address": verb_address(article, verb),
        "now": verb_address(article, "publish"),
        "later": verb_address(article, "schedule"),
        "site_now": f"{timezone.localtime(now):%Y-%m-%dT%H:%M}",
        "zone": zone_name(),
    }


def effect(planned: datetime | None, embargo: datetime | None, now: datetime) -> str:
    """What readers get and when, as a button says it. `desk-form.js` says the same while somebody types."""
    if embargo and embargo > max(now, planned or now):
        return _("Publish when the embargo ends, %(moment)s") % {"moment": said(embargo)}
    if planned and planned > now:
        return _("Schedule for %(moment)s") % {"moment": said(planned)}
    if planned:
        return _("Publish now, dated %(moment)s") % {"moment": said(planned)}
    return _("Publish now")


def others(article: Article | None, allowed: dict[str, bool], chosen: dict[str, Any] | None, now: datetime) -> Any:
    """What else may be done, as (address, label): the verbs that need no words."""
    if article is None or article.pk is None:
        return []
    left = set(WITH_WORDS) | {chosen["verb"] if chosen else ""}
    if chosen and "now" in chosen and state_of(article, now) != SCHEDULED:
        left.add("publish")
    names = [name for name in VERBS if allowed[name] and name not in left]
    return [(verb_address(article, name), VERBS[name].label) for name in names]


def verb_address(article: Article | None, verb: str) -> str:
    """Where a verb is posted, for a story that is or is not stored yet."""
    if article is None or article.pk is None:
        return reverse("admin:articles_article_add_and", args=[verb])
    return reverse(f"admin:articles_article_{verb}", args=[article.pk])
