"""`manage.py demo_patrons`: the demo's paying people join, stop and pause through the fake Stripe, as readers would."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from members.models import Subscription
from newsroom.demo import lives


class Command(BaseCommand):
    """Plays the lives of `money.toml`, and last that of the tour's patron. Does nothing the second time."""

    help = "Give the demo its paying people (the demo only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Pay with the fake. Raises CommandError on any other Stripe."""
        if not settings.STRIPE_API_BASE or not settings.DEBUG:
            raise CommandError("Only the demo's fake Stripe may be paid by a command.")
        if not Subscription.objects.exists():
            lives.play(timezone.now())
