"""Writing a reply: the gate, the lock, the rules, one insert.

The only module that makes replies; `editing` lets their authors change them, `moderation` decides about them.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from comments.access import Poster, Subject
from comments.models import BUCKET_SECONDS, Discussion, Reply, digest_of
from comments.moderation import words
from comments.moderation.draft import Draft, Outcome, Verdict
from comments.moderation.rules import SAID_BEFORE, review
from comments.notices import telling
from comments.refusals import refusal
from comments.writing.standing import Standing, lock
from comments.writing.texts import NOTHING, tidy
from members.gate import Terms
from members.models import SiteRules
from newsroom.caching import purge

STATUS_CODES = {"too_fast": 429, "slow_mode": 429, "closed": 403, "banned": 403, "muted": 403, "gate": 403}


class PostError(Exception):
    """The reply was not taken; the message says why, fit to show. `status` is the answer's HTTP status."""

    def __init__(self, message: str, rule: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.status = STATUS_CODES.get(rule, 422)


def discussion_of(subject: Subject) -> Discussion:
    """The subject's discussion, made if this is the first reply. Pages that knew of none go stale."""
    if subject.discussion is not None:
        return subject.discussion
    with transaction.atomic():
        hangs_on: dict[str, Any] = {f"{subject.kind}_id": subject.thing.pk}
        discussion, is_new = Discussion.objects.get_or_create(**hangs_on)
        if is_new:
            purge(subject.cache_key)
    return discussion


def post_under(
    subject: Subject, *, by: Poster, text: str, reply_to: int | None, rules: SiteRules, now: datetime
) -> Reply:
    """`post` in the subject's discussion, which the first reply makes. Raises PostError."""
    require_may_reply(subject.terms, by, now, why_closed=subject.why_closed)
    discussion = discussion_of(subject)
    return post(discussion, subject.terms, by=by, text=text, reply_to=reply_to, rules=rules, now=now)


def post(
    discussion: Discussion,
    terms: Terms,
    *,
    by: Poster,
    text: str,
    reply_to: int | None,
    rules: SiteRules,
    now: datetime,
) -> Reply:
    """Write a reply: at once visible or held, as the first rule with an opinion says.

    `terms`: of the story, topic or page. `reply_to`: the reply it answers, None for the story itself.
    Saying the same within ten minutes answers with the reply that is there. Raises PostError. Effects:
    one row in three tables; if visible, stale keys and a job, in the same transaction.
    """
    require_may_reply(terms, by, now)
    text, is_replaced = as_printed(text, rules)
    try:
        with transaction.atomic():
            locked, standing = lock(discussion.pk, by, digest=digest_of(text), now=now)
            parent = _parent(locked, reply_to)
            verdict = review(Draft(text, locked, standing, rules, by.reader.on_staff, now, is_replaced=is_replaced))
            if verdict.rule == "said_before" and standing.said_before:
                return _shown(Reply.objects.get(pk=standing.said_before), verdict.reason)
            refuse_if(verdict)
            return _write(locked, parent, by, text, verdict, standing, now)
    except IntegrityError:  # the same words, a moment earlier, in another request
        return _said_already(discussion, by, text, now)


def require_may_reply(terms: Terms, by: Poster, now: datetime, *, why_closed: str = "") -> None:
    """Ask the gate, on every door. Raises PostError for everything but WRITE, with the sentence that fits."""
    no = refusal(terms, by.reader, by.allowance, now, why_closed=why_closed)
    if no is not None:
        raise PostError(no.sentence, no.rule)


def as_printed(text: str, rules: SiteRules) -> tuple[str, bool]:
    """`text` as it is kept: tidied, listed words replaced; and whether there were any. Raises PostError for nothing."""
    typed = tidy(text)
    printed = words.replaced(typed, rules)
    if not printed:
        raise PostError(str(NOTHING), "empty")
    return printed, printed != typed


def _parent(discussion: Discussion, reply_to: int | None) -> Reply | None:
    """The reply that is answered, read after the lock: of this discussion, published and visible."""
    if not reply_to:
        return None
    parent: Reply | None = Reply.objects.of(discussion).visible().published().filter(pk=reply_to).first()
    if parent is None:
        raise PostError(_("The reply you answer is no longer there. You can post yours without it."), "parent_gone")
    return parent


def refuse_if(verdict: Verdict) -> None:
    """Raise PostError where the rules refuse."""
    if verdict.outcome is Outcome.REFUSE:
        raise PostError(verdict.reason, verdict.rule)


def flag_if(verdict: Verdict, reply: Reply, now: datetime) -> None:
    """Report a reply that is shown to the moderators, where the rules say so, in the caller's transaction."""
    from comments.moderation import reports  # which raises PostError

    if verdict.outcome is Outcome.REPORT:
        reports.flag(reply, note=verdict.note, now=now)


def _write(
    discussion: Discussion,
    parent: Reply | None,
    by: Poster,
    text: str,
    verdict: Verdict,
    standing: Standing,
    now: datetime,
) -> Reply:
    badge = Reply.Badge.STAFF if by.reader.on_staff else Reply.Badge.NONE
    reply: Reply = Reply.objects.write(
        discussion,
        parent,
        text=text,
        posted_at=now,
        author=by.member,
        status=Reply.Status.PUBLISHED if verdict.is_visible else Reply.Status.HELD,
        badge=Reply.Badge.AUTHOR if standing.is_author else badge,
        rule=verdict.rule,
        reason=verdict.reason,
        ip_digest=by.network,
    )
    if verdict.is_visible:
        telling.became_visible(reply)
    flag_if(verdict, reply, now)
    return reply


def _said_already(discussion: Discussion, by: Poster, text: str, now: datetime) -> Reply:
    """The reply that another request of the same member just made of the same words."""
    bucket = int(now.timestamp()) // BUCKET_SECONDS
    same = Reply.objects.filter(discussion=discussion, author=by.member, text_digest=digest_of(text))
    return _shown(same.get(posted_bucket=bucket), str(SAID_BEFORE))


def _shown(said: Reply, reason: str) -> Reply:
    """The reply that says the same, if whoever wrote it can still see it. Raises PostError."""
    if said.status not in (Reply.Status.PUBLISHED, Reply.Status.HELD):
        raise PostError(reason, "said_before")
    return said
