"""`make_archive --stories N --members N --replies N`: fill a database with an archive of that size, to try it out."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from members.management.progress import Progress
from newsroom.caching import purge
from newsroom.demo.archive.people import make_members
from newsroom.demo.archive.replies import make_replies
from newsroom.demo.archive.stories import Shelves, make_stories
from newsroom.demo.archive.words import Words


class Command(BaseCommand):
    """Goes on where it stopped: run again it makes what is missing. Nobody is mailed."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of what there shall be."""
        parser.add_argument("--stories", type=int, default=20_000)
        parser.add_argument("--members", type=int, default=0)
        parser.add_argument("--replies", type=int, default=0)
        parser.add_argument("--authors", type=int, default=60)
        parser.add_argument("--tags", type=int, default=400)
        parser.add_argument("--yes-fill-this-database", action="store_true", help="outside development too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the rows, tell the planner of them and the caches that everything changed."""
        if not (settings.DEBUG or options["yes_fill_this_database"]):
            raise CommandError("This is no development database. --yes-fill-this-database fills it nevertheless.")
        stories, replies = options["stories"], options["replies"]
        if min(stories, options["authors"] - 1, options["tags"] - 1) < 1:
            raise CommandError("An archive has a story, two authors and two tags at least.")
        shelves = Shelves.make(stories=stories, authors=options["authors"], tags=options["tags"])
        self.tell("stories", stories, make_stories(stories, shelves, Words.read()))
        self.tell("members", options["members"], make_members(options["members"]))
        self.tell("replies", replies, make_replies(replies, stories))
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('article_search')")
            cursor.execute("ANALYZE")
        purge("site")

    def tell(self, what: str, total: int, steps: Iterator[int]) -> None:
        """Go through `steps`, saying how far they are."""
        meter, there = Progress(self.stdout, total), 0
        for there in steps:
            meter.at(there, what)
        meter.clear()
        self.stdout.write(f"{max(there, total)} {what}.")
