"""`python -m tests.bench.letters RECIPIENTS`: an issue to so many recipients into a local mail server, as JSON.

Needs a database of its own. Everything runs on this machine: the sender, the database and the mail server share its
cores. Memory is the sender's, at its most; CPU is the sender's for one copy.
"""

import json
import os
import resource
import sys
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from tests.bench.servers import run
from tests.mailsink import Sink, sink

RECIPIENTS = 100_000
QUICK = 500
PARAGRAPH = "<p>The harbour board met for nine hours and agreed on nothing but the date of its next meeting.</p>"
CHUNK = 10_000


def measure(environment: dict[str, str], recipients: int) -> dict[str, Any]:
    """In a process of its own, since its memory is asked for."""
    told = environment | {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    found: dict[str, Any] = json.loads(run(told, "-m", "tests.bench.letters", str(recipients)))
    return found


def report(found: dict[str, Any]) -> str:
    """The figures as a table."""
    rows = [
        ("written down", f"{found['written']:,} in {found['writing_s']:.1f} s"),
        ("accepted", f"{found['accepted']:,} in {found['sending_s']:.1f} s"),
        ("copies a second", f"{found['per_second']:.0f}"),
        ("CPU of the sender a copy", f"{found['cpu_ms']:.2f} ms"),
        ("memory of the sender", f"{found['memory_mb']:.0f} MB ({found['memory_before_mb']:.0f} MB before)"),
        ("bytes a copy", f"{found['bytes']:,}"),
        ("twice, or missing", f"{found['twice']}, {found['missing']}"),
    ]
    head = "| An issue into a local mail server | |\n|---|---|"
    return "## Letters\n" + "\n".join([head, *(f"| {name} | {value} |" for name, value in rows)])


def subscribed(recipients: int) -> Any:
    """An issue of a story in full, and its readers."""
    from django.utils import timezone

    from members.gate import Audience, Terms
    from members.letters.issues.making import StoryNotice
    from members.models import Issue, Letter, LetterSubscription

    now = timezone.now()
    letter = Letter.objects.create(slug=f"bench-{now:%H%M%S}", name="The Daily")
    for start in range(0, recipients, CHUNK):
        rows = range(start, min(start + CHUNK, recipients))
        LetterSubscription.objects.bulk_create(
            [LetterSubscription(letter=letter, email=f"reader{row}@example.org", confirmed_at=now) for row in rows]
        )
    terms = asdict(Terms(1, Audience.EVERYONE, now - timedelta(hours=1)))
    terms["live_from"] = terms["live_from"].isoformat()
    body = PARAGRAPH * 60
    story = StoryNotice(1, "Quay sinks", "And nobody owns it.", PARAGRAPH, "/2026/11/23/quay/", terms, body)
    return Issue.objects.create(
        letter=letter,
        subject="Quay sinks",
        content={"intro_html": "", "stories": [asdict(story)]},
        state=Issue.State.SENDING,
        send_at=now,
    )


def sent(issue: Any, post: Sink) -> dict[str, Any]:
    """Write the recipients down, send, count."""
    from django.utils import timezone

    from members.letters.sending import outbox, recipients

    began = time.monotonic()
    while not issue.is_written:
        recipients.write_page(issue, now=timezone.now())
    written, before, cpu = time.monotonic(), memory_mb(), time.process_time()
    while outbox.go_on(issue.pk):
        pass
    took, cpu = time.monotonic() - written, time.process_time() - cpu
    counts = post.counts()
    number = issue.mailings.count()
    accepted = issue.mailings.filter(status="accepted").count()
    return {
        "written": number,
        "writing_s": written - began,
        "accepted": accepted,
        "sending_s": took,
        "per_second": accepted / took,
        "cpu_ms": cpu * 1000 / number,
        "memory_mb": memory_mb(),
        "memory_before_mb": before,
        "bytes": len(post.last()),
        "twice": sum(times > 1 for times in counts.values()),
        "missing": number - len(counts),
    }


def memory_mb() -> float:
    """The most this process ever took."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on a Mac, else kB
    return most / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    import django

    with sink() as server:
        os.environ |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port)}
        django.setup()
        print(json.dumps(sent(subscribed(int(sys.argv[1])), server)))
