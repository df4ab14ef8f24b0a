"""`stripe_doctor`: what is missing or unsafe between this site and Stripe. Exits with 1 when something is."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from members.models import StripeEvent
from members.money import catalogue
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError
from members.money.stripe_api.fitting import Fitter, fitter
from members.money.stripe_api.payments import API_VERSION

MOST_SKEW = 60  # seconds; Stripe refuses signatures older than 300


class Command(BaseCommand):
    """Looks the connection to Stripe over."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the state of things, then every complaint."""
        self.stdout.write(f"Key: {'live' if payments.is_live() else 'test'}. API version {API_VERSION}.")
        try:
            complaints = list(_complaints(fitter()))
        except PaymentError as error:
            raise CommandError(str(error)) from error
        for line in complaints:
            self.stdout.write(f"- {line}")
        if complaints:
            raise CommandError(f"{len(complaints)} things to look at.")
        self.stdout.write("All is well.")


def _complaints(doctor: Fitter) -> Iterator[str]:
    if not settings.STRIPE_WEBHOOK_SECRETS:
        yield "STRIPE_WEBHOOK_SECRETS is empty: every webhook is refused."
    skew = doctor.clock_skew()
    if abs(skew) > MOST_SKEW:
        yield f"This host's clock is {skew:.0f} s ahead of Stripe's: set it right, or webhooks are refused."
    yield from catalogue.drift(doctor)
    if not doctor.find_portal():
        yield "No portal configuration of ours: run stripe_setup."
    yield from _endpoint_complaints(doctor)
    for status in (StripeEvent.Status.PARKED, StripeEvent.Status.PENDING):
        count = StripeEvent.objects.filter(status=status).count()
        if count:
            yield f"{count} events are {status}: see the desk."


def _endpoint_complaints(doctor: Fitter) -> Iterator[str]:
    ours = [each for each in doctor.endpoints() if each[0] == catalogue.endpoint_url()]
    if not ours:
        yield f"No webhook endpoint at {catalogue.endpoint_url()}: run stripe_setup."
    if len(ours) > 1:
        yield f"{len(ours)} webhook endpoints at {catalogue.endpoint_url()}: remove all but one."
    for _url, version, status in ours:
        if status != "enabled":
            yield "The webhook endpoint is disabled at Stripe."
        if version != API_VERSION:
            yield f"The webhook endpoint speaks {version or 'the account default'}, not {API_VERSION}."
