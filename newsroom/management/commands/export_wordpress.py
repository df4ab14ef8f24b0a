"""`manage.py export_wordpress FILE`: stories, pages, pictures and replies as WordPress reads them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from newsroom.leaving.wordpress.writing import write


class Command(BaseCommand):
    """Changes nothing here; the file bears its name once it is whole."""

    help = "Write stories, pages, pictures and replies into FILE as WordPress imports them (WXR 1.2)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path, metavar="FILE", help="an XML file that is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, then say how much it was, and what WordPress needs to be told."""
        path, meter = options["file"].absolute(), Progress(self.stdout)
        if path.exists():
            raise CommandError(f"There is a {path} already. Name a file that is not there.")
        try:
            counted = write(path, now=timezone.now(), progress=lambda what, number: meter.at(number, what))
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}.") from None
        meter.clear()
        self.stdout.write(
            f"In {options['file']}: stories {counted['post']}, pages {counted['page']}, "
            f"pictures and files {counted['attachment']}, replies {counted['reply']}."
        )
        self.stdout.write(
            "Set WordPress's permalinks to “Day and name”: every address stays. Keep this site up while it imports, "
            "for it fetches pictures from here."
        )
        if counted["gated"]:
            self.stdout.write(
                f"Stories that are not for everybody: {counted['gated']}. They carry Jetpack's newsletter access; "
                "without Jetpack WordPress shows them whole, to everybody."
            )
