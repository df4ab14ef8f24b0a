"""`stripe_doctor`: what is missing or unsafe between this site and Stripe. Exits with 1 when something is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from members.models import ReconcileRun, StripeEvent, Subscription
from members.money import catalogue
from members.money.record.subscriptions import database_clock
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError
from members.money.stripe_api.fitting import Fitter, fitter
from members.money.stripe_api.payments import API_VERSION

MOST_SKEW = 60  # seconds; Stripe refuses signatures older than 300
OVERDUE = timedelta(minutes=10)
SILENT = timedelta(minutes=1)
A_DAY = timedelta(hours=26)  # the nightly run, and some time for it


class Command(BaseCommand):
    """Looks the connection to Stripe over."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the state of things, then every complaint."""
        mode, tax = "live" if payments.is_live() else "test", "on" if settings.STRIPE_TAX else "off"
        self.stdout.write(f"Key: {mode}. API version {API_VERSION}. Stripe Tax: {tax}. Currency: {settings.CURRENCY}.")
        try:
            complaints = [*_at_stripe(fitter()), *_here()]
        except PaymentError as error:
            raise CommandError(str(error)) from error
        for line in complaints:
            self.stdout.write(f"- {line}")
        if complaints:
            raise CommandError(f"{len(complaints)} things to look at.")
        self.stdout.write("All is well.")


def _at_stripe(doctor: Fitter) -> Iterator[str]:
    """Secrets, permissions, clocks, catalogue. Without permissions the rest cannot be asked."""
    if not settings.STRIPE_WEBHOOK_SECRETS:
        yield "STRIPE_WEBHOOK_SECRETS is empty: every webhook is refused."
    refused = doctor.refused_reads()
    for name in refused:
        yield f"The key may not read {name}: give it that permission at Stripe (Developers, API keys)."
    if refused:
        return
    skew = doctor.clock_skew()
    if abs(skew) > MOST_SKEW:
        yield f"This host's clock is {skew:.0f} s ahead of Stripe's: set it right, or webhooks are refused."
    yield from catalogue.drift(doctor)


def _here() -> Iterator[str]:
    """The inbox, the nightly comparison, the worker, what waits for a person."""
    parked = StripeEvent.objects.filter(status=StripeEvent.Status.PARKED).count()
    if parked:
        yield f"{parked} events are parked: see the desk."
    overdue = StripeEvent.objects.overdue(timezone.now() - OVERDUE).count()
    if overdue:
        yield f"{overdue} events wait for more than ten minutes: does the worker run?"
    last = ReconcileRun.objects.order_by("-started_at").first()
    if last is None or last.started_at < timezone.now() - A_DAY:
        yield "The last comparison with Stripe is older than a day: run reconcile_stripe, and look at the worker."
    elif last.failures:
        yield f"{len(last.failures)} things could not be compared in the last reconcile_stripe: run it again."
    if not ProcrastinateWorker.objects.filter(last_heartbeat__gt=database_clock() - SILENT).exists():
        yield "No worker runs: start `manage.py worker`, or events, mails and reminders wait."
    flagged = Subscription.objects.exclude(needs_review="").count()
    if flagged:
        yield f"{flagged} subscriptions wait for somebody to look at them: see the desk."
