"""`rebuild_grants [--dry-run]`: derive everybody's access anew from what was paid and given."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from members.money.record.rebuilding import concerned, rebuild_all


class Command(BaseCommand):
    """Rebuilds grants where they differ from their sources. Safe to interrupt and to repeat."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """`--dry-run`: change nothing."""
        parser.add_argument("--dry-run", action="store_true", help="report only; exit with 1 where something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each member whose grants differ. Exits with 1 on any in a dry run."""
        meter = Progress(self.stdout, concerned().count())
        found = 0
        for line in rebuild_all(now=timezone.now(), dry_run=options["dry_run"], progress=meter.at):
            found += 1
            meter.clear()
            self.stdout.write(line)
        meter.clear()
        if found and options["dry_run"]:
            raise CommandError(f"{found} members have other grants than they should. Nothing was changed.")
        self.stdout.write(f"{found} members' grants rebuilt." if found else "Every grant is as it should be.")
