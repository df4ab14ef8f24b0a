"""What is kept of mails, and for how long.

Events of providers go after 90 days: what they said stands in the state of the mailing and in the suppression.
Copies of letters and notices forget after a year whose they were; they stay to be counted, and their keys, so that
nothing goes out twice. Mails about money and accounts stay with the account, until it is erased: they are part of
what a reader may ask about. So does the suppression of an address: it is the promise not to write again.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from members.letters.sending import mailings, suppression
from members.models import Issue, MailEvent, Mailing

EVENTS_KEPT = timedelta(days=90)
NAMES_KEPT = timedelta(days=365)
CATCHES_UP = timedelta(days=60)  # a worker that stood still for so long loses nothing
BATCH, BATCHES = 5000, 400  # rows in one transaction; transactions a night


def forget_old(*, now: datetime) -> int:
    """Delete old events and take people out of old copies, in batches; returns how many rows. Runs again freely."""
    return _old_events(now) + _old_copies(now) + _old_notices(now)


def _old_events(now: datetime) -> int:
    """They were received in the order of their keys, so the oldest are the first."""
    gone = 0
    for _batch in range(BATCHES):
        first = MailEvent.objects.order_by("pk").values_list("pk", "received_at")[:BATCH]
        old = [pk for pk, received_at in first if received_at < now - EVENTS_KEPT]
        gone += MailEvent.objects.filter(pk__in=old).delete()[0]
        if len(old) < BATCH:
            break
    return gone


def _old_copies(now: datetime) -> int:
    until = now - NAMES_KEPT
    emptied = 0
    for issue in Issue.objects.filter(send_at__lt=until, send_at__gte=until - CATCHES_UP).order_by("pk"):
        copies = Mailing.objects.filter(issue=issue)
        for pk in copies.filter(status=Mailing.Status.UNSURE).values_list("pk", flat=True):
            mailings.settle(pk, Mailing.Status.FAILED, now=now, error="nobody ever told")
        emptied += _empty(copies)
    return emptied


def _old_notices(now: datetime) -> int:
    asked = Q(template="members/issue_test") | Q(member=None)
    for prefix in suppression.SPARED:
        asked |= Q(template__startswith=prefix)
    return _empty(Mailing.objects.filter(asked, issue=None, settled_at__lt=now - NAMES_KEPT))


def _empty(rows: QuerySet[Mailing]) -> int:
    """Take whose they were, and what they said, out of settled mailings."""
    emptied = 0
    waiting = (Mailing.Status.QUEUED, Mailing.Status.HANDING)
    for _batch in range(BATCHES):
        part = list(rows.exclude(status__in=waiting).exclude(email="").order_by().values_list("pk", flat=True)[:BATCH])
        emptied += Mailing.objects.filter(pk__in=part).update(
            email="", context={}, error="", member=None, subscription=None
        )
        if len(part) < BATCH:
            break
    return emptied
