"""How an issue stands, in words and numbers, and the buttons that stand open to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.desk.fields import said
from members.letters.sending import steering
from members.letters.sending.figures import Figures
from members.models import Issue

State = Issue.State


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


def steps_of(issue: Issue) -> list[Step]:
    """The buttons for an issue that is no draft. One query for one that is out."""
    steps = list(STEPS.get(issue.state, ()))
    if issue.state == State.SENT and steering.not_arrived(issue).exists():
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


def figures_in_words(figures: Figures) -> list[tuple[str, int]]:
    """What became of the copies: what is known of any, in the order of a copy's life."""
    lines = (
        (_("Copies written"), figures.written),
        (_("Still to be handed over"), figures.queued),
        (_("Accepted by the mail server"), figures.accepted),
        (_("Delivered, as the provider says"), figures.delivered),
        (_("Bounced"), figures.bounced),
        (_("Called spam by its reader"), figures.complained),
        (_("Refused"), figures.failed),
        (_("Not sent"), figures.suppressed),
        (_("Unsure: we died while handing it over"), figures.unsure),
        (_("Left by its link"), figures.left),
        (_("Presses on its links, in sum"), figures.clicks),
    )
    return [(label, number) for label, number in lines if number]


def in_short(figures: Figures) -> str:
    """One line for lists: how many copies, and how many of them a server took."""
    if not figures.written:
        return ""
    copies = ngettext("%(n)s copy", "%(n)s copies", figures.written) % {"n": f"{figures.written:,}"}
    return _("%(copies)s, %(taken)s accepted") % {"copies": copies, "taken": f"{figures.accepted:,}"}


def is_moving(issue: Issue, now: datetime) -> bool:
    """Whether its page should look again soon."""
    due = issue.state == State.SCHEDULED and issue.send_at is not None and issue.send_at <= now
    return due or issue.state == State.SENDING
