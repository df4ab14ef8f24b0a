"""`manage.py backup [DIR] [--keep N]`: database and media into a folder of their own under DIR, the oldest let go."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from newsroom.backups.folder import BackupError
from newsroom.backups.making import back_up


class Command(BaseCommand):
    """One backup. What was interrupted leaves nothing; the next run begins anew."""

    help = "Back up database and media, consistent with each other. Restore tries it: see there."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and how many to keep there."""
        parser.add_argument("folder", nargs="?", default=settings.BACKUP_DIR, help="default: BACKUP_DIR")
        parser.add_argument("--keep", type=int, default=settings.BACKUP_KEEP, help="the newest so many stay")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say what it holds."""
        if not options["folder"]:
            raise CommandError("Say where to: manage.py backup DIR, or set BACKUP_DIR.")
        meter = Progress(self.stdout)
        try:
            made = back_up(
                Path(options["folder"]),
                keep=options["keep"],
                now=timezone.now(),
                tell=lambda what, number: meter.at(number, what),
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        meter.clear()
        known = made.backup.manifest
        self.stdout.write(
            f"{made.backup.path}: the database ({known.bytes['database'] / 1e6:,.1f} MB) and {known.files} files "
            f"({known.bytes['media'] / 1e6:,.1f} MB)."
        )
        for path in made.gone:
            self.stdout.write(f"{path.name} was let go.")
