"""`manage.py import_ghost FILE`: a Ghost site moves in. Mails nobody; can be run again."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from articles.importers.files import bring_files
from articles.importers.ghost.export import WrongFileError
from articles.importers.ghost.site import GhostImport
from newsroom import caching
from newsroom.management.importing import ImportCommand

DOWNLOAD = "download"


class Command(ImportCommand):
    """Stories, pages, authors, tags, tiers, letters, redirects; pictures from a folder, the zip or the old site."""

    help = "Import a Ghost export (JSON, or a zip with its files). Mails nobody. Run it again to complete it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The export, where its files are, and what to make of it."""
        parser.add_argument("file", type=Path, help="what Ghost wrote (Settings → Migration tools → Export)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would come; nothing is kept")
        parser.add_argument("--media", metavar="DIR|download", help="a copy of content/, or ask the old site for them")
        parser.add_argument("--report", type=Path, metavar="FILE", help="keep the report here as well")
        parser.add_argument("--site", default="", metavar="URL", help="where the old site is, if not where this one is")
        parser.add_argument("--sections", nargs="+", default=[], metavar="TAG", help="tags that become sections")
        parser.add_argument("--permalink", default="", metavar="PATTERN", help="as in routes.yaml; usually /{slug}/")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and fail at the end where the file broke: what came before it stays."""
        self.refuse_nonsense(options)
        run = GhostImport(
            options["file"],
            timezone.now(),
            site=options["site"],
            sections=frozenset(options["sections"]),
            permalink=options["permalink"],
        )
        name, is_dry = f"Ghost, {options['file'].name}", options["dry_run"]
        self.carry_out(lambda: self.bring(run, options), run.report, name=name, is_dry=is_dry)
        self.tell(run.report, options["report"], is_dry=is_dry)

    def bring(self, run: GhostImport, options: dict[str, Any]) -> None:
        """The posts, then the files. Raises CommandError before anything is written where it is no Ghost export."""
        self.stdout.write("Reading what hangs on the posts: tags, authors, tiers …")
        try:
            run.read()
        except (WrongFileError, OSError) as error:
            raise CommandError(f"{options['file'].name} is no Ghost export: {error}.") from None
        for number, _brought in enumerate(run.bring(), start=1):
            self.show_progress(number, run.contents.post_count, "posts read")
        self.bring_files(run, options["media"], is_dry=options["dry_run"])
        with transaction.atomic():
            caching.purge("site", "front", "feed", "sitemap", "archive")

    def refuse_nonsense(self, options: dict[str, Any]) -> None:
        """Raise CommandError for what cannot be meant."""
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        if options["site"] and urlsplit(options["site"]).scheme not in ("http", "https"):
            raise CommandError("--site takes a whole address, such as https://example.org.")
        if options["media"] not in (None, DOWNLOAD) and not Path(options["media"]).is_dir():
            raise CommandError(f"There is no folder {options['media']}. --media takes a folder or the word download.")

    def bring_files(self, run: GhostImport, media: str | None, *, is_dry: bool) -> None:
        """Pictures and documents: from where was said, else from the zip; with neither they stay references."""

        def progress(number: int, total: int) -> None:
            self.show_progress(number, total, "files looked for")

        def bring(folder: Path | None) -> None:
            bring_files(folder=folder, report=run.report, now=run.now, progress=progress, is_dry=is_dry)

        if media is not None:
            bring(None if media == DOWNLOAD else Path(media))
        elif run.export.is_zip:
            with tempfile.TemporaryDirectory() as folder:
                if run.export.unpack(Path(folder)):
                    bring(Path(folder))
