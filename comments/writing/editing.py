"""What authors do with their own replies afterwards: change them for five minutes, take them back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from comments.access import Poster
from comments.models import Discussion, Reply, digest_of
from comments.moderation import words
from comments.moderation.draft import Draft
from comments.moderation.rules import review
from comments.notices import telling
from comments.writing.posting import PostError, flag_if, refuse_if
from comments.writing.standing import lock
from comments.writing.texts import tidy
from members.models import Member, SiteRules


def edit(reply: Reply, *, by: Poster, text: str, rules: SiteRules, now: datetime) -> Reply:
    """Replace the text of one's own reply within five minutes; the rules read it again.

    A held reply stays held, whatever is edited. Raises PostError. Effects: the row, stale keys.
    """
    typed = tidy(text)
    text = words.replaced(typed, rules)
    if not text:
        raise PostError(_("Write something first."), "empty")
    with transaction.atomic():
        locked, standing = lock(reply.discussion_id, by, digest=digest_of(text), now=now)
        current: Reply = Reply.objects.get(pk=reply.pk)
        if not current.may_edit(by.member.pk, now):
            raise PostError(_("A reply can be changed for five minutes after it was posted."), "too_late")
        verdict = review(Draft(text, locked, standing, rules, by.reader.on_staff, now, True, text != typed))
        refuse_if(verdict)
        values = {"comment": text, "text_digest": digest_of(text), "edited_at": now}
        if not verdict.is_visible:
            values |= {"status": Reply.Status.HELD, "rule": verdict.rule, "reason": verdict.reason}
        elif current.status == Reply.Status.PUBLISHED:
            values |= {"rule": verdict.rule, "reason": verdict.reason}
        Reply.objects.filter(pk=reply.pk).update(**values)
        telling.changed(current)
        flag_if(verdict, current, now)
    return current


def delete(reply: Reply, *, by: Member, now: datetime) -> bool:
    """Take one's own words back: a stub stays where others could see them. False if there is nothing to take.

    Effects: text and digests are gone from the row; stale keys.
    """
    gone = {"comment": "", "text_digest": "", "is_featured": False, "badge": "", "edited_at": now}
    own = Reply.objects.filter(pk=reply.pk, author=by)
    with transaction.atomic():
        Discussion.objects.select_for_update().only("pk").get(pk=reply.discussion_id)
        was_held = own.held().update(status=Reply.Status.REJECTED, rule=Reply.WITHDRAWN, **gone)
        if not was_held and not own.published().update(status=Reply.Status.ERASED, **gone):
            return False
        telling.changed(reply)
    return True
