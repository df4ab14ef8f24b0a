"""`python -m tests.bench.patrons`: patrons read one story and reply; reads its plan as JSON.

A session is a thread that reads, waits and reads again; every few seconds it replies, as one after the other of
its accounts, since nobody may reply without end. Each comes from an address of its own.
"""

import http.client
import json
import re
import threading
import time
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlencode

from tests.bench.crowd import Span, told

NUMBER = re.compile(rb"correction number (\d+)")
PAUSE_SECONDS = 0.1  # between two looks
REPLY_SECONDS = 2.4  # between two replies of one session: of eight sessions one replies every 0.3 s
PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Plan:
    """`accounts`: session keys of each session's people; `reply_to`: the address of the form."""

    ports: list[int]
    path: str
    reply_to: str
    accounts: list[list[str]]
    seconds: float


class Patron(threading.Thread):
    """One session. `looks`: (begun, took, status, number of the correction); `replies`: (begun, took, status)."""

    def __init__(self, plan: Plan, number: int, span: Span) -> None:
        super().__init__(daemon=True)
        self._plan = plan
        self._number = number
        self._span = span
        self._port = plan.ports[number % len(plan.ports)]
        accounts = list(enumerate(plan.accounts[number]))
        first = int(time.monotonic() / REPLY_SECONDS) % len(accounts)  # who replied lately waits for their turn
        self._accounts = cycle(accounts[first:] + accounts[:first])
        self._wire = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        self.looks: list[tuple[float, float, int, int]] = []
        self.replies: list[tuple[float, float, int]] = []

    def run(self) -> None:
        """Read and reply until the time is over."""
        self._span.wait()
        replies_at = self._span.begins + REPLY_SECONDS * (self._number + 1) / len(self._plan.accounts)
        while not self._span.is_over:
            self._look()
            if time.monotonic() >= replies_at:
                self._reply()
                replies_at += REPLY_SECONDS
            time.sleep(PAUSE_SECONDS)

    def _look(self) -> None:
        begun = time.monotonic()
        status, body = self._answer("GET", self._plan.path, 0, self._plan.accounts[self._number][0])
        found = NUMBER.search(body)
        self.looks.append((begun, time.monotonic() - begun, status, int(found[1]) if found else -1))

    def _reply(self) -> None:
        who, session = next(self._accounts)
        begun = time.monotonic()
        body = urlencode({"comment": f"Read at {begun:.3f}: the harbour office knew, says reader {self._number}."})
        status, _body = self._answer("POST", self._plan.reply_to, who, session, body)
        self.replies.append((begun, time.monotonic() - begun, status))

    def _answer(self, method: str, path: str, who: int, session: str, body: str | None = None) -> tuple[int, bytes]:
        """Status and body; 0 where nothing came."""
        headers = {
            "Cookie": f"newsroom_session={session}",
            "X-Forwarded-For": f"10.{self._number}.{who}.1",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            self._wire.request(method, path, body, headers)
            answer = self._wire.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._wire.close()  # the next request opens it again
            return 0, b""


def main(plan: Plan) -> None:
    """Let them read, and tell."""
    span = Span(plan.seconds)
    patrons = [Patron(plan, number, span) for number in range(len(plan.accounts))]
    for patron in patrons:
        patron.start()
    for patron in patrons:
        patron.join()
    looks = sorted(look for patron in patrons for look in patron.looks)
    print(json.dumps({"looks": looks, "replies": sorted(reply for patron in patrons for reply in patron.replies)}))


if __name__ == "__main__":
    main(Plan(**told()))
