"""Every mail to a person is one row, made in the transaction of what it tells of, sent by a job, never twice."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from members.letters.issues import contents
from members.letters.sending import suppression
from members.models import Issue, LetterSubscription, Mailing, Member, SiteRules
from newsroom import mail

FOR_THE_READER_ALONE = {"code", "stories", "decisions"}  # a gift's code is money; what people wrote is theirs
ORDER = (  # what is heard later never makes a row worse known than it is
    Mailing.Status.QUEUED, Mailing.Status.HANDING, Mailing.Status.SUPPRESSED, Mailing.Status.UNSURE,
    Mailing.Status.ACCEPTED, Mailing.Status.FAILED, Mailing.Status.DELIVERED, Mailing.Status.BOUNCED,
    Mailing.Status.COMPLAINED,
)  # fmt: skip


def queue(
    key: str,
    *,
    template: str,
    context: dict[str, Any],
    member: Member | None = None,
    email: str = "",
    issue: Issue | None = None,
    subscription: LetterSubscription | None = None,
) -> bool:
    """Have `emails/<template>` sent to the member or address; False if `key` was queued before.

    `key` names kind, object and period (`welcome-17-2026-11`). `context` must be JSON. The job commits
    with the caller's transaction.
    """
    from members.letters import jobs

    with transaction.atomic():
        mailing, is_new = Mailing.objects.get_or_create(
            key=key,
            defaults={
                "template": template,
                "context": context,
                "member": member,
                "email": email or (member.email if member else ""),
                "issue": issue,
                "subscription": subscription,
            },
        )
        if is_new:
            jobs.send_mailing.defer(mailing_id=mailing.pk)
    return is_new


def send(mailing: Mailing) -> None:
    """Hand the mailing to the mail server, once; does nothing when it was settled before.

    The row's own lock is the claim: of two workers one sends, and one killed before the server's answer
    leaves the row queued. A copy whose reader has left since is suppressed. Raises what the mail backend
    raises; the row then stays queued and the job tries again.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = Mailing.objects.select_for_update(of=("self",)).select_related("member", "issue__letter", "subscription")
        row = rows.get(pk=mailing.pk)
        if row.status != Mailing.Status.QUEUED:
            return
        if row.subscription is not None and not row.subscription.is_receiving:
            settle(row.pk, Mailing.Status.SUPPRESSED, now=now)
            return
        if why := suppression.keeps_back(row.template, row.email):
            settle(row.pk, Mailing.Status.SUPPRESSED, now=now, error=why)
            return
        letter, headers = contents.letter_of(row, now)
        context = {"site_name": SiteRules.current().name, **row.context, **letter}
        language = row.member.language if row.member else ""
        mail.send(row.template, to=row.email, context=context, language=language, headers=headers)
        settle(row.pk, Mailing.Status.ACCEPTED, now=now)


def settle(mailing_pk: int, status: Mailing.Status, *, now: datetime, error: str = "", message_id: str = "") -> bool:
    """Write down what became of a mailing, only upwards in `ORDER`; what only its reader should hold is forgotten.

    The one writer of a mailing's status. True if it was news; whatever the order of what is heard, the best known
    state stays.
    """
    with transaction.atomic():
        row = Mailing.objects.select_for_update(of=("self",)).get(pk=mailing_pk)
        if ORDER.index(Mailing.Status(row.status)) >= ORDER.index(status):
            return False
        row.status, row.settled_at, row.error = status, now, error[:300]
        row.message_id = message_id[:200] or row.message_id
        row.context = {name: value for name, value in row.context.items() if name not in FOR_THE_READER_ALONE}
        row.save(update_fields=["status", "settled_at", "error", "message_id", "context"])
    return True
