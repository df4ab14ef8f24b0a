"""`manage.py import_wordpress FILE …`: a WordPress site moves in. Mails nobody; can be run again."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from articles.importers.files import bring_files
from articles.importers.wordpress import fields
from articles.importers.wordpress.given import WrongFileError, refuse_what_is_no_export
from articles.importers.wordpress.site import Brought, WordPressImport
from articles.importers.wordpress.wxr import WxrComment
from articles.models import Page
from comments.importers.replies import ImportedReply, import_replies
from comments.importers.wordpress import STATUSES, why_left
from comments.models import Reply
from newsroom import caching
from newsroom.management.importing import ImportCommand

WAS = {"1": "approved", "0": "held"}


class Command(ImportCommand):
    """Stories, pages, authors, sections, tags, pictures, menus and redirects; replies with threads, names and dates."""

    help = (
        "Import a WordPress export (WXR), all its files at once if it is split. Pictures, sounds and PDFs are taken "
        "from --media DIR or asked for at the old site. Mails nobody. Run it again to complete what was interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The files of the export, and how to go about it."""
        parser.add_argument(
            "files", type=Path, nargs="+", metavar="FILE", help="the XML WordPress wrote (Tools → Export → All content)"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would come, and write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE", help="keep the report in this file")
        media = parser.add_mutually_exclusive_group()
        media.add_argument("--media", type=Path, metavar="DIR", help="a copy of wp-content/uploads, in any nesting")
        media.add_argument(
            "--no-media", action="store_true", help="leave pictures and files on the old site for now, as references"
        )
        parser.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="THEIRS=OURS",
            help=f"a custom field as one of ours ({', '.join(fields.OURS)}); can be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and fail at the end where a file broke: what came before it stays."""
        self.look_at(options["files"], options["media"])
        try:
            wanted = fields.mapping(options["field"])
        except fields.FieldError as error:
            raise CommandError(str(error)) from None
        run = WordPressImport(
            options["files"], timezone.now(), fields=wanted, takes_files=not options["no_media"]
        )  # fmt: skip
        names = ", ".join(path.name for path in options["files"])
        is_dry = options["dry_run"]
        self.carry_out(lambda: self.bring(run, options), run.report, name=f"WordPress, {names}", is_dry=is_dry)
        self.tell(run.report, options["report"], is_dry=is_dry)

    def look_at(self, paths: list[Path], media: Path | None) -> None:
        """Raise CommandError for what is no file, no export or no folder, before anything is written."""
        try:
            for path in paths:
                if not path.is_file():
                    raise CommandError(f"There is no file {path}.")
                refuse_what_is_no_export(path)
        except (WrongFileError, OSError) as error:
            raise CommandError(str(error)) from None
        if media is not None and not media.is_dir():
            raise CommandError(f"There is no folder {media}. Give a copy of wp-content/uploads, or leave --media out.")

    def bring(self, run: WordPressImport, options: dict[str, Any]) -> None:
        """The items with their replies, then the files."""
        run.read_skeleton()
        for number, brought in enumerate(run.bring(), start=1):
            if brought is not None:
                self.bring_replies(run, brought)
            self.show_progress(number, run.item_count, "items read")
        if not options["no_media"]:
            bring_files(
                folder=options["media"],
                report=run.report,
                now=run.now,
                progress=lambda done, total: self.show_progress(done, total, "files looked at"),
                is_dry=options["dry_run"],
            )
        with transaction.atomic():
            caching.purge("site", "front", "feed", "sitemap", "archive")

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
