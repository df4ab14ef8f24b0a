"""Brings a WordPress site in: authors, sections, tags, stories, pages, pictures, menus, redirects.

Idempotent: what came before (by `legacy_key`) is left alone, so an interrupted run is completed by the next. Every
story is open to whom it was open; nothing is announced. Replies are the caller's, since articles know nothing of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import transaction

from articles.importers.report import ImportReport
from articles.importers.wordpress import wxr
from articles.importers.wordpress.furniture import Menus, pin_sticky
from articles.importers.wordpress.moving import Moving
from articles.importers.wordpress.pages import Pages
from articles.importers.wordpress.people import People
from articles.importers.wordpress.stories import Stories
from articles.importers.wordpress.wxr import BrokenExportError, Thing, WxrAuthor, WxrItem
from articles.models import Article, Page

BATCH = 500
LEFT = ("nav_menu_item", "wp_block", "guest-author")  # they come with what uses them


@dataclass(frozen=True)
class Brought:
    """An item as it is with us now. `is_hidden`: it was protected by a password, so its replies are hidden."""

    item: WxrItem
    subject: Article | Page
    is_hidden: bool


class WordPressImport:
    """One run over the files of one export. `read_skeleton` comes first: pages may stand before their parents.

    `fields`: a custom field's name → ours. `takes_files`: whether sounds and PDFs become ours too.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        now: datetime,
        *,
        fields: Mapping[str, str] | None = None,
        takes_files: bool = False,
    ) -> None:
        self.paths, self.now = paths, now
        self.moving = Moving(now, fields=fields or {}, takes_files=takes_files)
        self.people = People(self.moving)
        self.stories = Stories(self.moving, self.people)
        self.pages = Pages(self.moving)
        self.sticky: list[str] = []

    @property
    def report(self) -> ImportReport:
        """What the run did so far."""
        return self.moving.report

    @property
    def item_count(self) -> int:
        """How many items the files hold, as far as they can be read."""
        return self.moving.frame.items

    def key(self, item_id: int | str) -> str:
        """The id by which a row is known again in a second run."""
        return self.moving.key(item_id)

    def read_skeleton(self) -> None:
        """First pass: what stands beside the stories. Where a file breaks, the report says so and the next begins."""
        for thing in self._things():
            self.moving.note(thing)

    def bring(self) -> Iterator[Brought | None]:
        """Bring every item in, each story and page in its own transaction; None for what is neither."""
        for thing in self._things():
            if isinstance(thing, WxrAuthor):
                with transaction.atomic():
                    self.people.author(thing.login, thing.name, thing.number)
            elif isinstance(thing, WxrItem):
                if self.moving.frame.guests:
                    with transaction.atomic():
                        self.people.bring_guests()
                    self.moving.frame.guests = []
                yield self.bring_item(thing)
        self.finish()

    def bring_item(self, item: WxrItem) -> Brought | None:
        """A post or a page; other kinds are counted as skipped."""
        skipped = self.report.skipped
        if item.status in ("trash", "auto-draft"):
            skipped[f"{item.kind}s in the {item.status}"] += 1
        elif item.kind in ("post", "page"):
            with transaction.atomic():
                subject = self.stories.bring(item) if item.kind == "post" else self.pages.bring(item)
            if item.is_sticky:
                self.sticky.append(self.key(item.post_id))
            return Brought(item, subject, bool(item.password)) if subject is not None else None
        elif item.kind == "attachment":
            is_file = "attachments (each comes with the stories that show it)"
            skipped[is_file if item.attachment_url else "attachments without a file"] += 1
        elif item.kind not in LEFT:
            skipped[f"items of the kind {item.kind}"] += 1
        return None

    def finish(self) -> None:
        """What needs all stories to be here: the addresses of attachments, the menu, the top of the front page."""
        self.redirect_attachments()
        if not self.report.broken:
            with transaction.atomic():
                Menus(self.moving).bring()
                pin_sticky(self.moving, self.sticky)

    def redirect_attachments(self) -> None:
        """The pages WordPress made for files lead to the story or page they were added to."""
        rows = self.moving.media.attachments()
        while batch := list(islice(rows, BATCH)):
            living = self.moving.living([attachment.parent for _number, attachment in batch])
            with transaction.atomic():
                for number, attachment in batch:
                    if (subject := living.get(attachment.parent)) is not None:
                        new = subject.get_absolute_url()
                        self.moving.addresses.redirect(f"/?attachment_id={number}", new)
                        self.moving.addresses.redirect(attachment.old_path, new)

    def _things(self) -> Iterator[Thing]:
        """What all files hold, one after another."""
        broken = []
        for path in self.paths:
            try:
                yield from wxr.read(path)
            except BrokenExportError as error:
                broken.append(f"{path.name}: {error}" if len(self.paths) > 1 else str(error))
                self.report.broken = "; ".join(broken)
