"""Jobs of money. Each runs at least once and may run twice; jobs of one customer run one after another."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from members.models import StripeCustomer, StripeEvent, Subscription
from members.money.giving import gifts
from members.money.inbox import reconcile, webhooks
from members.money.joining import checkout
from members.money.keeping import reminders
from members.money.record import customers, ledger
from members.money.record.subscriptions import Unmatched
from members.money.stripe_api import payments
from members.money.stripe_api.errors import TryLater

LONGEST_WAIT = 15 * 60  # seconds; a job that waits holds up the others with its lock
TRIES = 8  # the sweep goes on after that
OVERDUE = timedelta(minutes=5)
LIVE = ["todo", "doing"]


class BackOff(BaseRetryStrategy):
    """5 s, 10 s, 20 s … 15 minutes, for what can get better by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None for what waiting does not mend."""
        if not isinstance(exception, TryLater | Unmatched) or job.attempts >= TRIES:
            return None
        return RetryDecision(retry_in={"seconds": wait_after(job.attempts)})


def wait_after(attempts: int) -> int:
    """Seconds to wait after so many failed tries."""
    return int(min(5 * 2**attempts, LONGEST_WAIT))


def look_at(event: StripeEvent) -> None:
    """Defer the look at an event's object, behind others of the same customer. In the caller's transaction."""
    look.configure(lock=event.customer_id or event.object_id).defer(object_id=event.object_id)


@app.task(queue="money", retry=BackOff())
def look(object_id: str) -> None:
    """Settle the pending events of one Stripe object."""
    webhooks.process(object_id)


@app.task(queue="money", retry=BackOff())
def settle_double(subscription_id: int) -> None:
    """End and refund a subscription bought beside another."""
    ledger.settle_double(Subscription.objects.get(pk=subscription_id), teller=payments.in_job())


@app.task(queue="money", retry=BackOff())
def tell_address(customer_id: int, entry_id: int) -> None:
    """Tell Stripe where a Customer reads their mail now; `entry_id`: the record of the change, part of the key."""
    customers.tell_address(StripeCustomer.objects.get(pk=customer_id), entry_id, teller=payments.in_job())


@app.task(queue="money", retry=BackOff())
def expire_checkout(session_id: str) -> None:
    """Close a Checkout page whose account is gone or became another's; one that was paid is recorded."""
    checkout.expire(session_id, teller=payments.in_job())


@app.task(queue="money", retry=BackOff())
def forget_customer(customer_id: int) -> None:
    """Have Stripe forget somebody who erased their account."""
    customers.forget(StripeCustomer.objects.get(pk=customer_id), teller=payments.in_job(), now=timezone.now())


@app.periodic(cron="47 * * * *")
@app.task(queue="money", queueing_lock="forget_customers")
def forget_customers(timestamp: int) -> None:
    """Have Stripe forget those whom it could not be told about in time."""
    customers.forget_due(teller=payments.in_job(), now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(queue="money", queueing_lock="sweep_inbox")
def sweep_inbox(timestamp: int) -> None:
    """Look again at what has been pending for five minutes and has no job; park what nothing helps."""
    overdue = StripeEvent.objects.overdue(timezone.now() - OVERDUE)
    overdue.filter(attempts__gte=webhooks.GIVES_UP_AFTER).update(status=StripeEvent.Status.PARKED)
    waiting = ProcrastinateJob.objects.filter(task_name=look.name, status__in=LIVE)
    has_job = {args["object_id"] for args in waiting.values_list("args", flat=True)}
    for event in overdue.exclude(object_id__in=has_job).order_by("object_id", "pk").distinct("object_id"):
        look_at(event)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="money", queueing_lock="deliver_gifts")
def deliver_gifts(timestamp: int) -> None:
    """Mail the gift codes whose day has come."""
    gifts.deliver_due(timezone.now())


@app.periodic(cron="17 7-19 * * *")
@app.task(queue="money", queueing_lock="remind_patrons")
def remind_patrons(timestamp: int) -> None:
    """Mail what is about to happen: a card that expires, free days that end, a year that renews."""
    reminders.remind(timezone.now())


@app.periodic(cron="40 8 * * *")
@app.task(queue="money", queueing_lock="remind_of_gifts")
def remind_of_gifts(timestamp: int) -> None:
    """Write where a gift is about to expire unused."""
    gifts.remind_due(timezone.now())


@app.periodic(cron="23 3 * * *")
@app.task(queue="money", queueing_lock="reconcile_nightly")
def reconcile_nightly(timestamp: int) -> None:
    """Compare Stripe and our tables, heal what differs, forget old events."""
    reconcile.run(teller=payments.in_job(), now=timezone.now())
    reconcile.forget_old_events(timezone.now())
