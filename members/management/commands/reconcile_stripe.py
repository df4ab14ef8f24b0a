"""`reconcile_stripe [--dry-run]`: compare Stripe and the database, list what differs, heal it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.money.inbox import reconcile
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError


class Command(BaseCommand):
    """Compares and heals; with --dry-run only compares and exits with 1 on drift."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """`--dry-run`: change nothing."""
        parser.add_argument("--dry-run", action="store_true", help="report only; exit with 1 on drift")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each drift. Exits with 1 on drift in a dry run, and when Stripe did not answer."""
        try:
            report = reconcile.run(teller=payments.in_job(), now=timezone.now(), dry_run=options["dry_run"])
        except PaymentError as error:
            raise CommandError(str(error)) from error
        for line in report.drifts:
            self.stdout.write(line)
        if report.failures:
            raise CommandError("; ".join(report.failures))
        if report.drifts and options["dry_run"]:
            raise CommandError(f"{len(report.drifts)} differences.")
        self.stdout.write(f"{len(report.drifts)} differences healed." if report.drifts else "Nothing differs.")
