"""What authors do with their own replies afterwards: change them for five minutes, take them back."""

import math
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from comments.access import Poster, Subject
from comments.models import Discussion, Reply, Version, digest_of
from comments.models.reply import EDITABLE_FOR
from comments.moderation.draft import Draft
from comments.moderation.rules import SAID_BEFORE, review
from comments.notices import telling
from comments.refusals import refusal
from comments.writing.posting import PostError, as_printed, flag_if, refuse_if
from comments.writing.standing import lock
from members.models import Member, SiteRules


def edit_under(subject: Subject, reply: Reply, *, by: Poster, text: str, rules: SiteRules, now: datetime) -> Reply:
    """`edit`, if the gate would let its author reply now; closing lets the five minutes run out. Raises PostError."""
    no = refusal(subject.terms, by.reader, by.allowance, now)
    if no is not None and no.rule != "closed":
        raise PostError(no.sentence, no.rule)
    return edit(reply, by=by, text=text, rules=rules, now=now)


def edit(reply: Reply, *, by: Poster, text: str, rules: SiteRules, now: datetime) -> Reply:
    """Replace the text of one's own reply within five minutes; the rules read it again, moderators see the earlier.

    A held reply stays held, whatever is edited. Raises PostError. Effects: the row, a version, stale keys; nothing
    where nothing changed.
    """
    text, is_replaced = as_printed(text, rules)
    try:
        with transaction.atomic():
            return _edited(reply, by, text, rules, now, is_replaced=is_replaced)
    except IntegrityError as error:  # of two replies with the same words one is enough
        raise PostError(str(SAID_BEFORE), "said_before") from error


def minutes_left(reply: Reply, now: datetime) -> int:
    """For how many minutes its author may still change it, counted up."""
    return max(0, math.ceil((reply.posted_at + EDITABLE_FOR - now).total_seconds() / 60))


def _edited(reply: Reply, by: Poster, text: str, rules: SiteRules, now: datetime, *, is_replaced: bool) -> Reply:
    locked, standing = lock(reply.discussion_id, by, digest=digest_of(text), now=now)
    current: Reply = Reply.objects.get(pk=reply.pk)
    if not current.may_edit(by.member.pk, now):
        raise PostError(_("A reply can be changed for five minutes after it was posted."), "too_late")
    if current.comment == text:
        return current
    verdict = review(
        Draft(text, locked, standing, rules, by.reader.on_staff, now, is_edit=True, is_replaced=is_replaced)
    )
    refuse_if(verdict)
    values = {"comment": text, "text_digest": digest_of(text), "edited_at": now}
    if not verdict.is_visible:
        values |= {"status": Reply.Status.HELD, "rule": verdict.rule, "reason": verdict.reason}
    elif current.status == Reply.Status.PUBLISHED:
        values |= {"rule": verdict.rule, "reason": verdict.reason}
    Version.objects.create(reply=current, text=current.comment, replaced_at=now)
    Reply.objects.filter(pk=reply.pk).update(**values)
    telling.changed(current)
    flag_if(verdict, current, now)
    return current


def delete(reply: Reply, *, by: Member, now: datetime) -> bool:
    """Take one's own words back: a stub stays where others could see them. False if there is nothing to take.

    Effects: text, digests and earlier texts are gone; stale keys.
    """
    gone = {"comment": "", "text_digest": "", "is_featured": False, "badge": "", "edited_at": now}
    own = Reply.objects.filter(pk=reply.pk, author=by)
    with transaction.atomic():
        Discussion.objects.select_for_update().only("pk").get(pk=reply.discussion_id)
        was_held = own.held().update(status=Reply.Status.REJECTED, rule=Reply.WITHDRAWN, **gone)
        if not was_held and not own.published().update(status=Reply.Status.ERASED, **gone):
            return False
        Version.objects.filter(reply=reply).delete()
        telling.changed(reply)
    return True
