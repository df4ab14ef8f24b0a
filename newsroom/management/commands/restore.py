"""`manage.py restore DIR [--replace NAME]`: a backup comes back. Mails nobody; interrupted, it can be run again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import date_format

from members.management.progress import Progress
from newsroom.backups.folder import BackupError, open_backup
from newsroom.backups.restoring import Restored, restore

AFTERWARDS = """\
Before you start the site:
- Keep .env as it was: links that were mailed are signed with its SECRET_KEY.
- Who was erased or let go after the backup is there again. Erase them, and let them go, once more.
Then start site and worker, and run manage.py reconcile_stripe: payments since the backup come back from Stripe."""


class Command(BaseCommand):
    """The backup named, or the newest in a folder of backups."""

    help = "Put a backup back into an empty database, or in place of one whose name is typed out."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup, and what it may take the place of."""
        parser.add_argument("folder", type=Path, help="a backup, or a folder of backups: the newest")
        parser.add_argument("--replace", default="", metavar="NAME", help="the database to overwrite, typed out")
        parser.add_argument("--check", action="store_true", help="only read every file of the backup and compare")

    def handle(self, *args: Any, **options: Any) -> None:
        """Put it back, and say what is held and what to do next."""
        meter = Progress(self.stdout)
        try:
            if options["check"]:
                backup = open_backup(options["folder"])
                self.stdout.write(f"{backup.path.name} is whole: {len(backup.check())} files.")
                return
            came = restore(
                options["folder"],
                replace=options["replace"],
                now=timezone.now(),
                tell=lambda what, number: meter.at(number, what),
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        meter.clear()
        self.tell(came)

    def tell(self, came: Restored) -> None:
        """What came back."""
        held, known = came.held, came.backup.manifest
        made = date_format(timezone.localtime(known.moment), "j F Y, H:i")
        self.stdout.write(f"{came.backup.path.name} is back: the database of {made}, and {came.files} files.")
        if came.was_older:
            self.stdout.write("It came from an older version: the database was brought up to this one.")
        self.stdout.write(
            f"Nobody was mailed. Mails held as unsure: {held.mails}. Issues paused: {held.issues}. Stories that count "
            f"as announced: {held.stories}. Jobs dropped, to be made anew as they fall due: {held.jobs}."
        )
        self.stdout.write(AFTERWARDS)
