"""After a restore nobody is mailed what they were mailed before: what waited to go out is held.

A backup is older than the moment it is put back at. What waited in it has most likely gone out since, and what came
due since, too; nobody can know. We decided as `mailings` did for a process that died: twice annoys, missing is seen on
the desk. Jobs are dropped: each is made anew by the periodic job that looks for what is due.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from articles.letters import digests as issues
from articles.models import Article
from comments.notices import digests as notices
from comments.notices import moderators
from members.letters.sending import mailings, steering
from members.models import Issue, Mailing
from members.money.giving import gifts
from members.money.keeping import reminders
from members.topics.loop import telling

DUE = (
    notices.mail_due,
    moderators.mail_digests,
    gifts.deliver_due,
    gifts.remind_due,
    telling.tell_due,
    reminders.remind,
)
BECAUSE = "a backup was put back: perhaps it went out before"
WAITING = (Mailing.Status.QUEUED, Mailing.Status.HANDING)


@dataclass(frozen=True, slots=True)
class Held:
    """How many mails are held as unsure, issues paused, stories not announced, jobs dropped."""

    mails: int
    issues: int
    stories: int
    jobs: int


def hold(now: datetime) -> Held:
    """Hold what waits and what is due at `now`. In the caller's transaction.

    Effects: mails are made of what is due, and all that wait are UNSURE; issues under way are paused; live stories
    count as announced; no job is left.
    """
    stories = Article.objects.live(now).unannounced().update(announced_at=now)
    for due in DUE:
        due(now)
    paused = _pause_issues(now)
    waiting = list(Mailing.objects.filter(status__in=WAITING).values_list("pk", flat=True))
    mails = sum(mailings.settle(pk, Mailing.Status.UNSURE, now=now, error=BECAUSE) for pk in waiting)
    return Held(mails=mails, issues=paused, stories=stories, jobs=_drop_jobs())


def _pause_issues(now: datetime) -> int:
    """Pause what is on its way or would be: the digests of today's hours, issues whose time has come."""
    for letter in issues.due(now):
        issues.put_together(letter, now=now)
    for scheduled in Issue.objects.filter(state=Issue.State.SCHEDULED, send_at__lte=now):
        steering.begin(scheduled.pk, now=now)
    under_way = list(Issue.objects.filter(state=Issue.State.SENDING))
    for issue in under_way:
        steering.halt(issue, because=BECAUSE, now=now)
    return len(under_way)


def _drop_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' OR status = 'doing'")
        dropped = cursor.rowcount
        cursor.execute("DELETE FROM procrastinate_jobs")
    return int(dropped)
