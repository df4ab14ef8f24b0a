"""`manage.py import_replies FILE`: the replies of another system move in. Mails nobody; can be run again."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from articles.importers.wordpress.wxr import BrokenExportError
from comments.importers.importing import READERS, ReplyImport, WrongFileError, kind_of
from comments.importers.places import MapError, Places, read_map
from newsroom.management.importing import DRY, ImportCommand


class Command(ImportCommand):
    """Replies of django-comments(-xtd), Disqus or WordPress, under stories that are here."""

    every, every_in_a_log = 500, 20_000
    help = (
        "Import replies: a Disqus export, a WordPress export whose stories are here, or the dumpdata of "
        "django_comments and django_comments_xtd. Mails nobody. Run it again to complete what an interruption left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and what it cannot say itself."""
        parser.add_argument("file", type=Path, help="the export: JSON or XML; a Disqus export as it came (.xml.gz)")
        parser.add_argument("--from", dest="kind", choices=sorted(READERS), help="what it is, if it is mistaken")
        parser.add_argument("--map", type=Path, help="a CSV: what a place is called there, its address or key here")
        parser.add_argument("--site", default="", help="a name for the old site, if there are several (dumpdata only)")
        parser.add_argument("--dry-run", action="store_true", help="say what would come, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read it whole, then import, and report. A file that breaks anywhere leaves nothing behind."""
        path, is_dry = options["file"], options["dry_run"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            places = Places(read_map(options["map"]) if options["map"] else {})
            kind = options["kind"] or kind_of(path)
            run = ReplyImport(path, kind, site=options["site"], places=places, now=timezone.now(), is_dry=is_dry)
            self.follow(run)
        except BrokenExportError as error:
            sentence = f"The file is broken at {error}. Nothing was imported. Mend it, then run this again."
            raise CommandError(sentence) from None
        except (MapError, WrongFileError, OSError) as error:
            raise CommandError(str(error)) from None
        for line in run.report.lines():
            self.stdout.write(line)
        if is_dry:
            self.stdout.write(DRY)

    def follow(self, run: ReplyImport) -> None:
        """Both halves, each with its progress."""
        self.show(run.read(), lambda number: f"{number:,} rows read")
        self.show(run.bring(), lambda number: f"{number:,} of {run.total:,} replies looked at")
        run.spool.close()
