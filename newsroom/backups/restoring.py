"""Putting a backup back: into an empty machine, or in place of what is there where somebody says so by name."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from articles.models import Article, Page
from members.models import AuditEntry, Member, SiteRules
from newsroom import caching
from newsroom.backups import files, folder, holding, postgres
from newsroom.backups.folder import Backup, BackupError
from newsroom.backups.holding import Held

PATIENCE_SECONDS = 3.0
ALSO_PURGED = ("front", "feed", "sitemap", "archive")
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `was_older`: the database was brought up to this version."""

    backup: Backup
    files: int
    was_older: bool
    held: Held


def restore(source: Path, *, replace: str, now: datetime, tell: Tell) -> Restored:
    """Put the backup at `source` (or the newest in it) back: media first, then the database, in one transaction.

    `replace`: the name of a database that is not empty, typed out to lose what it holds. Files that the backup does
    not know stay. Raises BackupError before anything is touched, or where it broke; run again it goes on.
    Effects: storage, database, migrations, what waited to be mailed is held, every page stale, the record.
    """
    backup = folder.open_backup(source.resolve())
    tell("checking", 0)
    names = sorted(name for name in backup.check() if name.startswith(f"{folder.MEDIA}/"))
    was_older = _is_older(backup)
    try:
        _refuse_full(replace)
        _refuse_company()
        files.put_back(backup, default_storage, names, lambda number: tell("media", number))
        tell("database", 0)
        postgres.load(backup.dump, by=backup.manifest.pg_dump)
        tell("migrations", 0)
        postgres.let_go()
        postgres.refresh_statistics()
    except postgres.PostgresError as error:
        raise BackupError(str(error)) from error
    except OSError as error:
        raise BackupError(f"{error.filename or source}: {error.strerror}. Mend that and run this again.") from error
    for command in ("migrate", "createcachetable"):
        call_command(command, verbosity=0, **({"interactive": False} if command == "migrate" else {}))
    return Restored(backup, len(names), was_older, _settle(backup, now))


def _settle(backup: Backup, now: datetime) -> Held:
    """What the machine that came back must not do, and what it should know."""
    with transaction.atomic():
        held = holding.hold(now)
        rules, _is_new = SiteRules.objects.update_or_create(pk=1, defaults={"backed_up_at": backup.manifest.moment})
        AuditEntry.objects.note("site.restore", by=None, subject=rules, reason=backup.path.name)
        caching.purge("site", *ALSO_PURGED)
        postgres.mark_whole()
    return held


def _is_older(backup: Backup) -> bool:
    """Whether the backup comes from before this version. Raises BackupError where it comes from after it."""
    loader = MigrationLoader(None)
    heads = backup.manifest.migrations
    unknown = [f"{app} {name}" for app, name in heads.items() if (app, name) not in loader.disk_migrations]
    if unknown:
        raise BackupError(
            f"{backup.path.name} was made by another version ({', '.join(unknown)}). Install that version, restore, "
            "then upgrade."
        )
    leaves = dict(loader.graph.leaf_nodes())
    return any(heads.get(app) != leaves[app] for app in leaves)


def _refuse_company() -> None:
    """Raise BackupError while anybody else uses the database: a worker would mail what is about to be held."""
    until = time.monotonic() + PATIENCE_SECONDS  # the server needs a moment to see that somebody went
    while others := postgres.others_connected():
        if time.monotonic() > until:
            raise BackupError(
                f"Others use the database ({others} connections). Stop site and worker first: "
                "docker compose stop web worker."
            )
        time.sleep(0.1)


def _refuse_full(replace: str) -> None:
    """Raise BackupError where something would be lost that nobody named."""
    name = str(connection.settings_dict["NAME"])
    if not postgres.tables() or postgres.is_half_restored() or replace == name:
        return
    there = {model._meta.db_table for model in (Member, Article, Page, SiteRules)}
    held = there.intersection(connection.introspection.table_names())
    filled = [table for table in held if _has_rows(table)]
    if held != there or filled:
        raise BackupError(
            f"The database {name} is not empty. Type --replace {name} to lose what it holds for what the backup holds."
        )


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table)})")  # noqa: S608 - our models' tables
        return bool(cursor.fetchone()[0])
