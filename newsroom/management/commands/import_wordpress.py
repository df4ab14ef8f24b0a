"""`manage.py import_wordpress FILE`: a WordPress site moves in. Mails nobody; can be run again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from articles.importers.wordpress import Brought, ImportReport, WordPressImport
from articles.importers.wxr import WxrComment
from comments.importing import ImportedReply, import_replies
from comments.models import Reply
from newsroom import caching

STATUSES = {"1": Reply.Status.PUBLISHED, "0": Reply.Status.HELD}
EVERY = 25


class Command(BaseCommand):
    """Stories, pages, authors, sections, tags and redirects; replies with threads, names and dates."""

    help = "Import a WordPress export (WXR)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The export file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and fail at the end where the file broke: what came before it stays."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        run = WordPressImport(path, timezone.now())
        run.read_skeleton()
        for number, brought in enumerate(run, start=1):
            if brought is not None:
                self.bring_replies(run, brought)
            if number % EVERY == 0:
                self.stdout.write(f"  {min(number, run.item_count)} of {run.item_count} items …", ending="\r")
                self.stdout.flush()
        with transaction.atomic():
            caching.purge("site", "front", "feed", "sitemap", "archive")
        self.tell(run.report)

    def bring_replies(self, run: WordPressImport, brought: Brought) -> None:
        """The item's replies; pings, spam and trash are counted and left."""
        rows = []
        for comment in brought.item.comments:
            if comment.is_ping:
                run.report.skipped["pings"] += 1
            elif comment.approved not in STATUSES or comment.at is None:
                run.report.skipped[f"replies marked {comment.approved}"] += 1
            else:
                rows.append(self.reply(run, brought, comment))
        new = import_replies(brought.subject, rows, now=run.now) if rows else 0
        run.report.came["replies"] += new
        run.report.skipped["replies that were here already"] += len(rows) - new

    def reply(self, run: WordPressImport, brought: Brought, comment: WxrComment) -> ImportedReply:
        """One comment; under what was protected it is held, whatever WordPress said."""
        status = Reply.Status.HELD if brought.is_hidden else STATUSES[comment.approved]
        parent = run.key(f"comment-{comment.parent}") if comment.parent else ""
        return ImportedReply(
            key=run.key(f"comment-{comment.comment_id}"),
            parent=parent,
            name=comment.author,
            at=comment.at or run.now,
            text=comment.text,
            status=status,
        )

    def tell(self, report: ImportReport) -> None:
        """The report. Raises CommandError where the export broke."""
        self.lines("What came", [f"{count} {what}" for what, count in sorted(report.came.items()) if count])
        self.lines("Skipped", [f"{count} {what}" for what, count in sorted(report.skipped.items()) if count])
        self.lines("To look at", report.notes)
        self.lines("Pictures without alternative text", report.pictures_without_alt)
        if report.broken is not None:
            raise CommandError(
                f"The export is broken at {report.broken}. What came before it is kept; mend and run again."
            )

    def lines(self, title: str, rows: list[str]) -> None:
        """A titled list, if there is anything in it."""
        if rows:
            self.stdout.write(f"{title}:")
            for row in rows:
                self.stdout.write(f"  {row}")
