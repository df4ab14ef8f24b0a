"""Taking the database back to the shape it had when a backup was made, with what was written since."""

from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from newsroom.backups import folder
from newsroom.backups.folder import Backup, BackupError
from newsroom.backups.making import heads


def roll_back(source: Path) -> list[str]:
    """Reverse every migration that came after the backup at `source`; which those were.

    Of a folder of backups it is the newest that knows another shape than today's: the last before the upgrade. Nothing
    of it is read but its manifest. What only the newer tables and columns hold is lost. Raises BackupError where one
    cannot be reversed, before any is. Interrupted, it goes on when run again.
    """
    backup = _before_the_upgrade(source.resolve())
    executor = MigrationExecutor(connection)
    heads, loader = backup.manifest.migrations, executor.loader
    if unknown := [f"{app} {name}" for app, name in heads.items() if (app, name) not in loader.disk_migrations]:
        raise BackupError(
            f"{backup.path.name} was made by a newer version ({', '.join(unknown)}). Nothing to take back."
        )
    targets = [(app, heads.get(app)) for app in sorted(loader.migrated_apps)]
    plan = executor.migration_plan(targets)
    if forwards := [str(migration) for migration, is_backwards in plan if not is_backwards]:
        raise BackupError(
            f"The database is older than {backup.path.name} ({', '.join(forwards)}). Nothing to take back."
        )
    for migration, _is_backwards in plan:
        if not all(operation.reversible for operation in migration.operations):
            raise BackupError(f"{migration} cannot be taken back. Restore {backup.path.name} instead.")
    executor.migrate(targets, plan=plan)
    return [str(migration) for migration, _is_backwards in plan]


def _before_the_upgrade(source: Path) -> Backup:
    today = heads()
    found = (folder.open_backup(path) for path in reversed(folder.finished(source)))
    return next((each for each in found if each.manifest.migrations != today), None) or folder.open_backup(source)
