"""The demo's processes: all end together, a crash heals, and what is wrong is said in one sentence."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from newsroom import database
from newsroom.demo import processes, reset
from newsroom.demo.processes import Company, DemoError, free_port, heeding_signals, python, require_free

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {SLEEP}"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); {SLEEP}"
DEMO = """
import sys
from pathlib import Path
from newsroom import database
from newsroom.demo.processes import Company, heeding_signals, python
data = Path(sys.argv[1])
company = Company(data / "demo-processes.json", data / "logs")
try:
    with heeding_signals():
        company.require_alone()
        company.end_leftovers()
        database.embedded(data / "postgres")
        company.start("site", python("-c", sys.argv[2]), {})
        print("ready", flush=True)
        company.watch()
except KeyboardInterrupt:
    print("stopped", flush=True)
finally:
    company.stop()
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path / "demo-processes.json", tmp_path / "logs")
    yield company
    company.stop()


def wait_until(said: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < until
        time.sleep(0.05)


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def with_child(company: Company, name: str = "site") -> tuple[psutil.Process, psutil.Process]:
    """A started process and the child it made."""
    leader = psutil.Process(company.start(name, python("-c", WITH_CHILD), {}).pid)
    wait_until(leader.children)
    return leader, leader.children()[0]


def test_stop_ends_everybody_with_their_children(company: Company) -> None:
    everybody = [*with_child(company), *with_child(company, "worker")]
    assert company.record.is_file()
    company.stop()
    assert not [process for process in everybody if is_running(process)]
    assert not company.record.exists()


def test_who_does_not_listen_is_killed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    process = psutil.Process(company.start("site", python("-c", STUBBORN), {}).pid)
    wait_until(lambda: "ready" in (company.logs / "site.log").read_text())
    monkeypatch.setattr(processes, "PATIENCE_SECONDS", 0.3)
    company.stop()
    assert not is_running(process)


def test_child_whose_parent_was_killed_is_ended_too(company: Company) -> None:
    leader, child = with_child(company)
    leader.kill()
    wait_until(lambda: company.fallen() == "site")
    assert is_running(child)
    company.stop()
    assert not is_running(child)


def test_next_start_ends_what_a_killed_demo_left(company: Company) -> None:
    leader, child = with_child(company)
    _other, orphan = with_child(company, "worker")
    _other.kill()
    after = Company(company.record, company.logs)
    after.end_leftovers()
    assert not [process for process in (leader, child, orphan) if is_running(process)]
    assert not company.record.exists()


def test_pid_that_belongs_to_somebody_else_by_now_is_left_alone(company: Company) -> None:
    stranger = psutil.Process(company.start("stranger", python("-c", SLEEP), {}).pid)
    company.record.write_text(json.dumps([(stranger.pid, 1.0), (stranger.pid, stranger.create_time() - 3600)]))
    Company(company.record, company.logs).end_leftovers()
    assert is_running(stranger)


@pytest.mark.parametrize("broken", ["", "[[1", '{"a": 1}', "[1]", "null"])
def test_record_that_was_cut_short_is_no_obstacle(company: Company, broken: str) -> None:
    company.record.write_text(broken)
    company.require_alone()
    company.end_leftovers()
    assert not company.record.exists()


def test_second_demo_of_one_folder_is_refused_in_one_sentence(company: Company) -> None:
    running = psutil.Process(company.start("site", python("-c", SLEEP), {}).pid)
    company.record.write_text(json.dumps([(running.pid, running.create_time())]))
    with pytest.raises(DemoError, match=rf"is running \(process {running.pid}\)"):
        Company(company.record, company.logs).require_alone()


def test_watch_names_who_fell(company: Company) -> None:
    company.start("site", python("-c", SLEEP), {})
    company.start("worker", python("-c", "print('last words'); raise SystemExit(3)"), {})
    assert company.watch() == "worker"
    assert "last words" in (company.logs / "worker.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_are_a_control_c_and_afterwards_what_they_were(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), heeding_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_taken_port_is_named_with_another(host: str) -> None:
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(DemoError, match=rf"Port {port} is taken\. .* make demo PORT={port + 1}"):
            require_free(port)
    require_free(free_port())


@pytest.mark.parametrize("port", [0, -1, 65536, 10**9])
def test_port_that_is_none_is_said_to_be_none(port: int) -> None:
    with pytest.raises(DemoError, match="There is no port"):
        require_free(port)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen anywhere")
def test_system_port_is_refused_in_a_sentence() -> None:
    with pytest.raises(DemoError, match=r"system's own|taken"):
        require_free(80)


def servers_of(data: Path) -> list[psutil.Process]:
    """PostgreSQL's processes over `data`."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(data / "postgres") in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.name().startswith("postgres")]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder for an embedded database, which is stopped at the end."""
    yield tmp_path
    if (tmp_path / "postgres").is_dir():
        database.stop(tmp_path / "postgres")


@pytest.fixture
def run_demo(data: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts a small demo over `data` and waits until it is ready; none outlives the test."""
    demos: list[subprocess.Popen[str]] = []

    def run() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", DEMO, str(data), SLEEP]
        demos.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        assert demos[-1].stdout is not None
        assert demos[-1].stdout.readline() == "ready\n"
        return demos[-1]

    yield run
    for demo in demos:
        demo.kill()
        demo.communicate()


@pytest.mark.slow
def test_demo_that_is_told_to_stop_takes_postgresql_along_and_a_killed_one_heals(data: Path, run_demo: Any) -> None:
    demo = run_demo()
    site = psutil.Process(json.loads((data / "demo-processes.json").read_text())[1][0])
    assert servers_of(data)
    demo.kill()
    demo.wait()
    assert is_running(site)
    begun = time.monotonic()
    again = run_demo()
    assert time.monotonic() - begun < 20
    assert not is_running(site)
    again.terminate()
    assert again.communicate(timeout=60)[0] == "stopped\n"
    assert again.returncode == 0
    wait_until(lambda: not servers_of(data))
    assert not (data / "demo-processes.json").exists()


@pytest.mark.slow
def test_reset_ends_a_running_demo_and_keeps_the_tests_database(data: Path, run_demo: Any) -> None:
    demo = run_demo()
    for name in ("media", "test-postgres"):
        (data / name).mkdir()
    reset.reset(data)
    assert demo.wait(30) == 0
    wait_until(lambda: not servers_of(data))
    assert [path.name for path in data.iterdir()] == ["test-postgres"]


def refused(data: Path) -> str:
    with pytest.raises(database.DatabaseFolderError) as caught:
        database.embedded(data / "postgres")
    return str(caught.value)


def test_broken_database_folder_is_one_sentence_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("not a folder")
    said = refused(tmp_path)
    assert "\n" not in said
    assert "make demo-reset" in said
    reset.reset(tmp_path)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "half-made").write_text("initdb was interrupted")
    assert "\n" not in refused(tmp_path)
    reset.reset(tmp_path)
    assert not (tmp_path / "postgres").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_of_somebody_else_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0)
    assert "make demo-reset" in refused(tmp_path)
    (tmp_path / "postgres").chmod(0o700)


@pytest.mark.slow
def test_database_without_its_files_is_one_sentence_and_nothing_cleans_up_after_it(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    script = "import sys, pathlib; from newsroom import database; database.embedded(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(tmp_path / "postgres")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1].startswith("newsroom.database.DatabaseFolderError: The database in")
    assert "atexit" not in done.stderr
