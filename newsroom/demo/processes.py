"""The demo's processes: started together, ended together, and found again after a crash.

What runs is written to `.data/demo-processes.json` (pid and start time; the demo itself first). Each
process leads a group of its own, so that its children are found even when it was killed. The next start
ends whatever a killed demo left behind; a pid that meanwhile belongs to somebody else is left alone.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PATIENCE_SECONDS = 10
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Recorded = list[tuple[int, float]]


class DemoError(RuntimeError):
    """The demo cannot start; the message is one clear sentence."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Raise DemoError where `port` cannot be listened on."""
    if not 0 < port < 65536:
        raise DemoError(f"There is no port {port}: choose one between 1024 and 65535, such as make demo PORT=8001")
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:  # some systems let two listen, on different addresses
            raise _taken(port)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise DemoError(f"Port {port} is the system's own. Choose one above 1023: make demo PORT=8001") from None
        except OSError:
            raise _taken(port) from None


def _taken(port: int) -> DemoError:
    other = port + 1 if port < 65535 else 8000
    return DemoError(f"Port {port} is taken. Stop what runs there, or choose another: make demo PORT={other}")


@contextmanager
def heeding_signals() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP are a Ctrl-C, so that every `finally` has its turn."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Company:
    """The processes of one demo. `record` is the file that remembers them."""

    record: Path
    logs: Path
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def require_alone(self) -> None:
        """Raise DemoError where a demo of this folder is running."""
        for pid, started in self._recorded()[:1]:
            if pid != os.getpid() and _is(pid, started):
                raise DemoError(f"The demo of this folder is running (process {pid}). Stop it there with Ctrl-C first.")

    def end_leftovers(self) -> None:
        """End what a demo left running, the demo itself included."""
        recorded = self._recorded()
        for pid, started in recorded[:1]:
            if pid != os.getpid() and _is(pid, started):  # it ends its own, and then the database
                end([psutil.Process(pid)], PATIENCE_SECONDS * 3)
        end([process for pid, started in recorded[1:] for process in group_of(pid, started)])
        self.record.unlink(missing_ok=True)

    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        """Start a process and remember it; its words go to `<logs>/<name>.log`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands, no words of others
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True
            )
        self.running[name] = process
        self._remember()
        return process

    def fallen(self) -> str:
        """The name of a process that ended by itself, or nothing."""
        return next((name for name, process in self.running.items() if process.poll() is not None), "")

    def watch(self) -> str:
        """Wait until a process ends by itself; its name. Ends with KeyboardInterrupt when asked to stop."""
        while not (name := self.fallen()):
            time.sleep(0.2)
        return name

    def stop(self) -> None:
        """End everybody with their children. Nothing interrupts it."""
        before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPING}
        try:
            end([process for pid, started in self._alive() for process in group_of(pid, started)])
            for process in self.running.values():
                process.wait(PATIENCE_SECONDS)
            if self.running:
                self.record.unlink(missing_ok=True)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _remember(self) -> None:
        """Write down who runs, this process first; whole or not at all."""
        own = (os.getpid(), psutil.Process().create_time())
        self.record.parent.mkdir(parents=True, exist_ok=True)
        draft = self.record.with_suffix(".new")
        draft.write_text(json.dumps([own, *self._alive()]))
        draft.replace(self.record)

    def _alive(self) -> Recorded:
        """Those of ours whose group may have members, with their start."""
        found = []
        for process in self.running.values():
            try:
                found.append((process.pid, psutil.Process(process.pid).create_time()))
            except psutil.NoSuchProcess:
                found.append((process.pid, psutil.Process().create_time()))  # its children are younger than we
        return found

    def _recorded(self) -> Recorded:
        """What the file says; nothing where it is missing or unreadable."""
        try:
            return [(int(pid), float(started)) for pid, started in json.loads(self.record.read_text())]
        except (FileNotFoundError, ValueError, TypeError):
            return []


def _is(pid: int, started: float) -> bool:
    """Whether `pid` is still the process that started then."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return False


def group_of(pid: int, started: float) -> list[psutil.Process]:
    """The processes of the group that `pid` led or leads; none if a stranger has that pid by now."""
    if psutil.pid_exists(pid) and not _is(pid, started):
        return []
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.create_time() >= started - 1:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue  # gone, or somebody else's
    return found


def end(processes: list[psutil.Process], patience: float | None = None) -> None:
    """Ask them to end, wait (`patience` seconds, or the usual), and insist."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _gone, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS if patience is None else patience)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)


def python(*arguments: str) -> list[str]:
    """A command line of this very interpreter."""
    return [sys.executable, *arguments]
