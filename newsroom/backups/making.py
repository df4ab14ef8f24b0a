"""Making a backup: media, database, what came meanwhile; written down, named, and the oldest let go."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from members.models import SiteRules
from newsroom.backups import files, folder, postgres
from newsroom.backups.folder import Backup, BackupError, Manifest

DAILY_AT = time(3)  # in the site's time zone
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it. `gone`: older backups that were let go."""

    backup: Backup
    gone: list[Path]


def is_due(where: Path, now: datetime) -> bool:
    """Whether `where` holds no backup since the last three o'clock at night."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    day = local.date() - timedelta(days=local.time() < DAILY_AT)
    since = datetime.combine(day, DAILY_AT, tzinfo=timezone.get_default_timezone())
    made = folder.finished(where)
    return not made or folder.open_backup(made[-1]).manifest.moment < since


def back_up(where: Path, *, keep: int, now: datetime, tell: Tell) -> Made:
    """Back database and media up into a new folder under `where`, and keep the newest `keep` there.

    `tell` hears what is being done, and of media how many. Raises BackupError and leaves nothing half done.
    Effects: the folder, older ones gone, `SiteRules.backed_up_at`.
    """
    where = where.resolve()
    _refuse_public(where)
    if keep < 1:
        raise BackupError("Keep one backup at least: --keep 1.")
    try:
        with folder.alone(where):
            made = _make(where, now, tell)
            gone = folder.prune(where, keep=keep)
    except postgres.PostgresError as error:
        raise BackupError(str(error)) from error
    except OSError as error:
        raise BackupError(_in_words(error, where)) from error
    SiteRules.objects.filter(pk=1).update(backed_up_at=now)  # a site that is not open yet has no row, and gets none
    return Made(made, gone)


def _make(where: Path, now: datetime, tell: Tell) -> Backup:
    earlier = folder.finished(where)
    before = folder.open_backup(earlier[-1]) if earlier else None
    with folder.new_backup(where, now) as under_way:
        copies = files.Copies(under_way, before)
        seen = list(files.listing(default_storage))
        _refuse_full(where, copies.missing_bytes(seen), before)
        copies.bring(default_storage, seen, lambda number: tell("media", number))
        tell("database", 0)
        made_by = postgres.dump(under_way / folder.DUMP)
        copies.bring(default_storage, list(files.listing(default_storage)), lambda number: tell("media", number))
        sums = copies.sums | {folder.DUMP: folder.digest(under_way / folder.DUMP)}
        folder.write_down(under_way, sums, _manifest(under_way, copies, made_by, now))
    return folder.open_backup(where / under_way.name.removesuffix(folder.UNFINISHED))


def _manifest(under_way: Path, copies: files.Copies, made_by: int, now: datetime) -> Manifest:
    return Manifest(
        made_at=now.isoformat(),
        site=settings.SITE_URL,
        postgres=postgres.server_major(),
        pg_dump=made_by,
        migrations=heads(),
        files=len(copies.sums),
        bytes={"database": (under_way / folder.DUMP).stat().st_size, "media": copies.bytes},
        sums="",
    )


def heads() -> dict[str, str]:
    """The last migration of each of our apps that this database has seen."""
    seen = dict(sorted(MigrationRecorder(connection).applied_migrations()))
    return {app: name for app, name in seen.items() if app in apps.app_configs}


def _refuse_public(where: Path) -> None:
    """Raise BackupError for a place from which the site hands out files, and for none at all."""
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        if where.is_relative_to(Path(public).resolve()):
            raise BackupError(f"{where} lies within {public}, which everybody may read. Choose another folder.")


def _refuse_full(where: Path, media: int, before: Backup | None) -> None:
    """Raise BackupError where there is no room: for the media the last backup lacks, and a dump like its own."""
    needed = media + (before.manifest.bytes["database"] if before else postgres.database_bytes())
    free = shutil.disk_usage(where).free
    if needed > free:
        raise BackupError(
            f"{where} has {_megabytes(free)} MB left, and the backup may need {_megabytes(needed)} MB. "
            "Make room, keep fewer (--keep), or choose another disk."
        )


def _megabytes(number: int) -> str:
    return f"{number / 1_000_000:,.1f}"


def _in_words(error: OSError, where: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There was no room left in {where}: nothing of this backup stays. Make room and run it again."
    return f"{error.filename or where} cannot be used: {error.strerror}. Nothing of this backup stays."
