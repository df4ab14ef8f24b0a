"""The tests' database: migrated once and then copied, emptied table by table.

Every process of a run, and the next run, begin with a copy. What is copied bears the digest of all migrations in its
name: a changed one is run from nothing, with all before it. A test that commits is followed by `empty`: Django's
`flush` truncates every table and makes all permissions anew, which takes longer than most tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from psycopg import sql

PREFIX = "newsroom_tests_"
LOCK = 20_061_103
KEPT = (
    "django_migrations",
    "django_content_type",
    "django_site",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)
OURS = {"verbosity": 0, "interactive": False, "aliases": {"default"}}

Server = psycopg.Connection[Any]


def begin_with_a_copy() -> Any:
    """Make this process's database and point Django at it; what `teardown_databases` wants in the end.

    What follows migrations (groups, permissions, kinds) is done anew in the copy.
    """
    with _at_the_server() as server:
        template = PREFIX + _digest()
        if not _exists(server, template):
            _migrate(server, template)
        _copy(server, template, connection.creation._get_test_db_name())
    made = setup_databases(keepdb=True, **OURS)
    if _may_skip_triggers():
        as_made = _kept()
        TransactionTestCase._fixture_teardown = lambda case: empty(case, as_made)  # type: ignore[method-assign]
    return made


FLUSH = TransactionTestCase._fixture_teardown
EMPTY = """
DO $$
DECLARE
    name text;
    has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        CONTINUE WHEN name IN ({kept});
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$
"""


def empty(case: TransactionTestCase, as_made: list[Any]) -> None:
    """Take every row out, save what follows migrations; where a test changed that, `flush` makes it anew."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY.format(kept=str(KEPT)[1:-1]))  # names of tables, written above
    if _kept() != as_made:
        FLUSH(case)
        as_made[:] = _kept()


def _kept() -> list[Any]:
    """What distinguishes the rows that follow migrations."""
    digest = "SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t"
    asked = " UNION ALL ".join(map(digest.format, KEPT))
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return list(cursor.fetchall())


def _may_skip_triggers() -> bool:
    """Whether our role may delete rows without the foreign keys' being asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def _digest() -> str:
    found = sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for migration in sorted(Path(app.path, "migrations").glob("*.py")):
            found.update(f"{app.label} {migration.name} ".encode() + migration.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def _at_the_server() -> Iterator[Server]:
    """A connection that makes databases; one process at a time has it."""
    told = {**connection.get_connection_params(), "dbname": "postgres"}
    known = {name: value for name, value in told.items() if name not in ("pool", "context", "cursor_factory")}
    with psycopg.connect(**known, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield server


def _migrate(server: Server, template: str) -> None:
    """Make the template from nothing; those of other migrations are dropped."""
    test, unfinished = connection.settings_dict["TEST"], f"{PREFIX}unfinished"
    before, test["NAME"] = test["NAME"], unfinished
    for (old,) in server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall():
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
    teardown_databases(setup_databases(**OURS), verbosity=0, keepdb=True)
    connection.close_pool()
    test["NAME"] = before
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(template))
    )


def _exists(server: Server, database: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def _copy(server: Server, template: str, database: str) -> None:
    made = sql.Identifier(database)
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(made))
    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, sql.Identifier(template)))
