"""The bench measures what it says: the stalest page, renders, verdicts, and its programs work together."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.bench import spike, spike_report, targets
from tests.bench.crowd import Seen, crowd

ROOT = Path(__file__).resolve().parents[2]
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STORY = {"path": "/story/", "reply_to": "/replies/to/story/1/", "accounts": [["a", "b"], ["c"]], "published": 0.0}


def seen(last_begun: dict[str, float], looks: list[list[float]] | None = None, **editor: Any) -> Seen:
    """What a crowd would tell: when the last request began that was shown each correction."""
    log = {"last_begun": last_begun, "first_seen": {}, "statuses": {"200": 5}, "renders": [], "given_once": 0}
    return Seen(0, 1, [log], {"looks": looks or [], "replies": []}, {"done": [], "failed": [], **editor})


def test_stalest_page_is_the_last_request_begun_after_the_next_commit() -> None:
    done = [[7, 10.0, 10.1], [9, 12.0, 12.1]]  # 8 failed
    assert seen({"7": 12.0, "9": 50.0}, done=done).stalest() == 0, "Begun before the commit of the next."
    assert seen({"7": 12.35, "9": 50.0}, done=done).stalest() == pytest.approx(0.25)
    assert seen({"0": 10.4}, done=done).stalest() == pytest.approx(0.3), "What was before the first counts."
    patrons = [[12.6, 0.1, 200, 7], [13.0, 0.1, 503, -1]]
    assert seen({"7": 12.35}, patrons, done=done).stalest() == pytest.approx(0.5), "Patrons' pages count, too."


def test_bound_that_is_missed_is_named_and_one_that_is_kept_is_not() -> None:
    kept = {"queries": 8, "cpu_ms": 5.9}
    assert targets.verdict(targets.PAGES["cold"], kept) == ("≤ 8 queries, ≤ 6 ms: yes", True)
    assert targets.verdict(targets.PAGES["cold"], kept | {"queries": 9})[0].endswith("no (≤ 8 queries)")
    assert targets.verdict(targets.CACHED, {"of_bare": 0.69, "queries": 0, "cpu_ms": 0.1})[1] is False
    assert targets.verdict((), {}) == ("", None)


class Paper(BaseHTTPRequestHandler):
    """A site of one story, of which each second answer is a correction; replies are seen."""

    protocol_version = "HTTP/1.1"
    asked = 0
    replies: list[bytes] = []

    def do_GET(self) -> None:
        Paper.asked += 1
        number = Paper.asked // 2
        self._send(200, f"<p>correction number {number}</p>".encode(), {"ETag": f'"{number}"'})

    def do_POST(self) -> None:
        Paper.replies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(303, b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


def test_crowd_begins_together_reads_replies_and_tells_until_it_is_called_off() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Paper)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    environment = {"PATH": os.environ["PATH"]}
    with crowd(environment, [server.server_port], STORY, seconds=60, connections=4, is_edited=False) as running:
        while not Paper.replies:
            time.sleep(0.05)
        running.call_off()
        told = running.gather()
    server.shutdown()
    server.server_close()
    found = spike.summary(told)
    assert found["requests"] > 10
    assert found["errors"] == 0
    assert found["replies"]["requests"] == len(Paper.replies)
    assert b"harbour" in Paper.replies[0]
    assert 0 < found["renders"] <= Paper.asked, "As many as there are ETags."
    assert max(told.first_seen()) > 3
    assert "no errors: yes" in spike_report.spike({"connections": 4, **found})
    assert all(look[0] >= told.begins for look in told.looks())


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="a minute: everything once, on servers and a database of its own")
def test_whole_bench_runs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    told = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "BENCH_JSON": str(tmp_path / "bench.json")}
    folders = set(Path(tempfile.gettempdir()).glob("newsroom-bench-*"))
    command = [sys.executable, "-m", "tests.bench", "--quick", "--seconds", "2"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads((tmp_path / "bench.json").read_text())
    assert set(found) >= {"pages", *spike.PARTS}
    assert found["pages"]["rows"]["cached"]["queries"] == 0
    assert found["pages"]["rows"]["patron"]["queries"] > 0
    assert found["spike"]["corrections"]["done"] > 0
    assert found["stopped"]["alive"]["web"]
    assert found["stripe"]["most_waiting"] <= 4
    assert found["webhooks"]["rows"] == found["webhooks"]["events"]
    assert set(Path(tempfile.gettempdir()).glob("newsroom-bench-*")) <= folders
