"""Moderation: the rules a reply meets when it is written, and the verbs of those who decide after them.

`RULES` is the policy, in its order. Each rule is a pure function of a `Draft`: it answers with a verdict
that says why, or with None, and the next one is asked.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from comments import notifications
from comments.models import Discussion, Reply, Report
from comments.standing import Standing
from members.models import AuditEntry, Member, SiteRules

LONGEST = 3000  # characters
A_MINUTE, A_SHORT_WHILE, A_NETWORK = 3, 10, 40  # replies in one minute, in ten, in ten from one network
LINKS = 2
TRUSTED_AFTER = 20  # published replies, none refused
BLOCKING = "!"  # before a listed word: refuse instead of hold
_WORD = re.compile(r"\w+")
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


class Outcome(StrEnum):
    """What becomes of a reply."""

    SHOW = "show"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the outcome, its own name, and a reason fit to show to whoever wrote."""

    outcome: Outcome
    rule: str = ""
    reason: str = ""

    @property
    def is_visible(self) -> bool:
        """Whether everybody may see the reply at once."""
        return self.outcome is Outcome.SHOW


VISIBLE = Verdict(Outcome.SHOW)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text about to be stored, and all that the rules need to know. `is_edit`: it replaces a text."""

    text: str
    discussion: Discussion
    standing: Standing
    rules: SiteRules
    on_staff: bool
    now: datetime
    is_edit: bool = False


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
    if words_of(draft.rules.held_words).blocked.match(draft.text):
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
    if words_of(draft.rules.held_words).held.match(draft.text):
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


@dataclass(frozen=True, slots=True)
class WordList:
    """Single words for one look-up each, phrases for a search; all folded."""

    words: frozenset[str]
    phrases: tuple[str, ...]

    def match(self, text: str) -> bool:
        """Whether `text` uses one of them as whole words, whatever case and accents."""
        if not self.words and not self.phrases:
            return False
        spoken = folded(text)
        if not self.words.isdisjoint(spoken):
            return True
        line = f" {' '.join(spoken)} "
        return any(phrase in line for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class Words:
    """The site's list, by what its lines ask for."""

    held: WordList
    blocked: WordList


@functools.lru_cache(maxsize=4)
def words_of(lines: str) -> Words:
    """The list as typed on the desk, one word or phrase a line; `!` before it refuses instead of holding."""
    wanted = [line.strip() for line in lines.splitlines() if line.strip()]
    return Words(
        held=_word_list([line for line in wanted if not line.startswith(BLOCKING)]),
        blocked=_word_list([line[1:] for line in wanted if line.startswith(BLOCKING)]),
    )


def _word_list(lines: list[str]) -> WordList:
    terms = [folded(line) for line in lines]
    return WordList(
        words=frozenset(term[0] for term in terms if len(term) == 1),
        phrases=tuple(f" {' '.join(term)} " for term in terms if len(term) > 1),
    )


def folded(text: str) -> list[str]:
    """The words of `text` without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


# The verbs of moderators. Each changes one row, and only if nobody else did first.


def approve(reply: Reply, *, by: Member, now: datetime) -> bool:
    """Let a held reply be seen. False if somebody decided already. Tells those it answers, once."""
    return _decide(reply, "approve", Reply.Status.PUBLISHED, {Reply.Status.HELD}, by=by, now=now)


def reject(reply: Reply, *, by: Member, now: datetime, reason: str = "") -> bool:
    """Hide a reply and with it its branch, whose own decisions stay. False if somebody decided already."""
    before = {Reply.Status.HELD, Reply.Status.PUBLISHED}
    return _decide(reply, "reject", Reply.Status.REJECTED, before, by=by, now=now, reason=reason)


def remove(reply: Reply, *, by: Member, now: datetime, reason: str = "") -> bool:
    """Leave a stub in a reply's place; its branch stays. False if somebody decided already."""
    return _decide(reply, "remove", Reply.Status.REMOVED, {Reply.Status.PUBLISHED}, by=by, now=now, reason=reason)


def restore(reply: Reply, *, by: Member, now: datetime) -> bool:
    """Undo a rejection or removal: the branch is exactly as before. False if there is nothing to undo."""
    before = {Reply.Status.REJECTED, Reply.Status.REMOVED}
    return _decide(reply, "restore", Reply.Status.PUBLISHED, before, by=by, now=now)


def feature(reply: Reply, *, by: Member, is_featured: bool) -> bool:
    """Mark a published reply as picked by the editors, or no longer. False if it was so already."""
    with transaction.atomic():
        rows = Reply.objects.published().filter(pk=reply.pk, is_featured=not is_featured)
        if not rows.update(is_featured=is_featured):
            return False
        AuditEntry.objects.note("feature" if is_featured else "unfeature", by=by, subject=reply)
        notifications.changed(reply)
        return True


def settle(report: Report, *, outcome: str, by: Member, now: datetime) -> bool:
    """Close a report with what came of it. False if it was settled before."""
    with transaction.atomic():
        rows = Report.objects.unsettled().filter(pk=report.pk)
        if not rows.update(settled_at=now, outcome=outcome[:200]):
            return False
        AuditEntry.objects.note("settle", by=by, subject=report, reason=outcome)
        return True


def _decide(
    reply: Reply,
    verb: str,
    after: Reply.Status,
    before: set[Reply.Status],
    *,
    by: Member,
    now: datetime,
    reason: str = "",
) -> bool:
    """Change one row under its discussion's lock if its status is one of `before`; children are not touched."""
    with transaction.atomic():
        Discussion.objects.select_for_update().only("pk").get(pk=reply.discussion_id)
        rows = Reply.objects.filter(pk=reply.pk, status__in=before).exclude(rule=Reply.WITHDRAWN)
        if not rows.update(status=after, decided_by=by, decided_at=now, reason=reason[:300]):
            return False
        AuditEntry.objects.note(verb, by=by, subject=reply, reason=reason[:300])
        if after == Reply.Status.PUBLISHED:
            notifications.became_visible(reply)
        else:
            Report.objects.unsettled().filter(reply=reply).update(settled_at=now, outcome=verb)
            notifications.changed(reply)
        return True
