"""Issues on their way: recipients are written down, then one sender works through the copies, slice by slice.

In its turn (one process at a time, see `turns`) a slice lasts half a minute or 2,000 copies, and defers the next, so
that the worker's other jobs live. All issues share one job lock: what the settings allow per second holds for the whole
site. A job each minute finds what is due, so a killed sender, or one whose database went, is followed by another.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from members.letters.issues import rendering
from members.letters.sending import mailings, recipients, steering, suppression
from members.letters.sending.turns import turn
from members.models import Issue, Mailing
from newsroom import mailserver
from newsroom.mailserver import Answer, Result

SLICE_SECONDS, SLICE_COPIES = 30, 2_000
BATCH_SECONDS = 5  # whoever pauses or leaves is heeded within it, however slow the rate
IN_A_ROW = 20  # refusals, one after the other: that is not the readers
AT_ONCE, MOST = 100, 300
State, Status = Issue.State, Mailing.Status
log = logging.getLogger(__name__)


def due(now: datetime) -> list[int]:
    """The issues to go on with in this minute. One that waits for the mail server is tried less and less often."""
    rows = Issue.objects.due(now).order_by("send_at").values_list("pk", "waits_since")
    return [pk for pk, since in rows[:AT_ONCE] if since is None or _is_worth_a_try(since, now)]


def _is_worth_a_try(since: datetime, now: datetime) -> bool:
    """Each minute at first, every five after ten minutes, every quarter of an hour after an hour."""
    waited = now - since
    step = 1 if waited < timedelta(minutes=10) else 5 if waited < timedelta(hours=1) else 15
    return now.minute % step == 0


def go_on(issue_id: int, *, is_ending: Callable[[], bool] = lambda: False) -> bool:
    """One slice of an issue. True if there is more to do at once; False when it is out, paused, waits, or has no turn.

    `is_ending`: whether this process is asked to end. Effects: rows, mails. What a dead sender was handing over
    becomes unsure first, whatever the issue's state.
    """
    with turn(f"issue-{issue_id}") as is_ours:
        if not is_ours:
            return False
        now = timezone.now()
        mailings.doubt(issue_id, now=now)
        if not _begin(issue_id, now):
            return False
        issue = Issue.objects.select_related("letter__minimum_tier").get(pk=issue_id)
        return _Slice(issue, is_ending).work()


def _begin(issue_id: int, now: datetime) -> bool:
    """Whether the issue is on its way; one whose time has come is from now on. A withdrawn one is stopped."""
    row = Issue.objects.filter(pk=issue_id)
    if row.filter(state__in=[State.SCHEDULED, State.SENDING]).exclude(withdrawn_at=None).exists():
        steering.stop(row.get(), reason=_("withdrawn"), by=None, now=now)
        return False
    steering.begin(issue_id, now=now)
    return _is_sending(issue_id)


class _Slice:
    """Half a minute of one issue."""

    def __init__(self, issue: Issue, is_ending: Callable[[], bool]) -> None:
        self.issue, self.is_ending = issue, is_ending
        self.until = time.monotonic() + SLICE_SECONDS
        self.left = SLICE_COPIES
        self.next_at = time.monotonic()
        self.is_halted = False  # it waits, or a person has to look at it
        self.is_troubled = False  # the last thing that happened was the server's failing
        self.refused = 0  # in a row

    def work(self) -> bool:
        """Write down, then send. True if the next slice may begin at once."""
        while not self.issue.is_written and self._may_go_on():
            recipients.write_page(self.issue, now=timezone.now())
        while self.issue.is_written and self._may_go_on():
            batch = self._next()
            if not batch:
                self._end()
                return False
            self._send(batch)
        return not self.is_halted and _is_sending(self.issue.pk)

    def _may_go_on(self) -> bool:
        """Whether the slice goes on with the next page or batch. Somebody may have paused the issue meanwhile."""
        return not self.is_halted and self.left > 0 and not self._is_late() and _is_sending(self.issue.pk)

    def _is_late(self) -> bool:
        return time.monotonic() >= self.until or self.is_ending()

    def _next(self) -> list[Mailing]:
        """The next copies, read without a lock; as many as go out in a few seconds."""
        rate, most = settings.MAIL_PER_SECOND, min(settings.MAIL_BATCH, self.left)
        if rate:
            most = min(most, max(1, rate * BATCH_SECONDS))
        rows = Mailing.objects.due(timezone.now()).filter(issue=self.issue).order_by("pk")
        return list(rows.select_related("subscription", "member")[:most])

    def _send(self, batch: list[Mailing]) -> None:
        """Hand a batch over, on one connection."""
        barred = suppression.among(row.email for row in batch)
        if not self._learn(batch):
            return
        with mailserver.Line() as line:
            for row in batch:
                self.left -= 1
                if row.email.lower() in barred:
                    self._spare(row, str(recipients.NOT_THERE))
                elif message := self._message(row):
                    self._hand_over(row, message, line)
                if self.is_halted or self._is_late():
                    return

    def _learn(self, batch: list[Mailing]) -> bool:
        """Have the press look up whom the batch is for. False if it cannot, which halts the issue."""
        try:
            self._press.learn(batch)
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # of the issue's words, as below
            self._halt(error)
        return not self.is_halted

    def _message(self, row: Mailing) -> EmailMessage | None:
        """The copy as a message. None where there is none: settled, or the issue halted."""
        because = "" if row.subscription and row.subscription.is_receiving else mailings.LEFT
        try:
            copy = because or self._press.copy(row)
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # whatever a template raises: the rest must not get nonsense
            self._halt(error)
            return None
        if isinstance(copy, str):
            self._spare(row, copy)
            return None
        return mailings.named(copy, row)

    @cached_property
    def _press(self) -> rendering.Press:
        return rendering.Press(self.issue, timezone.now())

    def _hand_over(self, row: Mailing, message: EmailMessage, line: mailserver.Line) -> None:
        self._keep_the_pace()
        try:
            answer = line.hand_over(message, lambda: mailings.begin(row), name=str(row.pk))
        except ValueError as error:  # a header that is none
            mailings.take_down(row, Answer(Result.DOWN), now=timezone.now())
            self._halt(error)
        else:
            mailings.take_down(row, answer, now=timezone.now())
            self._heed(answer)

    def _keep_the_pace(self) -> None:
        """So many a second as the settings allow, from the first of the slice on."""
        if settings.MAIL_PER_SECOND:
            time.sleep(max(0.0, self.next_at - time.monotonic()))
            self.next_at = max(self.next_at, time.monotonic() - 1) + 1 / settings.MAIL_PER_SECOND

    def _spare(self, row: Mailing, because: str) -> None:
        mailings.settle(row.pk, Status.SUPPRESSED, now=timezone.now(), error=because)

    def _heed(self, answer: Answer) -> None:
        """What the answer means for the rest.

        A server that closes a connection may take the next message on a new one; failing twice in a row it is down.
        """
        match answer.result:
            case Result.ACCEPTED:
                self.is_troubled, self.refused = False, 0
                self._is_well()
            case Result.CALLED_OFF:
                self.is_halted = not _is_sending(self.issue.pk)
            case Result.DOWN | Result.UNSURE if self.is_troubled:
                self._wait(answer.words)
            case Result.DOWN | Result.UNSURE:
                self.is_troubled = True
            case Result.REFUSED | Result.LATER:
                self.refused += 1
                if self.refused >= IN_A_ROW:
                    self._doubt_ourselves(answer)

    def _is_well(self) -> None:
        if self.issue.waits_since is not None:
            Issue.objects.filter(pk=self.issue.pk).update(waits_since=None, waits_because="")
            self.issue.waits_since = None

    def _doubt_ourselves(self, answer: Answer) -> None:
        """Everybody is refused: a passing reason is waited for, any other is for a person to look at."""
        if answer.result is Result.LATER:
            self._wait(answer.words)
        else:
            self._pause(_("The mail server refuses every copy: %s") % answer.words)

    def _wait(self, words: str) -> None:
        """The server is down: nothing is lost, nobody is counted as failed, the desk sees since when and why."""
        self.is_halted = True
        rows = Issue.objects.filter(pk=self.issue.pk)
        rows.filter(waits_since=None).update(waits_since=timezone.now())
        rows.update(waits_because=words[:MOST])

    def _halt(self, error: Exception) -> None:
        """A copy cannot be made: the issue is paused, with the reason, until somebody mended it."""
        log.error("Issue %s cannot be rendered", self.issue.pk, exc_info=error)
        self._pause(_("It cannot be rendered: %s") % f"{type(error).__name__}: {error}")

    def _pause(self, words: str) -> None:
        self.is_halted = True
        steering.halt(self.issue, because=words[:MOST], now=timezone.now())

    def _end(self) -> None:
        """Out, if no copy is left; those that are tried again later keep it on its way."""
        waiting = Mailing.objects.filter(issue=self.issue, status__in=[Status.QUEUED, Status.HANDING])
        if not waiting.exists():
            sending = Issue.objects.filter(pk=self.issue.pk, state=State.SENDING)
            sending.update(state=State.SENT, done_at=timezone.now(), waits_since=None, waits_because="")


def _is_sending(issue_id: int) -> bool:
    return Issue.objects.filter(pk=issue_id, state=State.SENDING, withdrawn_at=None).exists()
