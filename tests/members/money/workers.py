"""Real workers to be killed: `manage.py worker` on the tests' database, a mail server, and places to stop them at."""

import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from procrastinate.exceptions import AlreadyEnqueued

from newsroom.jobs import recover_stalled
from tests.fakestripe import FakeStripe

ROOT = Path(__file__).resolve().parents[3]


def until(true: Callable[[], Any], seconds: float = 60, why: Callable[[], str] = lambda: "") -> None:
    """Wait until `true()`; the test fails with `why()` when it takes longer."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on a free port. What it accepted is in `got`; while `is_holding` it does not answer to the text."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.got: list[str] = []
        self.is_holding = False
        self.reached = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def subjects(self) -> list[str]:
        """Of the mails accepted, in their order."""
        return [found[1] for text in self.got if (found := re.search(r"^Subject: (.*)$", text, re.MULTILINE))]


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        with suppress(ConnectionError):
            self.say("220 ready")
            while line := self.rfile.readline():
                word = line.split(b" ")[0].strip().upper()
                if word == b"DATA":
                    self.say("354 go on")
                    self.take_text()
                else:
                    self.say("221 bye" if word == b"QUIT" else "250 ok")

    def take_text(self) -> None:
        text = b"".join(iter(lambda: self.rfile.readline().removesuffix(b".\r\n") or b"", b""))
        if self.server.is_holding:
            self.server.reached.set()
            return  # no answer: who sent it never learns of it, and it is not taken
        self.server.got.append(text.decode("utf-8", "replace"))
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server in a thread."""
    server = MailServer()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def locked(table: str, where: str = "TRUE") -> Iterator[None]:
    """Rows of a table locked by somebody else; whoever still waits for them at the end dies with their worker."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE {where} FOR UPDATE")  # the tests' own words
        assert cursor.fetchall()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM {WAITING}")  # as above
        other.rollback()
        other.close()


WAITING = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def somebody_waits() -> bool:
    """Whether a connection waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {WAITING}")  # a constant
        return bool(cursor.fetchone()[0])


def jobs(status: str, queue: str = "money") -> int:
    """How many jobs are `todo`, `doing`, `succeeded` or `failed`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = %s AND queue_name = %s", [status, queue])
        return int(cursor.fetchone()[0])


def our_database() -> str:
    """The tests' database as an address."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))


def empty_queue() -> None:
    """The queue's tables are not Django's, so no flush empties them."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


@dataclass
class Shift:
    """The workers of a test: one at a time, each a process of its own."""

    fake: FakeStripe
    post: MailServer
    log: Path
    at_work: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def begin(self) -> None:
        """A worker comes in."""
        told = {
            "DATABASE_URL": our_database(),
            "STRIPE_API_BASE": self.fake.url,
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.post.port),
        }
        command = [sys.executable, "manage.py", "worker", "--skip-checks"]
        with self.log.open("ab") as words:
            self.at_work.append(
                subprocess.Popen(command, cwd=ROOT, env={**os.environ, **told}, stdout=words, stderr=words)
            )

    def kill(self) -> None:
        """kill -9: no word of farewell, nothing put in order."""
        worker = self.at_work.pop()
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)

    def relieve(self) -> None:
        """Half a minute later: nobody hears of the dead worker any more, another one comes in and recovers."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
        with suppress(AlreadyEnqueued):
            recover_stalled.defer(timestamp=0)
        self.begin()

    def end(self) -> None:
        """Send everybody home."""
        for worker in self.at_work:
            worker.kill()
            worker.wait(10)

    def words(self) -> str:
        """What the workers said."""
        return self.log.read_text(errors="replace")[-3000:]
