"""Telling the world that a reply changed: stale pages, and a mail to those it answers.

Both commit with the change. Mail is a job: it exists once the reply does, and not before.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comments.access import subject_of
from comments.models import Appeal, Discussion, Notice, Reply, Report, Ruling, Sanction
from comments.notices import outbox
from members.gate import NO_METER, Audience, Decision, Terms, decide
from members.letters import mailings
from members.models import Member, SiteRules
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
    transaction."""
    from comments import jobs

    if author_id is not None and author_id != ruling.by_id:
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
    """Mail those answered by the reply, and by what became visible with it. Each reply is told of once.

    Nothing for what is not visible any more, for answers to oneself and for imported replies (these are
    announced already). One outbox row per mail, keyed, so a second run adds none.
    """
    now = timezone.now()
    reply = Reply.objects.filter(pk=reply_id).first()
    if reply is None:
        return
    branch = Reply.objects.filter(discussion=reply.discussion_id, path__startswith=reply.path, announced_at=None)
    for answer in branch.visible().published().select_related("author", "reply_to__author"):
        with transaction.atomic():
            if Reply.objects.filter(pk=answer.pk, announced_at=None).update(announced_at=now):
                _tell(answer, now)


def _tell(answer: Reply, now: datetime) -> None:
    """Queue one mail to the author of what `answer` answers, if that is somebody else with an account."""
    asked = answer.reply_to.author if answer.reply_to else None
    if asked is None or asked.pk == answer.author_id or not asked.is_active:
        return
    discussion = Discussion.objects.with_subject().get(pk=answer.discussion_id)
    subject = subject_of(discussion.subject, discussion, SiteRules.current(), now)
    context = {
        "name": answer.shown_name,
        "title": str(subject.thing),
        "text": answer.comment if _may_read(asked, subject.terms, now) else "",
        "url": f"{settings.SITE_URL}{answer.get_absolute_url()}",
    }
    mailings.queue(f"answer-{answer.pk}-{asked.pk}", template="comments/answer", context=context, member=asked)


def _may_read(member: Member, terms: Terms, now: datetime) -> bool:
    """Whether the gate lets the member read, counting no metered view for it."""
    reader = Member.objects.with_standing(now).get(pk=member.pk).as_reader()
    if terms.audience_at(now) == Audience.METERED and not (reader.is_patron or reader.on_staff):
        return False
    return decide(terms, reader, NO_METER, now) is Decision.READ


def confirm_report(reference: str, reply: Reply, by: Member) -> None:
    """Mail whoever reported that the report arrived, with its reference."""
    context = {"reference": reference, "url": f"{settings.SITE_URL}{reply.get_absolute_url()}"}
    mailings.queue(f"report-{reference}", template="comments/report", context=context, member=by)
