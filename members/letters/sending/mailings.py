"""Every mail to a person is one row, made in the transaction of what it tells of, handed over by a job.

A row is handed over without a lock: it is marked HANDING and committed, as late as can be (see `newsroom.mailserver`),
the text leaves us, and the server's answer settles it. Nothing is called accepted that no server answered for.

What a process that dies in between leaves HANDING was almost certainly taken, but nobody can know. We decided: the copy
of an issue becomes UNSURE and is never sent again by itself, since a letter that comes twice annoys, and one that is
missing is seen on the desk (`steering.send_again`; a provider's event settles it, too). A single mail (a code, a
receipt) is handed over again with the same Message-ID, since twice is better than never.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import CharField, F, Func, JSONField, QuerySet, Value
from django.utils import timezone

from members.letters.issues import contents, rendering
from members.letters.sending import suppression
from members.letters.sending.turns import turn
from members.models import Issue, LetterSubscription, Mailing, Member, SiteRules
from newsroom import mail, mailserver
from newsroom.mailserver import Answer, Result

Status = Mailing.Status
ORDER = {
    Status.QUEUED: 0,
    Status.SUPPRESSED: 1,  # only what nobody has begun
    Status.HANDING: 2,
    Status.UNSURE: 3,
    Status.ACCEPTED: 4,
    Status.FAILED: 5,  # also by an event that comes after the acceptance
    Status.DELIVERED: 6,
    Status.BOUNCED: 7,
    Status.COMPLAINED: 8,
}
FOR_THE_READER_ALONE = ["code", "stories", "decisions"]  # a gift's code is money; what people wrote is theirs
KEPT = (Status.FAILED, Status.UNSURE)  # may have to be sent again
LEFT = "left"
AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 240, 480, 660))  # five times in a day
OVERDUE, TOO_OLD = timedelta(hours=2), timedelta(days=3)
AT_ONCE = 500


class HandingError(Exception):
    """The mail server could not be talked to; the message is its words. The job tries again."""


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
    """Hand one mail to the mail server; does nothing when it was settled before, or while another process does it.

    Raises HandingError when the server took nothing and it was not for this mail's sake: the row is queued again,
    and the job tries again. Refused for a passing reason it is tried five times more within a day. Raises what the
    templates raise.
    """
    with turn(f"mailing-{mailing.pk}") as is_ours:
        if is_ours:
            _send(Mailing.objects.select_related("member", "issue__letter", "subscription__member").get(pk=mailing.pk))


def _send(row: Mailing) -> None:
    now = timezone.now()
    if row.status == Status.HANDING and row.issue_id is not None:
        settle(row.pk, Status.UNSURE, now=now)
    if row.status not in (Status.QUEUED, Status.HANDING) or (row.status == Status.HANDING and row.issue_id is not None):
        return
    try:
        message = _message(row, now)
    except mail.MissingField as error:  # it waits, with the reason, for who mends the template
        Mailing.objects.filter(pk=row.pk).update(error=str(error)[:300])
        raise
    if isinstance(message, str):
        settle(row.pk, Status.SUPPRESSED, now=now, error=message)
        return
    with mailserver.Line() as line:
        answer = line.hand_over(message, lambda: begin(row, again=True), name=str(row.pk))
    take_down(row, answer, now=now)
    if answer.result in (Result.DOWN, Result.UNSURE):
        raise HandingError(answer.words)


def _message(row: Mailing, now: datetime) -> EmailMessage | str:
    """The message, or why there is none."""
    if row.subscription is not None and not row.subscription.is_receiving:
        return LEFT
    if row.issue is not None:
        copy = rendering.Press(row.issue, now).copy(row)
        return copy if isinstance(copy, str) else named(copy, row)
    if why := suppression.keeps_back(row.template, row.email):
        return why
    letter, headers = contents.letter_of(row, now)
    context = {"site_name": SiteRules.current().name, **row.context, **letter}
    language = row.member.language if row.member else ""
    return named(mail.compose(row.template, to=row.email, context=context, language=language, headers=headers), row)


def named(message: EmailMessage, row: Mailing) -> EmailMessage:
    """The message with its name, the same each time it is handed over."""
    message.extra_headers.setdefault("Message-ID", mail.message_id(row.key))
    return message


def begin(row: Mailing, *, again: bool = False) -> bool:
    """Mark that its text leaves us now; False if somebody settled or stopped it meanwhile.

    `again`: a mark found from before does not matter. Committed at once: no caller's transaction may be open.
    """
    begun = [Status.QUEUED, Status.HANDING] if again else [Status.QUEUED]
    rows = Mailing.objects.filter(pk=row.pk, status__in=begun)
    return rows.update(status=Status.HANDING, message_id=mail.message_id(row.key)) == 1


def take_down(row: Mailing, answer: Answer, *, now: datetime) -> None:
    """Write down what the server answered. The copy of an issue whose fate is unknown is UNSURE."""
    told: Any = {"now": now, "error": answer.words, "message_id": answer.message_id}
    match answer.result:
        case Result.ACCEPTED:
            settle(row.pk, Status.ACCEPTED, **told)
        case Result.REFUSED:
            settle(row.pk, Status.FAILED, **told)
        case Result.UNSURE if row.issue_id is not None:
            settle(row.pk, Status.UNSURE, **told)
        case Result.LATER if row.tries >= len(AGAIN_AFTER):
            settle(row.pk, Status.FAILED, **told)
        case Result.LATER:
            _put_back(row, due=now + AGAIN_AFTER[row.tries], tries=row.tries + 1, words=answer.words)
        case Result.DOWN | Result.UNSURE:
            _put_back(row, due=row.queued_at, tries=row.tries, words=answer.words)


def _put_back(row: Mailing, *, due: datetime, tries: int, words: str) -> None:
    """It was not taken: into the queue again, with a job of its own where it is a single mail that waits."""
    from members.letters import jobs

    with transaction.atomic():
        begun = Mailing.objects.filter(pk=row.pk, status__in=[Status.QUEUED, Status.HANDING])
        begun.update(status=Status.QUEUED, queued_at=due, tries=tries, error=words)
        if row.issue_id is None and due != row.queued_at:
            jobs.send_mailing.configure(schedule_at=due).defer(mailing_id=row.pk)


def settle(mailing_pk: int, status: str, *, now: datetime, error: str = "", message_id: str = "") -> bool:
    """Write down what became of a mailing, the one way to do so; False if something later in `ORDER` was known.

    What only its reader should hold is forgotten, unless it may have to be sent again.
    """
    below = [known for known, place in ORDER.items() if place < ORDER[Status(status)]]
    changes: dict[str, Any] = {"status": status, "settled_at": now, "error": error[:300]}
    if message_id:
        changes["message_id"] = message_id[:200]
    if status not in KEPT:
        changes["context"] = _without_secrets()
    return Mailing.objects.filter(pk=mailing_pk, status__in=below).update(**changes) == 1


def suppress(rows: "QuerySet[Mailing]", *, because: str, now: datetime) -> int:
    """Send none of these that nobody has begun. Returns how many that were."""
    queued = rows.filter(status=Status.QUEUED)
    return queued.update(status=Status.SUPPRESSED, error=because[:300], settled_at=now, context=_without_secrets())


def doubt(issue_id: int, *, now: datetime) -> int:
    """Copies of an issue that a dead process was handing over are UNSURE. Only in the issue's turn. How many."""
    left = Mailing.objects.filter(issue=issue_id, status=Status.HANDING)
    return left.update(status=Status.UNSURE, settled_at=now, error="our process ended while handing it over")


def queue_again(rows: "QuerySet[Mailing]", *, now: datetime) -> int:
    """Into the queue once more, as if never tried: by a person's wish alone. Returns how many."""
    return rows.filter(status__in=KEPT).update(
        status=Status.QUEUED, queued_at=now, tries=0, error="", settled_at=None, message_id=""
    )


def send_forgotten(now: datetime) -> int:
    """Single mails that wait for hours have lost their job: give them one. After three days they have failed.

    Returns how many got one. Effects: jobs; rows settled.
    """
    from members.letters import jobs

    waiting = [Status.QUEUED, Status.HANDING]
    single = Mailing.objects.filter(issue=None, status__in=waiting, queued_at__lte=now - OVERDUE)
    too_old = single.filter(status=Status.QUEUED, queued_at__lte=now - TOO_OLD)
    for pk, words in too_old.values_list("pk", "error")[:AT_ONCE]:
        settle(pk, Status.FAILED, now=now, error=words or "the mail server could not be reached for three days")
    found = list(single.order_by("queued_at").values_list("pk", flat=True)[:AT_ONCE])
    for pk in found:
        jobs.queue_mail(pk)
    return len(found)


def _without_secrets() -> Func:
    names = Value(FOR_THE_READER_ALONE, output_field=ArrayField(CharField()))
    return Func(F("context"), names, template="%(expressions)s", arg_joiner=" - ", output_field=JSONField())
