"""Telling the world that a reply changed: stale pages, and a notice to those it concerns.

Both commit with the change. Who hears of a reply is found by a job: it exists once the reply does, and not
before; the request that posts costs the same whether nobody follows or a thousand do.
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from articles.models import Byline
from comments.models import Appeal, Notice, Reply, Report, Ruling, Sanction
from comments.notices import digests, following, outbox
from members.letters.sending import mailings
from members.models import Member
from newsroom.caching import purge

UNDO_SECONDS = 300  # so long a decision can be taken back before anybody hears of it


def changed(reply: Reply) -> None:
    """Drop the pages that show the reply or its discussion's count."""
    purge(f"replies-{reply.discussion_id}")


def became_visible(reply: Reply) -> None:
    """Drop stale pages and have a job tell those it answers. In the caller's transaction."""
    from comments import jobs

    changed(reply)
    jobs.tell_answered.defer(reply_id=reply.pk)


def decided(ruling: Ruling, author_id: int | None) -> None:
    """Have a job tell whoever wrote the reply, once the moderator had time to take it back. In the caller's
    transaction. What is rejected with a sanction is told of by the sanction."""
    from comments import jobs

    if author_id is not None and author_id != ruling.by_id and ruling.sanction_id is None:
        jobs.tell_decided.configure(schedule_in={"seconds": UNDO_SECONDS}).defer(ruling_id=ruling.pk)


def tell_decided(ruling_id: int) -> None:
    """Note the decision for whoever wrote the reply, unless it was taken back meanwhile."""
    ruling = Ruling.objects.standing().select_related("reply__author").filter(pk=ruling_id).first()
    if ruling is not None and ruling.reply.author is not None:
        outbox.note(ruling.reply.author, Notice.Kind.DECISIONS, about=f"ruling-{ruling.pk}", now=timezone.now())


def sanctioned(sanction: Sanction) -> None:
    """Let a member hear of a sanction. In the caller's transaction."""
    outbox.note(sanction.member, Notice.Kind.DECISIONS, about=f"sanction-{sanction.pk}", now=timezone.now())


def appeal_settled(appeal: Appeal) -> None:
    """Let a member hear what came of an appeal. In the caller's transaction."""
    outbox.note(appeal.member, Notice.Kind.DECISIONS, about=f"appeal-{appeal.pk}", now=timezone.now())


def report_settled(report: Report) -> None:
    """Let whoever reported hear what came of it; nobody for the word list's. In the caller's transaction."""
    if report.member is not None:
        outbox.note(report.member, Notice.Kind.DECISIONS, about=f"report-{report.pk}", now=timezone.now())


def tell_answered(reply_id: int) -> None:
    """Tell of the reply, and of what became visible with it: whom it answers, who follows, who wrote the story.

    Each reply is told of once: the claim and a row for each who hears commit together. Nothing for what is not
    visible any more and for imported replies (these are announced already). Then what is due at once is mailed.
    """
    now = timezone.now()
    reply = Reply.objects.filter(pk=reply_id).first()
    if reply is None:
        return
    branch = Reply.objects.filter(discussion=reply.discussion_id, path__startswith=reply.path, announced_at=None)
    for answer in branch.visible().published().select_related("reply_to"):
        with transaction.atomic():
            if Reply.objects.filter(pk=answer.pk, announced_at=None).update(announced_at=now):
                outbox.note_all(answer, _hearers(answer), now=now)
    digests.mail_due(now)


def _hearers(answer: Reply) -> dict[int, list[str]]:
    """Who hears of the reply, and why, the nearest reason first. Never whoever wrote it."""
    reasons: dict[int, list[str]] = {}
    asked = answer.reply_to.author_id if answer.reply_to else None
    if asked is not None:
        reasons[asked] = [Notice.Kind.ANSWERS]
    for member in following.followers_of(answer):
        reasons.setdefault(member, []).append(Notice.Kind.FOLLOWED)
    signed = Byline.objects.filter(article__discussion=answer.discussion_id, author__member__isnull=False)
    for member in signed.values_list("author__member", flat=True):
        reasons.setdefault(member, []).append(Notice.Kind.OWN_STORIES)
    if answer.author_id is not None:
        reasons.pop(answer.author_id, None)
    return reasons


def confirm_report(reference: str, reply: Reply, by: Member) -> None:
    """Mail whoever reported that the report arrived, with its reference."""
    context = {"reference": reference, "url": f"{settings.SITE_URL}{reply.get_absolute_url()}"}
    mailings.queue(f"report-{reference}", template="comments/report", context=context, member=by)
