"""The mistakes of the payments reference, M1 to M17, as small changes of text.

A plant is caught when its tests fail, and fail by what they say: `shows` stands in the report of the failure.
"""

from dataclasses import dataclass

T = "tests/members/money"
STATES, PROJECTION = "members/money/stripe_api/states.py", "members/money/record/projection.py"
PAYMENTS, CHECKOUT = "members/money/stripe_api/payments.py", "members/money/joining/checkout.py"
SYNC, LEDGER = "members/money/record/subscriptions.py", "members/money/record/ledger.py"
INBOX, BELL = "members/money/inbox/webhooks.py", "members/money/inbox/views.py"
GRANT, GIFTS = "members/models/grant.py", "members/money/giving/gifts.py"
MEMBER, AMOUNTS, SCHEMA = "members/models/member.py", "members/money/amounts.py", "members/migrations/0001_initial.py"


@dataclass(frozen=True)
class Change:
    """`old` occurs once in `file` and becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Plant:
    """A mistake: what it is, how it is made, which tests must not bear it, and what they then say.

    `fresh`: the mistake is in the schema, so the database is made anew.
    """

    name: str
    mistake: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
    shows: str = "assert"
    fresh: bool = False


BELIEVES = """
        note = payments.read_event(request.body, request.headers.get("Stripe-Signature", ""))
        import json
        from members.models import Grant, Subscription
        from members.money.stripe_api.states import moment
        told = json.loads(request.body)["data"]["object"]
        known = Subscription.objects.filter(stripe_id=told["id"])
        if told["object"] == "subscription" and known.exists() and "status" in told:
            ends = moment(told["items"]["data"][0].get("current_period_end"))
            ends = ends if told["status"] == "active" else moment(told["ended_at"])
            known.update(status=told["status"], paid_until=ends)
            Grant.objects.rebuild(known.get().customer.member)
            return HttpResponse(status=200)
        webhooks.receive(note)"""

PLANTS = (
    Plant(
        "M1", "only cancel_at_period_end is read",
        (Change(PROJECTION, "dates = [seen.cancel_at, ", "dates = ["),),
        (f"{T}/test_lifecycle.py::test_fault_23_a_portal_cancel_ends_on_its_day",),
    ),
    Plant(
        "M2", "past_due counts the unpaid period",
        (Change(PROJECTION, "return max(paid, min(paid, seen.period_start) + grace)", "return seen.period_end"),),
        (f"{T}/test_lifecycle.py", "-k", "fault_26"),
    ),
    Plant(
        "M3 join", "no check for an existing subscription when joining",
        (Change(CHECKOUT, "        _refuse_patrons(member, teller)\n", ""),),
        (f"{T}/test_joining.py", "-k", "fault_08"),
    ),
    Plant(
        "M3 sync", "no check for an existing subscription at sync",
        (Change(SYNC, "for double in running[1:]:", "for double in running[9:]:"),),
        (f"{T}/test_refunds.py", "-k", "fault_09"),
    ),
    Plant(
        "M4 customer", "no idempotency key for a Customer",
        (Change(PAYMENTS, '"metadata": {"member": str(member_id)}}, {"idempotency_key": key}',
                '"metadata": {"member": str(member_id)}}, {}'),),
        (f"{T}/test_concurrency.py", "-k", "fault_07"),
    ),
    Plant(
        "M4 session", "no idempotency key for a Session",
        (Change(PAYMENTS, '"trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},\n            }\n'
                "        with calling(self._slots):\n            return translate.checkout("
                'self._v1.checkout.sessions.create(params, {"idempotency_key": attempt_id}))',
                '"trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},\n            }\n'
                "        with calling(self._slots):\n            return translate.checkout("
                "self._v1.checkout.sessions.create(params))"),),
        (f"{T}/test_concurrency.py", "-k", "fault_07"),
    ),
    Plant(
        "M5", "completed means paid",
        (Change(STATES, 'return self.status == "complete" and self.payment_status in ("paid", "no_payment_required")',
                'return self.status == "complete"'),
         Change(PROJECTION, 'case "trialing" | "active":', 'case "trialing" | "active" | "incomplete":'),
         Change(PROJECTION, "    if paid is None:  # a delayed", "    if False:  # a delayed")),
        (f"{T}/test_outcomes.py", "-k", "fault_30"),
        "Grant.objects",
    ),
    Plant(
        "M6", "any price is ours",
        (Change(SYNC, "Price.objects.filter(stripe_id__in=[item.price_id for item in seen.items]).select_related",
                "Price.objects.select_related"),),
        (f"{T}/test_inbox.py", "-k", "fault_18"),
        "not till.has_access(member)",
    ),
    Plant(
        "M7", "200 on a bad signature",
        (Change(BELL, 'log.warning("A webhook was refused: %s", error)\n        return HttpResponse(status=400)',
                'log.warning("A webhook was refused: %s", error)\n        return HttpResponse(status=200)'),),
        (f"{T}/test_inbox.py", "-k", "fault_13"),
    ),
    Plant(
        "M8", "an error marks the event done",
        (Change(INBOX, 'taken.update(error=f"{type(error).__name__}: {error}"[:1000])\n        raise',
                'return _settle(taken, StripeEvent.Status.DONE, "")'),),
        (f"{T}/test_inbox.py", "-k", "fault_10"),
    ),
    Plant(
        "M9 grant", "access by status: a grant has no end that counts",
        (Change(GRANT, "return self.filter(starts_at__lte=now, ends_at__gt=now)",
                "return self.filter(starts_at__lte=now)"),),
        (f"{T}/test_lifecycle.py", "-k", "fault_24"),
    ),
    Plant(
        "M9 status", "access by status: what is active lasts",
        (Change(PROJECTION, "paid if given_up else seen.period_end + SLACK",
                "paid if given_up else seen.period_end + 100 * SLACK"),),
        (f"{T}/test_lifecycle.py", "-k", "fault_24"),
    ),
    Plant(
        "M10", "grace never ends",
        (Change(PROJECTION, "min(paid, seen.period_start) + grace)", "min(paid, seen.period_start) + 99 * grace)"),),
        (f"{T}/test_lifecycle.py", "-k", "fault_26"),
    ),
    Plant(
        "M11", "the payload is trusted",
        (Change(BELL, "\n        webhooks.receive(payments.read_event(request.body, "
                'request.headers.get("Stripe-Signature", "")))', BELIEVES),),
        (f"{T}/test_inbox.py", "-k", "fault_06"),
        "not till.has_access(member)",
    ),
    Plant(
        "M12", "refund deltas are added",
        (Change(LEDGER, '"amount_refunded": seen.amount_refunded,',
                '"amount_refunded": seen.amount_refunded + sum(Payment.objects.filter('
                'payment_intent=seen.payment_intent).values_list("amount_refunded", flat=True)),'),),
        (f"{T}/test_refunds.py", "-k", "fault_33 or fault_34"),
    ),
    Plant(
        "M13 gift", "the gift is not locked when it is redeemed",
        (Change(GIFTS, 'Gift.objects.select_for_update(of=("self",))\n            .select_related',
                "Gift.objects\n            .select_related"),),
        (f"{T}/test_concurrency.py", "-k", "fault_38"),
    ),
    Plant(
        "M13 rows", "neither member nor customer is locked at sync",
        (Change(SYNC, '.select_for_update(of=("self",)).first()', ".first()"),
         Change(SYNC, "StripeCustomer.objects.select_for_update().filter", "StripeCustomer.objects.filter"),
         Change(GRANT, "Member.objects.select_for_update().only", "Member.objects.only")),
        (f"{T}/test_races.py", f"{T}/test_concurrency.py", "-k", "fault_46 or fault_09 or rebuilds"),
    ),
    Plant(
        "M13 constraint", "a member may have many open attempts",
        (Change(SCHEMA, "fields=('member',), name='attempt_one_open'",
                "fields=('member', 'id'), name='attempt_one_open'"),),
        (f"{T}/test_concurrency.py", "-k", "fault_07"),
        fresh=True,
    ),
    Plant(
        "M14", "people are matched by e-mail",
        (Change(LEDGER, "member = _lock_member(subscription, attempt)",
                "member = Member.objects.filter(email=email or seen.email).first()"),),
        (f"{T}/test_outcomes.py", "-k", "fault_40"),
    ),
    Plant(
        "M15 event", "livemode of an event is ignored",
        (Change(INBOX, "is_ours = note.livemode == payments.is_live()", "is_ours = True"),),
        (f"{T}/test_inbox.py", "-k", "fault_15"),
    ),
    Plant(
        "M15 row", "livemode of a row is ignored",
        (Change(GRANT, "return livemode or bool(settings.STRIPE_ALLOW_TEST_KEY)", "return True"),),
        (f"{T}/test_inbox.py", "-k", "fault_48"),
        "not till.has_access(member)",
    ),
    Plant(
        "M16", "amounts are hundredths everywhere",
        (Change(AMOUNTS, "return 0 if code in ZERO_DECIMALS else 3 if code in THREE_DECIMALS else 2", "return 2"),),
        (f"{T}/test_outcomes.py", "-k", "fault_36"),
    ),
    Plant(
        "M17", "the fetch that finishes last wins",
        (Change(SYNC, "if before is not None and before.fetched_at >= asked_at:", "if False:"),),
        (f"{T}/test_concurrency.py", "-k", "fault_46_an_older_look"),
    ),
)  # fmt: skip
