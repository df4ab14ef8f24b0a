"""`manage.py import_wordpress FILE`: a WordPress site moves in. Mails nobody; can be run again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from articles.importers.report import ImportReport
from articles.importers.wordpress.site import Brought, WordPressImport
from articles.importers.wordpress.wxr import WxrComment
from articles.models import Page
from comments.importers.replies import ImportedReply, import_replies
from comments.importers.wordpress import STATUSES, why_left
from comments.models import Reply
from newsroom import caching

WAS = {"1": "approved", "0": "held"}
EVERY, EVERY_IN_A_LOG = 25, 1000


class Command(BaseCommand):
    """Stories, pages, authors, sections, tags and redirects; replies with threads, names and dates."""

    help = "Import a WordPress export (WXR). Mails nobody. Run it again to complete what an interruption left."

    def add_arguments(self, parser: CommandParser) -> None:
        """The export file."""
        parser.add_argument("file", type=Path, help="the XML file WordPress wrote (Tools → Export → All content)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and fail at the end where the file broke: what came before it stays."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        run = WordPressImport(path, timezone.now())
        run.read_skeleton()
        for number, brought in enumerate(run.bring(), start=1):
            if brought is not None:
                self.bring_replies(run, brought)
            self.show_progress(number, run.item_count)
        with transaction.atomic():
            caching.purge("site", "front", "feed", "sitemap", "archive")
        self.tell(run.report)

    def bring_replies(self, run: WordPressImport, brought: Brought) -> None:
        """The item's replies; pings, spam, trash and empty ones are counted and left."""
        report, rows, was = run.report, [], {}
        for comment in brought.item.comments:
            if why := why_left(comment):
                report.skipped[why] += 1
            else:
                row = reply_of(run, brought, comment)
                rows.append(row)
                was[row.key] = WAS[comment.approved]
        new = import_replies(brought.subject, rows, is_open=brought.item.takes_replies, now=run.now)
        for row in new:
            report.came[f"replies that were {was[row.key]}"] += 1
            report.came["replies under pages (counted above)"] += isinstance(brought.subject, Page)
            report.came["replies hidden, for their story was protected (counted above)"] += brought.is_hidden
        report.skipped["replies that were here already"] += len(rows) - len(new)

    def show_progress(self, number: int, total: int) -> None:
        """How far it is: one line that changes on a terminal, few lines in a log."""
        is_terminal = self.stdout.isatty()
        if number % (EVERY if is_terminal else EVERY_IN_A_LOG) == 0 or number == total:
            self.stdout.write(
                f"{number} of {total} items read", ending="\r" if is_terminal and number < total else "\n"
            )
            self.stdout.flush()

    def tell(self, report: ImportReport) -> None:
        """The report. Raises CommandError where the export broke."""
        for line in report.lines():
            self.stdout.write(line)
        if report.broken:
            raise CommandError(
                f"The export is broken at {report.broken}. What came before is kept. Mend the file and run this again."
            )


def reply_of(run: WordPressImport, brought: Brought, comment: WxrComment) -> ImportedReply:
    """One comment; under what was protected it is held, whatever WordPress said."""
    return ImportedReply(
        key=run.key(f"comment-{comment.comment_id}"),
        parent=run.key(f"comment-{comment.parent}") if comment.parent else "",
        name=comment.author,
        at=comment.at or run.now,
        text=comment.text,
        status=Reply.Status.HELD if brought.is_hidden else STATUSES[comment.approved],
    )
