"""A mail server that keeps nothing but counts, in a process of its own: for tests of sending and the bench.

    with sink() as post:
        post.tell(refuse={"ann@example.org": "550 nobody here"})
        …
        assert post.counts() == {"bob@example.org": 1}

What it is told: `refuse` (address: reply to RCPT), `refuse_text` (address: reply to its text), `refuse_all` (reply to
every RCPT), `slow` (seconds before it answers to a text), `hang_up` ("connected"; "text": instead of taking it;
"taken": instead of answering), `close_after` (421 after so many texts on a connection), `is_down` (nobody listens).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Sink:
    """The running server, told and asked through its standard input and output."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._ask({})["port"])

    def tell(self, **rules: Any) -> None:
        """How it behaves from now on; what is not named stays as it is."""
        self._ask({"rules": rules})

    def counts(self) -> dict[str, int]:
        """How often it took a message for each address."""
        return dict(self._ask({})["counts"])

    def number(self) -> int:
        """How many messages it took."""
        return int(self._ask({"brief": True})["number"])

    def message_ids(self) -> dict[str, list[str]]:
        """The Message-IDs it took for each address."""
        return dict(self._ask({})["message_ids"])

    def last(self) -> str:
        """The last message it took, as it came."""
        return str(self._ask({})["last"])

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def sink() -> Iterator[Sink]:
    """A server on a free port of this machine, ended with the block."""
    command = [sys.executable, "-m", "tests.mailsink"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Sink(process)
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            assert pipe
            pipe.close()
