"""Every mail to a person is one row, made in the transaction of what it tells of, sent by a job, never twice."""

from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from members.letters.issues import contents
from members.letters.issues.rendering import Press
from members.models import Issue, LetterSubscription, Mailing, Member, SiteRules
from newsroom import mail

FOR_THE_READER_ALONE = {"code", "stories", "decisions"}  # a gift's code is money; what people wrote is theirs


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
            _settle(row, Mailing.Status.SUPPRESSED, now)
            return
        if row.issue is not None:
            _hand_over(row, Press(row.issue, now).copy(row), now)
            return
        letter, headers = contents.letter_of(row, now)
        context = {"site_name": SiteRules.current().name, **row.context, **letter}
        language = row.member.language if row.member else ""
        mail.send(row.template, to=row.email, context=context, language=language, headers=headers)
        _settle(row, Mailing.Status.ACCEPTED, now)


def _hand_over(row: Mailing, copy: EmailMultiAlternatives | str, now: datetime) -> None:
    """Send a copy of an issue, or note why its reader gets none."""
    if isinstance(copy, str):
        row.error = copy
        row.save(update_fields=["error"])
        _settle(row, Mailing.Status.SUPPRESSED, now)
        return
    copy.send()
    _settle(row, Mailing.Status.ACCEPTED, now)


def _settle(row: Mailing, status: Mailing.Status, now: datetime) -> None:
    """Write down what became of it; what only its reader should hold is forgotten."""
    row.status, row.settled_at = status, now
    row.context = {name: value for name, value in row.context.items() if name not in FOR_THE_READER_ALONE}
    row.save(update_fields=["status", "settled_at", "context"])
