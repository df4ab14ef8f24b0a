"""`manage.py export_site DIR`: everything the site holds as documented JSON and media, to take along."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from newsroom.leaving.packing import pack
from newsroom.leaving.refusal import LeavingError


class Command(BaseCommand):
    """Changes nothing here; the folder bears its name once it is whole."""

    help = "Write everything the site holds into DIR: JSON Lines, their schemas, media, and a page that explains it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that is empty or not there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, then say how much it was and what stayed behind."""
        meter, folder = Progress(self.stdout), options["folder"].absolute()
        try:
            manifest = pack(folder, now=timezone.now(), progress=lambda what, number: meter.at(number, what))
        except LeavingError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The export cannot be written: {error}. What there is of it is in *.partial.") from None
        meter.clear()
        for note in manifest.notes:
            self.stdout.write(f"To know: {note}")
        rows = sum(sealed.rows for sealed in manifest.files.values())
        self.stdout.write(f"{rows:,} rows and files are in {options['folder']}; its README.md explains them.")
        self.stdout.write("They name people and what they paid: keep the folder as you keep the database.")
