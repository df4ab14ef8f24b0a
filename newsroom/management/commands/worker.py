"""`manage.py worker`: does the jobs of every queue until told to stop, however often the database goes away."""

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

AGAIN_SECONDS = 1.0
log = logging.getLogger(__name__)


class Command(BaseCommand):
    """procrastinate's worker with our concurrency: a long job must not hold up the clock.

    The package's own command ends when its listener loses the database, as if it had been told to; this one goes on.
    """

    help = "Run the worker: mails, pictures, Stripe events, announcements, everything due."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many jobs at once."""
        parser.add_argument("--concurrency", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; running jobs get ten seconds."""
        asyncio.run(self._go_on(options["concurrency"]))

    async def _go_on(self, concurrency: int) -> None:
        """One worker after the other, until a signal comes."""
        told = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, told.set)
        stopping = asyncio.create_task(told.wait())
        while not told.is_set():
            working = asyncio.create_task(self._work(concurrency))
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            if told.is_set():
                working.cancel()  # it finishes what it has begun
            with suppress(asyncio.CancelledError):
                await working
            await asyncio.wait((stopping,), timeout=AGAIN_SECONDS)

    async def _work(self, concurrency: int) -> None:
        """One worker, on connections of its own, as long as the database is there."""
        with app.replace_connector(app.connector.get_worker_connector()) as ours:  # type: ignore[attr-defined]  # Django's connector has it
            try:
                await self._run(ours, concurrency)
            except (ConnectorException, psycopg.Error) as error:
                log.error("The worker has no database and begins anew: %s", error)

    async def _run(self, ours: App, concurrency: int) -> None:
        async with ours.open_async():
            await ours.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=1,  # nothing tells that a lock came free; a customer's events share one
                shutdown_graceful_timeout=10,
                install_signal_handlers=False,
            )
