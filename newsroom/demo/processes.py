"""The demo's processes: started together, ended together, and found again after a crash.

What runs is written to `.data/demo-processes.json` (pid and start time). The next start ends whatever a
killed one left behind; a pid that meanwhile belongs to somebody else is left alone.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

PATIENCE_SECONDS = 10


class DemoError(RuntimeError):
    """The demo cannot start; the message is one clear sentence."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Raise DemoError where somebody listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(
                f"Port {port} is taken. Stop what runs there, or choose another: make demo PORT={port + 1}"
            ) from None


@dataclass
class Company:
    """The processes of one demo. `record` is the file that remembers them."""

    record: Path
    logs: Path
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    stopping: bool = False

    def end_leftovers(self) -> None:
        """End what a killed demo left running."""
        if not self.record.is_file():
            return
        left = []
        for pid, started in json.loads(self.record.read_text() or "[]"):
            try:
                process = psutil.Process(pid)
                if abs(process.create_time() - started) < 1:
                    left += [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        end(left)
        self.record.unlink(missing_ok=True)

    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        """Start a process; its words go to `<logs>/<name>.log`, its first line is left to the caller."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log: IO[str] = (self.logs / f"{name}.log").open("a", encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603 - our own commands, no words of others
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        log.close()
        self.running[name] = process
        self.remember()
        return process

    def remember(self) -> None:
        """Write down who runs, this process included."""
        pids = [os.getpid(), *(process.pid for process in self.running.values())]
        alive = [(pid, psutil.Process(pid).create_time()) for pid in pids if psutil.pid_exists(pid)]
        self.record.parent.mkdir(parents=True, exist_ok=True)
        self.record.write_text(json.dumps(alive))

    def watch(self) -> str:
        """Wait until a signal asks to stop (then "") or a process ends by itself (then its name)."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        while not self.stopping:
            for name, process in self.running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.2)
        return ""

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the next turn of `watch` ends."""
        self.stopping = True

    def stop(self) -> None:
        """End everybody, the last started first, with their children."""
        processes = []
        for process in reversed(self.running.values()):
            if process.poll() is None:
                parent = psutil.Process(process.pid)
                processes += [parent, *parent.children(recursive=True)]
        end(processes)
        self.record.unlink(missing_ok=True)


def end(processes: list[psutil.Process]) -> None:
    """Ask them to end, wait, and insist."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _gone, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)


def python(*arguments: str) -> list[str]:
    """A command line of this very interpreter."""
    return [sys.executable, *arguments]
