"""The rules a reply meets when it is written.

`RULES` is the policy, in its order. Each rule is a pure function of a `Draft`: it answers with a verdict
that says why, or with None, and the next one is asked. What a rule needs to know is read before, in the query
that locks the discussion. A scorer is no rule: it takes time, so it is a job that reads a published reply
afterwards and can only hold it, with a rule's name and a reason like any other.
"""

import re
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from comments.closing import CLOSED
from comments.moderation.draft import VISIBLE, Draft, Outcome, Verdict
from comments.moderation.words import Action, list_of, named
from comments.writing.standing import FOR_GOOD, Trust
from members.models import SiteRules

LONGEST = 3000  # characters
A_MINUTE, A_SHORT_WHILE = 3, 10  # replies of one member in one minute, in ten
A_STORY = 20  # of one member under one story in an hour
A_NETWORK = 40  # from one network in ten minutes
SAID_BEFORE = gettext_lazy("You have already said this here.")
REPLACED = gettext_noop("A word in it is printed differently here.")
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


def closed(draft: Draft) -> Verdict | None:
    """Nothing more is said in a closed discussion."""
    if draft.discussion.is_closed(draft.now) and not draft.is_edit:
        return _refuse("closed", str(CLOSED))
    return None


def banned(draft: Draft) -> Verdict | None:
    """Who is banned does not write."""
    return _barred("banned", draft.standing.banned_until)


def muted(draft: Draft) -> Verdict | None:
    """Who is muted does not write for a while."""
    return _barred("muted", draft.standing.muted_until)


def said_before(draft: Draft) -> Verdict | None:
    """The same words again within ten minutes are the same reply."""
    if draft.standing.said_before is not None and not draft.is_edit:
        return _refuse("said_before", str(SAID_BEFORE))
    return None


def too_fast(draft: Draft) -> Verdict | None:
    """So many a minute from one member, so many an hour under one story, so many from one network."""
    if draft.is_edit or draft.on_staff:
        return None
    standing = draft.standing
    if standing.by_member_in_minute >= A_MINUTE or standing.by_member_lately >= A_SHORT_WHILE:
        return _refuse("too_fast", _("That was a lot in a short time. Please wait a few minutes, then post it."))
    if standing.by_member_here >= A_STORY:
        return _refuse("too_fast", _("You have said a lot here in an hour. Please let others speak, then post it."))
    if standing.by_network_lately >= A_NETWORK:
        return _refuse("too_fast", _("Many replies come from your network. Please wait a few minutes, then post it."))
    return None


def slow_mode(draft: Draft) -> Verdict | None:
    """Where moderators want it slow, a member waits between two replies."""
    pause, last = timedelta(seconds=draft.discussion.slow_seconds), draft.standing.last_here_at
    if not pause or last is None or draft.is_edit or draft.on_staff or last + pause <= draft.now:
        return None
    left = -(-(last + pause - draft.now) // timedelta(seconds=1))
    message = ngettext(
        "This discussion runs slowly on purpose. Please wait %d second, then post it.",
        "This discussion runs slowly on purpose. Please wait %d seconds, then post it.",
        left,
    )
    return _refuse("slow_mode", message % left)


def too_long(draft: Draft) -> Verdict | None:
    """A reply is no letter."""
    return _refuse("too_long", said) if (said := overlong(draft.text)) else None


def overlong(text: str) -> str:
    """By how much a text is too long, as a sentence; empty where it is not."""
    over = len(text) - LONGEST
    if over <= 0:
        return ""
    return ngettext("This is %d character too long.", "This is %d characters too long.", over) % over


def blocked_word(draft: Draft) -> Verdict | None:
    """Words the site does not print."""
    if listed := draft.listed(Action.BLOCK):
        return _refuse("blocked_word", _("A word in it is not printed here. Please say it differently."), listed)
    return None


def watched(draft: Draft) -> Verdict | None:
    """Each reply of an account that a moderator wants to read first."""
    if draft.standing.watched_until is None:
        return None
    return _hold("watched", gettext_noop("A moderator reads every reply of this account first."))


def trusted(draft: Draft) -> Verdict | None:
    """The newsroom, and those who wrote well for long, pass the rest; a held discussion holds these too."""
    if draft.on_staff:
        return Verdict(Outcome.SHOW, "trusted")
    record = draft.standing.record
    if record.trust(draft.now) is not Trust.TRUSTED or _is_held(draft):
        return None
    return Verdict(Outcome.SHOW, "trusted", note=record.words(draft.now))


def doubted(draft: Draft) -> Verdict | None:
    """Those whose replies were refused often."""
    record = draft.standing.record
    if record.trust(draft.now) is not Trust.DOUBTED:
        return None
    return _hold("doubted", gettext_noop("Several replies of this account were refused."), record.words(draft.now))


def held_word(draft: Draft) -> Verdict | None:
    """Words a moderator wants to see first."""
    if listed := draft.listed(Action.HOLD):
        return _hold("held_word", gettext_noop("It uses a word from the list."), listed)
    return None


def links(draft: Draft) -> Verdict | None:
    """Many links look like advertising."""
    number, most = len(_LINK.findall(draft.text)), draft.rules.links_in_replies
    if number <= most:
        return None
    note = ngettext("%(number)d link, %(most)d allowed", "%(number)d links, %(most)d allowed", number)
    return _hold("links", gettext_noop("It has many links."), note % {"number": number, "most": most})


def young(draft: Draft) -> Verdict | None:
    """In a raid, accounts made a few days ago. Time ends it."""
    until, days = draft.rules.young_held_until, draft.rules.young_days
    if until is None or draft.now >= until or draft.standing.record.age(draft.now) >= timedelta(days=days):
        return None
    return _hold("young", gettext_noop("For the moment, replies of young accounts are read first."))


def new_member(draft: Draft) -> Verdict | None:
    """An account's first replies wait for a moderator; a patron's do not where the site says so."""
    is_known = draft.standing.is_patron and draft.rules.patrons_are_known
    if is_known or draft.standing.record.published >= draft.rules.hold_first_replies:
        return None
    return _hold("new_member", gettext_noop("It is among the first replies of this account."))


def story_held(draft: Draft) -> Verdict | None:
    """For a while everything under this story is read first."""
    return _hold("story_held", gettext_noop("Every reply here is read first.")) if _is_held(draft) else None


def reported_word(draft: Draft) -> Verdict | None:
    """Words that are shown, and reported to the moderators."""
    listed = draft.listed(Action.REPORT)
    return Verdict(Outcome.REPORT, "reported_word", note=listed) if listed else None


RULES = (
    closed,
    banned,
    muted,
    said_before,
    too_fast,
    slow_mode,
    too_long,
    blocked_word,
    watched,
    trusted,
    doubted,
    held_word,
    links,
    young,
    new_member,
    story_held,
    reported_word,
)  # the order is the policy
NAMES = {
    "closed": gettext_lazy("Discussion closed"),
    "banned": gettext_lazy("Banned"),
    "muted": gettext_lazy("Muted"),
    "said_before": gettext_lazy("Said before"),
    "too_fast": gettext_lazy("Too fast"),
    "slow_mode": gettext_lazy("Slow mode"),
    "too_long": gettext_lazy("Too long"),
    "blocked_word": gettext_lazy("Refused word"),
    "watched": gettext_lazy("Account always held"),
    "trusted": gettext_lazy("Trusted"),
    "doubted": gettext_lazy("Often refused"),
    "held_word": gettext_lazy("Held word"),
    "links": gettext_lazy("Many links"),
    "young": gettext_lazy("Young account"),
    "new_member": gettext_lazy("First replies"),
    "story_held": gettext_lazy("Story held"),
    "reported_word": gettext_lazy("Reported word"),
    "replaced_word": gettext_lazy("Replaced word"),
}  # what moderators call them


LISTS = {"blocked_word": Action.BLOCK, "held_word": Action.HOLD, "reported_word": Action.REPORT}  # that rules go by


def seen_by(rule: str, text: str, rules: SiteRules) -> str:
    """The listed words in `text` that the rule of this name minds, for moderators; empty for every other rule."""
    return named(list_of(rules).hits(text), LISTS[rule]) if rule in LISTS else ""


def review(draft: Draft) -> Verdict:
    """The verdict of the first rule that has one; otherwise let it be seen. Replaced words are owned up to."""
    verdict = next(filter(None, (rule(draft) for rule in RULES)), VISIBLE)
    if draft.is_replaced and verdict.is_visible:
        return Verdict(verdict.outcome, verdict.rule or "replaced_word", REPLACED, verdict.note)
    return verdict


def _refuse(rule: str, reason: str, note: str = "") -> Verdict:
    return Verdict(Outcome.REFUSE, rule, reason, note)


def _hold(rule: str, reason: str, note: str = "") -> Verdict:
    return Verdict(Outcome.HOLD, rule, reason, note)


def _is_held(draft: Draft) -> bool:
    until = draft.discussion.held_until
    return until is not None and draft.now < until


def _barred(rule: str, until: datetime | None) -> Verdict | None:
    """A refusal that says until when, if there is an end."""
    if until is None:
        return None
    if until >= FOR_GOOD:
        return _refuse(rule, _("Your account may not reply here."))
    moment = date_format(timezone.localtime(until), "DATETIME_FORMAT")
    return _refuse(rule, _("Your account may not reply until %s.") % moment)
