"""`manage.py roll_back [DIR]`: before an older version is put back, the database gets its shape; the data stays."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsroom.backups.folder import BackupError
from newsroom.backups.rolling_back import roll_back


class Command(BaseCommand):
    """Run by the version that is to go, with the backup made before it came."""

    help = "Reverse the migrations that came after a backup was made. Stories, members and money since then stay."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup says what shape that was."""
        parser.add_argument(
            "folder", nargs="?", default=settings.BACKUP_DIR, help="a backup, or a folder: the last before the upgrade"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reverse them, and say which."""
        if not options["folder"]:
            raise CommandError("Say which backup: manage.py roll_back DIR, or set BACKUP_DIR.")
        try:
            gone = roll_back(Path(options["folder"]))
        except BackupError as error:
            raise CommandError(str(error)) from error
        for name in gone:
            self.stdout.write(f"{name} was taken back.")
        self.stdout.write("The database is ready for the version before. Install that one now.")
