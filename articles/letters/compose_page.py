"""What the page of a draft shows: its stories as they are now, stories on offer, what is lacking, who gets it."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk.fields import said, zone_name
from articles.letters import composing, picking, recipients
from articles.letters.compose_form import ComposeForm
from articles.letters.composing import Chosen
from articles.letters.recipients import Kind
from members.models import Issue, Letter, SiteRules

USUAL_HOUR = time(7)


def context_of(request: Any, issue: Issue, form: ComposeForm) -> dict[str, Any]:
    """The page of a draft around its form, bound or not: six queries."""
    rules: SiteRules = request.furniture.rules
    now: datetime = request.now
    kinds = recipients.kinds(now)
    stories = composing.chosen(form.picks, rules=rules, now=now)
    picked = [pick.story_id for pick in form.picks]
    words = (form.data if form.is_bound else request.GET).get("q", "").replace("\x00", "")[:100]
    since = picking.last_out(issue.letter, now)
    readers = recipients.how_many(issue.letter, now)
    return {
        "title": issue.subject or _("New issue"),
        "issue": issue,
        "form": form,
        "rows": rows_of(stories, issue.letter, kinds, now),
        "carries": Letter.Carries.choices,
        "new": picking.new_since(issue.letter, since, without=picked, now=now),
        "since": said(since),
        "found": picking.found(words, without=picked, now=now) if words.strip() else None,
        "q": words,
        "lacks": composing.lacks(issue, stories, readers=readers),
        "readers": readers,
        "to_readers": said_readers(readers),
        "zone": zone_name(),
        "usual": issue.letter.carries,
    }


def rows_of(stories: Iterable[Chosen], letter: Letter, kinds: list[Kind], now: datetime) -> list[dict[str, Any]]:
    """Each story with whom it is cut for, in words; empty where everybody gets what the issue carries of it."""
    rows = []
    for story in stories:
        cut = recipients.cut_for(story.terms, letter, kinds, now) if story.terms and story.is_live else []
        rows.append({"story": story, "pick": story.pick, "cut": ", ".join(cut)})
    return rows


def said_readers(number: int) -> str:
    """`1,284 readers`."""
    return ngettext("%(n)s reader", "%(n)s readers", number) % {"n": f"{number:,}"}


def next_hour(letter: Letter, now: datetime) -> datetime:
    """The next time the letter would usually go out: its own hour, else seven in the morning."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    today = datetime.combine(local.date(), letter.digest_at or USUAL_HOUR, tzinfo=timezone.get_default_timezone())
    return today if today > local else today + timedelta(days=1)
