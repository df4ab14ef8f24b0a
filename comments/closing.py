"""When replies end, and the sentence that says why: by a switch, a date, age, silence, or for a whole section."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import Article, Page
from comments.models import Discussion
from members.gate import ReplyRight, Terms
from members.models import SiteRules, Topic

CLOSED = gettext_lazy("Replies are closed here.")


def why_closed(
    thing: Article | Topic | Page, discussion: Discussion | None, terms: Terms, rules: SiteRules, now: datetime
) -> str:
    """Why no more replies are taken under `thing`, as a sentence; empty where they are. No queries.

    Silence is known of a discussion loaded `with_last`. A page or topic has no age: it is no news.
    """
    if terms.reply_right == ReplyRight.CLOSED:
        return _("This section takes no replies.") if _is_by_section(thing) else str(CLOSED)
    if discussion is not None and not discussion.is_open:
        return str(CLOSED)
    if discussion is not None and discussion.closes_at is not None and discussion.closes_at <= now:
        return _("Replies closed here on %s.") % _day(discussion.closes_at)
    if _has_passed(closes_by_age(thing, rules), now):
        return _after_days(rules.close_replies_after_days or 0)
    if _has_passed(closes_by_silence(discussion, rules), now):
        return _after_silence(rules.close_silent_after_days or 0)
    return ""


def closes_by_age(thing: Article | Topic | Page, rules: SiteRules) -> datetime | None:
    """When the site's rule closes replies under a story, if it does."""
    if rules.close_replies_after_days is None or not isinstance(thing, Article) or thing.published_at is None:
        return None
    return thing.published_at + timedelta(days=rules.close_replies_after_days)


def closes_by_silence(discussion: Discussion | None, rules: SiteRules) -> datetime | None:
    """When a discussion closes if nobody says anything more; where nobody spoke there is no silence to end it."""
    last_at: datetime | None = getattr(discussion, "last_at", None)
    if rules.close_silent_after_days is None or last_at is None:
        return None
    return last_at + timedelta(days=rules.close_silent_after_days)


def _is_by_section(thing: Article | Topic | Page) -> bool:
    if not isinstance(thing, Article) or thing.reply_right or thing.section is None:
        return False
    return thing.section.reply_right == ReplyRight.CLOSED


def _after_days(days: int) -> str:
    one, many = "Replies close %d day after a story is published.", "Replies close %d days after a story is published."
    return ngettext(one, many, days) % days


def _after_silence(days: int) -> str:
    one = "Nobody replied for %d day, so this discussion is closed."
    many = "Nobody replied for %d days, so this discussion is closed."
    return ngettext(one, many, days) % days


def _has_passed(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _day(at: datetime) -> str:
    on: date = timezone.localdate(at)
    return date_format(on, "j F Y")
