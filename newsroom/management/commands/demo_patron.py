"""`manage.py demo_patron`: the tour's patron joins through the fake Stripe, as any reader would."""

import urllib.parse
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from members.models import Member, Price, Subscription
from members.money.joining.checkout import join, sync_checkout
from members.money.stripe_api import payments
from newsroom.demo.people import person_named


class Command(BaseCommand):
    """Opens Checkout, presses *Pay* on its page, and looks what came of it. Does nothing the second time."""

    help = "Make the tour's patron a patron (the demo only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Pay with the fake. Raises CommandError on any other Stripe."""
        if not settings.STRIPE_API_BASE or not settings.DEBUG:
            raise CommandError("Only the demo's fake Stripe may be paid by a command.")
        person = person_named("patron")
        member = Member.objects.get(email=person.email if person else "")
        if Subscription.objects.filter(customer__member=member).exists():
            return
        price = Price.objects.offered().get(tier__slug="patron", interval=Price.Interval.MONTH)
        address = join(member, price, return_path="/account/", now=timezone.now())
        pressed = urllib.parse.urlencode({"act": "pay", "email": member.email}).encode()
        request = urllib.request.Request(address, data=pressed)  # noqa: S310 - the fake's own page
        urllib.request.build_opener(_StayThere).open(request, timeout=20).close()
        attempt = member.attempts.latest("created_at")
        sync_checkout(str(attempt.session_id), teller=payments.in_job())


class _StayThere(urllib.request.HTTPRedirectHandler):
    """The page leads back to the site, which is not up yet."""

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Take the redirect itself for the answer."""
        return fp
