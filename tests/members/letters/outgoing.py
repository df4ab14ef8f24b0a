"""What tests of sending share: an issue with readers, the mail server it goes to, and a sender in its own process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from members.gate import Audience, Terms
from members.letters.issues import making
from members.letters.sending import outbox
from members.models import Issue, Letter, LetterSubscription, Mailing
from tests.mailsink import Sink

ROOT = Path(__file__).resolve().parents[3]
CALM = {"refuse": {}, "refuse_text": {}, "refuse_all": "", "slow": 0, "hang_up": "", "close_after": 0, "is_down": False}
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail_settings(post: Sink) -> dict[str, str]:
    """Environment of a process that hands its mails to `post`."""
    return {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(post.port)}


def connect(settings: Any, post: Sink) -> None:
    """Have this process hand its mails to `post`, which behaves as if nobody had told it anything."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", post.port
    post.tell(**CALM)


def make_issue(readers: int = 0, **fields: Any) -> Issue:
    """An issue of one story, on its way; `readers` get it: reader0@letters.example and so on."""
    now: datetime = timezone.now()
    letter = Letter.objects.create(slug=f"letter-{Letter.objects.count()}", name="The Daily")
    terms = asdict(Terms(1, Audience.EVERYONE, now - timedelta(hours=1)))
    terms["live_from"] = terms["live_from"].isoformat()
    story = making.StoryNotice(1, "Quay sinks", "And nobody owns it.", "<p>Open.</p>", "/quay/", terms)
    content = {"intro_html": "", "stories": [asdict(story)]}
    made = {"state": Issue.State.SENDING, "send_at": now, "subject": "Quay sinks", "content": content, **fields}
    issue = Issue.objects.create(letter=letter, **made)
    subscribe(issue, [f"reader{number}@letters.example" for number in range(readers)])
    return issue


def subscribe(issue: Issue, emails: list[str]) -> None:
    """Have them receive the issue's letter."""
    rows = [LetterSubscription(letter=issue.letter, email=email, confirmed_at=timezone.now()) for email in emails]
    LetterSubscription.objects.bulk_create(rows)


def send(issue: Issue) -> Issue:
    """Slice after slice, as the jobs do; the issue as it is then."""
    while outbox.go_on(issue.pk):
        pass
    issue.refresh_from_db()
    return issue


def states(issue: Issue) -> dict[str, str]:
    """What became of each copy, by the reader's name."""
    rows = Mailing.objects.filter(issue=issue).values_list("email", "status")
    return {email.partition("@")[0]: status for email, status in rows}


@contextmanager
def senders(issue: Issue, post: Sink, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Two processes that send the issue until it is out, and who looks after them; each tells its number."""
    command = [sys.executable, "-m", "tests.members.letters.sender", str(issue.pk)]
    told = {**environment, **mail_settings(post), "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    working = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield working
    finally:
        with suppress(ProcessLookupError):
            os.killpg(working.pid, signal.SIGKILL)
        working.wait(10)
        assert working.stdout
        working.stdout.close()
