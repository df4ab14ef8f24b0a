"""`manage.py import_site DIR`: what `export_site` wrote comes into an empty database. Mails nobody."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from newsroom.leaving.refusal import LeavingError
from newsroom.leaving.unpacking import unpack


class Command(BaseCommand):
    """Whole or not at all: an interruption leaves an empty database, and files that the next run uses."""

    help = "Bring an export of Newsroom into a database that was only migrated. Mails nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that export_site wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, then say how much came and what is to be done by hand."""
        meter = Progress(self.stdout)
        try:
            manifest = unpack(options["folder"], now=timezone.now(), progress=lambda what, n: meter.at(n, what))
        except (LeavingError, OSError) as error:
            raise CommandError(f"{error} Nothing was brought in.") from None
        meter.clear()
        for path, sealed in manifest.files.items():
            if sealed.rows:
                self.stdout.write(f"{sealed.rows:>9,}  {Path(path).stem.replace('_', ' ')}")
        for note in manifest.notes:
            self.stdout.write(f"To know, of the old site: {note}")
        self.stdout.write(f"{manifest.name or 'The site'} is here, as it was at {manifest.made_at}. Nobody was mailed.")
        self.stdout.write("Staff ask for a new password at /accounts/password/reset/ and set up second factors anew.")
        self.stdout.write("Start the worker: it makes the small versions of pictures.")
