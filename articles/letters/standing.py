"""How an issue stands, in words and numbers, and the buttons that stand open to it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.desk.fields import said
from members.models import Issue, Mailing

State, Status = Issue.State, Mailing.Status


@dataclass(frozen=True, slots=True)
class Step:
    """A button: the verb in its address, its effect in words, and whether a reason is asked for."""

    verb: str
    label: Any
    asks_why: bool = False
    is_grave: bool = False


BACK = Step("back", gettext_lazy("Take it back to the drafts"))
PAUSE = Step("pause", gettext_lazy("Pause: hold what has not left"))
RESUME = Step("resume", gettext_lazy("Go on sending"))
STOP = Step("stop", gettext_lazy("Stop it for good"), asks_why=True, is_grave=True)
AGAIN = Step("again", gettext_lazy("Send again to those it did not surely reach"))
COPY = Step("copy", gettext_lazy("Make a new draft of it"))
STEPS: dict[str, tuple[Step, ...]] = {
    State.SCHEDULED: (BACK, STOP, COPY),
    State.SENDING: (PAUSE, STOP, COPY),
    State.PAUSED: (RESUME, STOP, COPY),
    State.STOPPED: (COPY,),
    State.SENT: (COPY,),
}
AGAIN_FOR = (Status.UNSURE, Status.FAILED)


def counts_of(issues: Iterable[Issue]) -> dict[int, Counter[str]]:
    """How many copies of each issue are in each status: one query."""
    found: dict[int, Counter[str]] = {issue.pk: Counter() for issue in issues}
    rows = Mailing.objects.filter(issue__in=list(found)).order_by().values_list("issue", "status")
    for pk, status, number in rows.annotate(number=Count("pk")):
        found[pk][status] = number
    return found


def steps_of(issue: Issue, counts: Counter[str]) -> list[Step]:
    """The buttons for an issue that is no draft."""
    steps = list(STEPS.get(issue.state, ()))
    if issue.state == State.SENT and any(counts[status] for status in AGAIN_FOR):
        steps.insert(0, AGAIN)
    return steps


def sentence(issue: Issue) -> str:
    """Its state as people say it, with the moment."""
    at = said(issue.send_at) if issue.send_at else ""
    match issue.state:
        case State.SCHEDULED:
            return _("Goes out %(at)s.") % {"at": at}
        case State.SENDING if issue.waits_since:
            since = timezone.localtime(issue.waits_since).strftime("%H:%M")
            return _("Waits since %(since)s: %(because)s") % {"since": since, "because": issue.waits_because}
        case State.SENDING:
            return _("On its way since %(at)s.") % {"at": at}
        case State.PAUSED:
            return _("Paused. Nothing more leaves until somebody goes on.")
        case State.STOPPED:
            return _("Stopped. Nothing more leaves.")
        case State.SENT:
            return _("Out since %(at)s.") % {"at": at}
        case _draft:
            return _("Draft.")


def figures_in_words(counts: Counter[str]) -> list[tuple[str, int]]:
    """The statuses that any copy is in, in the order of a copy's life."""
    return [(str(Status(status).label), counts[status]) for status in Status.values if counts[status]]


def in_short(issue: Issue, counts: Counter[str]) -> str:
    """One line for lists: how many copies, and how many of them a server took."""
    written = sum(counts.values())
    if not written:
        return ""
    taken = counts[Status.ACCEPTED] + counts[Status.DELIVERED]
    copies = ngettext("%(n)s copy", "%(n)s copies", written) % {"n": f"{written:,}"}
    return _("%(copies)s, %(taken)s accepted") % {"copies": copies, "taken": f"{taken:,}"}


def is_moving(issue: Issue, now: datetime) -> bool:
    """Whether its page should look again soon."""
    due = issue.state == State.SCHEDULED and issue.send_at is not None and issue.send_at <= now
    return due or issue.state == State.SENDING
