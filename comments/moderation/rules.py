"""The rules a reply meets when it is written.

`RULES` is the policy, in its order. Each rule is a pure function of a `Draft`: it answers with a verdict
that says why, or with None, and the next one is asked.
"""

import re
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from comments.moderation.draft import VISIBLE, Draft, Outcome, Verdict
from comments.moderation.words import words_of

LONGEST = 3000  # characters
A_MINUTE, A_SHORT_WHILE, A_NETWORK = 3, 10, 40  # replies in one minute, in ten, in ten from one network
LINKS = 2
TRUSTED_AFTER = 20  # published replies, none refused
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


def closed(draft: Draft) -> Verdict | None:
    """Nothing more is said in a closed discussion."""
    if draft.discussion.is_closed(draft.now) and not draft.is_edit:
        return _refuse("closed", _("Replies are closed here."))
    return None


def sanctioned(draft: Draft) -> Verdict | None:
    """Who is muted or banned may not write; who is watched is held."""
    if draft.standing.is_barred:
        return _refuse("sanctioned", _("Your account may not reply at the moment."))
    if draft.standing.is_watched:
        return _hold("sanctioned", gettext_noop("A moderator reads every reply of this account first."))
    return None


def too_fast(draft: Draft) -> Verdict | None:
    """So many a minute from one member, so many in ten minutes from one network, one a while in slow mode."""
    if draft.is_edit or draft.on_staff:
        return None
    standing = draft.standing
    if standing.by_member_in_minute >= A_MINUTE or standing.by_member_lately >= A_SHORT_WHILE:
        return _refuse("too_fast", _("That was a lot in a short time. Please wait a few minutes, then post it."))
    if standing.by_network_lately >= A_NETWORK:
        return _refuse("too_fast", _("Many replies come from your network. Please wait a few minutes, then post it."))
    pause = timedelta(seconds=draft.discussion.slow_seconds)
    if pause and standing.last_here_at is not None and standing.last_here_at + pause > draft.now:
        return _refuse("too_fast", _("This discussion runs slowly on purpose. Please wait a little, then post it."))
    return None


def said_before(draft: Draft) -> Verdict | None:
    """The same words again within ten minutes are the same reply."""
    if draft.standing.said_before is not None and not draft.is_edit:
        return _refuse("said_before", _("You have already said this here."))
    return None


def too_long(draft: Draft) -> Verdict | None:
    """A reply is no letter."""
    if len(draft.text) <= LONGEST:
        return None
    over = len(draft.text) - LONGEST
    message = ngettext("This is %d character too long.", "This is %d characters too long.", over) % over
    return _refuse("too_long", message)


def blocked_word(draft: Draft) -> Verdict | None:
    """Words the site does not print."""
    if words_of(draft.rules.blocked_words).match(draft.text):
        return _refuse("blocked_word", _("A word in it is not printed here. Please say it differently."))
    return None


def trusted(draft: Draft) -> Verdict | None:
    """The newsroom, and those who wrote well for long, pass the rest; a held discussion holds these too."""
    if draft.on_staff:
        return Verdict(Outcome.SHOW, "trusted")
    proven = draft.standing.published >= TRUSTED_AFTER and not draft.standing.refused
    return Verdict(Outcome.SHOW, "trusted") if proven and not _is_held(draft) else None


def held_word(draft: Draft) -> Verdict | None:
    """Words a moderator wants to see first."""
    if words_of(draft.rules.held_words).match(draft.text):
        return _hold("held_word", gettext_noop("It uses a word from the list."))
    return None


def links(draft: Draft) -> Verdict | None:
    """More than two links look like advertising."""
    if len(_LINK.findall(draft.text)) > LINKS:
        return _hold("links", gettext_noop("It has more than two links."))
    return None


def new_member(draft: Draft) -> Verdict | None:
    """An account's first replies wait for a moderator."""
    if draft.standing.published < draft.rules.hold_first_replies:
        return _hold("new_member", gettext_noop("It is among the first replies of this account."))
    return None


def story_held(draft: Draft) -> Verdict | None:
    """For a while everything under this story is read first."""
    return _hold("story_held", gettext_noop("Every reply here is read first.")) if _is_held(draft) else None


RULES = (
    closed,
    sanctioned,
    too_fast,
    said_before,
    too_long,
    blocked_word,
    trusted,
    held_word,
    links,
    new_member,
    story_held,
)  # the order is the policy


def review(draft: Draft) -> Verdict:
    """The verdict of the first rule that has one; otherwise let it be seen."""
    return next(filter(None, (rule(draft) for rule in RULES)), VISIBLE)


def _refuse(rule: str, reason: str) -> Verdict:
    return Verdict(Outcome.REFUSE, rule, reason)


def _hold(rule: str, reason: str) -> Verdict:
    return Verdict(Outcome.HOLD, rule, reason)


def _is_held(draft: Draft) -> bool:
    until = draft.discussion.held_until
    return until is not None and draft.now < until
