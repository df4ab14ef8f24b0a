"""A site with its Stripe: the fake over HTTP, webhooks straight into our view, jobs run when the test says so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from members.models import Grant, Mailing, Member, Payment, Price, StripeEvent, Subscription, Tier
from members.money import catalogue
from members.money.joining import checkout
from members.money.record.subscriptions import Unmatched
from members.money.stripe_api.errors import PaymentError
from members.money.stripe_api.fitting import fitter
from tests.factories import MemberFactory
from tests.fakestripe import FakeStripe

SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def make_tiers() -> None:
    """Two tiers, 5 and 10 € a month, not yet known to Stripe."""
    for rank, (slug, name) in enumerate((("tier-1", "Friend"), ("tier-2", "Patron")), start=1):
        tier = Tier.objects.create(slug=slug, name=name, rank=rank, perks="Every story\nA vote")
        for interval, amount in (("month", 500), ("year", 5000)):
            Price.objects.create(tier=tier, currency="EUR", interval=interval, unit_amount=amount * rank)


@dataclass
class Till:
    """What a test of money needs at hand."""

    fake: FakeStripe
    clock: Any = None
    waiting: list[str] = field(default_factory=list)

    def set_up(self) -> None:
        """Make the tiers and have `stripe_setup` make them at Stripe."""
        make_tiers()
        catalogue.set_up(fitter())
        self.fake.deliver("drop")

    def price(self, slug: str = "tier-1", interval: str = "month") -> Price:
        """An offered price."""
        return Price.objects.get(tier__slug=slug, interval=interval, is_active=True)

    def join(self, member: Member, slug: str = "tier-1", interval: str = "month", back: str = "") -> str:
        """Press *Join*; the Session's id."""
        address = checkout.join(member, self.price(slug, interval), return_path=back, now=timezone.now())
        return address.rsplit("/", 1)[-1]

    def patron(self, slug: str = "tier-1", interval: str = "month") -> Member:
        """A member who joined and paid, everything delivered."""
        member: Member = MemberFactory()
        self.fake.pay(self.join(member, slug, interval))
        self.deliver()
        return member

    def deliver(self, arrange: str = "order") -> list[int]:
        """Deliver the waiting events as arranged and run the jobs; the HTTP statuses."""
        answers = self.fake.deliver(arrange)
        self.run_jobs()
        return answers

    def advance(self, days: float = 0, hours: float = 0, arrange: str = "order") -> None:
        """Let time pass here and at Stripe, and deliver what that brought."""
        self.fake.advance(days, hours, along=self.clock)
        self.deliver(arrange)

    def run_jobs(self) -> list[str]:
        """Run money's waiting jobs until none is left; what failed for now is returned, and not tried again."""
        failures: list[str] = []
        while (job := ProcrastinateJob.objects.filter(queue_name="money").order_by("id").first()) is not None:
            task, args = app.tasks[job.task_name], job.args
            forget(job.pk)
            try:
                task(**args)
            except (PaymentError, Unmatched) as error:
                failures.append(f"{type(error).__name__}: {error}")
        return failures

    def has_access(self, member: Member) -> bool:
        """Whether a grant covers now."""
        return Grant.objects.rank_of(member, timezone.now()) > 0

    def rank(self, member: Member) -> int:
        """The highest rank covering now."""
        return Grant.objects.rank_of(member, timezone.now())

    def subscription(self, member: Member) -> Subscription:
        """The member's newest subscription."""
        return Subscription.objects.filter(customer__member=member).latest("started_at", "pk")

    def payment(self, member: Member) -> Payment:
        """The member's newest payment."""
        return Payment.objects.filter(member=member).latest("paid_at", "pk")

    def charge(self, payment: Payment) -> str:
        """The id of the charge behind a payment."""
        return str(self.fake.state.objects[payment.payment_intent]["latest_charge"])

    def mails(self, start: str) -> list[str]:
        """The keys of mails that begin with `start`."""
        return list(Mailing.objects.filter(key__startswith=start).values_list("key", flat=True))

    def statuses(self) -> dict[str, int]:
        """How many events of the inbox are in which state."""
        found: dict[str, int] = {}
        for status in StripeEvent.objects.values_list("status", flat=True):
            found[status] = found.get(status, 0) + 1
        return found

    def calls(self, method: str, path: str) -> int:
        """How many calls of that kind reached Stripe."""
        return sum(call.method == method and call.path == f"/v1/{path}" for call in self.fake.calls)

    def portal(self, member: Member) -> str:
        """A Portal Session of the member."""
        customer = self.subscription(member).customer.stripe_id
        session = self.fake.client().v1.billing_portal.sessions.create({"customer": customer})
        return str(session.id)


def forget(job_id: int) -> None:
    """Take a job off the queue."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])


def receiver(body: bytes, headers: dict[str, str]) -> int:
    """Our webhook view, as the fake calls it."""
    answer = Client().post(
        "/stripe/webhook/", data=body, content_type="application/json",
        HTTP_STRIPE_SIGNATURE=headers["Stripe-Signature"],
    )  # fmt: skip
    return answer.status_code


def in_days(days: float) -> datetime:
    """So many days from now."""
    return timezone.now() + timedelta(days=days)
