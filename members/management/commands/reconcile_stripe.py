"""`reconcile_stripe [--dry-run]`: compare Stripe and the database, list what differs, heal it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.management.progress import Progress
from members.money.inbox import reconcile
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError


class Command(BaseCommand):
    """Compares and heals; with --dry-run only compares and exits with 1 on drift. Can be interrupted and repeated."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """`--dry-run`: change nothing."""
        parser.add_argument("--dry-run", action="store_true", help="report only; exit with 1 on drift")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each drift, then two of summary. Exits with 1 on drift in a dry run and on failures."""
        meter = Progress(self.stdout)
        try:
            report = reconcile.run(
                teller=payments.in_job(), now=timezone.now(), dry_run=options["dry_run"], say=meter.at
            )
        except PaymentError as error:
            raise CommandError(str(error)) from error
        meter.clear()
        for line in [*report.drifts, *report.open, *report.failures]:
            self.stdout.write(line)
        summary = "\n".join(summary_of(report, dry_run=options["dry_run"]))
        if report.failures or (report.differs and options["dry_run"]):
            raise CommandError(summary)
        self.stdout.write(summary)


def summary_of(report: reconcile.Report, *, dry_run: bool) -> tuple[str, str]:
    """What was found, and what was done about it."""
    if not report.differs and not report.failures:
        return "Nothing differs.", "Nothing was to be done."
    found = f"{len(report.drifts)} differences, {len(report.open)} for a person to look at"
    if report.failures:
        found += f", {len(report.failures)} that could not be compared: run this again"
    done = "Nothing was changed." if dry_run else "What differed was healed."
    return f"{found}.", done
