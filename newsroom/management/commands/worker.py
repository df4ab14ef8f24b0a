"""`manage.py worker`: does the jobs of every queue until told to stop."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """procrastinate's worker with our concurrency: a long job must not hold up the clock."""

    help = "Run the worker: mails, pictures, Stripe events, announcements, everything due."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many jobs at once."""
        parser.add_argument("--concurrency", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; running jobs get ten seconds."""
        call_command(
            "procrastinate",
            "worker",
            "--concurrency",
            str(options["concurrency"]),
            "--fetch-job-polling-interval",
            "1",  # seconds: nothing tells a worker that a lock came free, and one customer's events share a lock
            "--shutdown-graceful-timeout",
            "10",
        )
