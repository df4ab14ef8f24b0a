"""`stripe_setup`: products, prices, portal and webhook endpoint at Stripe, as our tables say. Safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members.money import catalogue
from members.money.stripe_api.errors import PaymentError
from members.money.stripe_api.fitting import fitter


class Command(BaseCommand):
    """Sets the Stripe account up."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each thing made or found."""
        try:
            for line in catalogue.set_up(fitter()):
                self.stdout.write(line)
        except PaymentError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Run stripe_doctor to see whether all is well.")
