"""Everything about one member's money in one list, newest first: one query at any size, page by page on a key.

Each source adds the moments its rows tell of; the database merges them. Sentences are `timeline_words`'.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, DateTimeField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from members.models import (
    AccessRequest,
    AuditEntry,
    CheckoutAttempt,
    Complimentary,
    Gift,
    Mailing,
    Member,
    OfflinePayment,
    Payment,
    StripeCustomer,
    StripeEvent,
    Subscription,
)

PAGE = 50
ORDER = ("-moment", "-moment_kind", "-moment_key")
PRICE = {
    "amount": "price__unit_amount", "currency": "price__currency", "interval": "price__interval",
    "tier": "price__tier__name",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Rows that tell of a moment: `kind` names the sentence, `at` the field of the moment, `told` its facts."""

    kind: str
    rows: "QuerySet[Any]"
    at: str
    told: dict[str, str]


@dataclass(frozen=True)
class Moment:
    """One thing that happened: `kind` and the row's `key` say what and to which, `told` what the sentence needs."""

    kind: str
    key: str
    at: datetime
    told: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a timeline. `cursor` leads to the next; empty on the last."""

    moments: list[Moment]
    cursor: str


def page_of(member: Member, cursor: str) -> Page:
    """The `PAGE` moments that follow `cursor`. One query; an unreadable cursor is the start."""
    after = _read(cursor)
    parts = [_part(source, after) for source in sources(member)]
    rows = parts[0].union(*parts[1:], all=True).order_by(*ORDER)
    found = [Moment(*row) for row in rows[: PAGE + 1]]
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    return Page(shown, f"{_micros(last.at)}.{last.kind}.{last.key}" if last else "")


def _part(source: Source, after: tuple[datetime, str, str] | None) -> "QuerySet[Any, Any]":
    """The newest moments of one source that come after the cursor; a page of them is enough."""
    rows = source.rows.annotate(
        moment_kind=Value(source.kind, output_field=CharField()),
        moment_key=Cast("pk", CharField()),
        moment=Cast(F(source.at), DateTimeField()),
        moment_told=JSONObject(**source.told),
    ).filter(moment__isnull=False)
    if after is not None:
        moment, kind, key = after
        here = Q(moment__lt=moment)
        if source.kind < kind:
            here |= Q(moment=moment)
        elif source.kind == kind:
            here |= Q(moment=moment, moment_key__lt=key)
        rows = rows.filter(here)
    found: QuerySet[Any, Any] = rows.order_by(*ORDER).values_list("moment_kind", "moment_key", "moment", "moment_told")[
        : PAGE + 1
    ]
    return found


def sources(member: Member) -> list[Source]:
    """Everything that tells of the member's money."""
    attempts = CheckoutAttempt.objects.filter(member=member)
    rows = Subscription.objects.filter(customer__member=member)
    paid = Payment.objects.filter(member=member)
    gifts = Gift.objects.filter(Q(redeemed_by=member) | Q(payment__attempt__member=member))
    given = Complimentary.objects.filter(member=member)
    offline = OfflinePayment.objects.filter(member=member)
    asked = AccessRequest.objects.filter(member=member)
    money = {"amount": "amount", "currency": "currency", "paid": "kind", "receipt": "receipt_number"}
    of_gift = {"tier": "tier__name", "months": "months", "to": "recipient_email", "until": "ends_at"}
    of_given = {"tier": "tier__name", "until": "ends_at", "reason": "reason", "why": "kind"}
    mails = Mailing.objects.filter(member=member, template__startswith="members/").exclude(template="members/story")
    return [
        Source("attempt", attempts, "created_at", {"amount": "amount", "currency": "currency", "of": "kind",
                                                   "status": "status"}),
        Source("started", rows, "started_at", PRICE),
        Source("paused", rows, "paused_at", {**PRICE, "until": "resumes_at"}),
        Source("ended", rows, "ended_at", {**PRICE, "reason": "cancel_reason", "comment": "cancel_comment"}),
        Source("payment", paid, "paid_at", {**money, "refunded": "amount_refunded", "dispute": "dispute_status"}),
        Source("gift_bought", gifts, "payment__paid_at", of_gift),
        Source("gift_sent", gifts, "delivered_at", of_gift),
        Source("gift_redeemed", gifts, "redeemed_at", of_gift),
        Source("gift_void", gifts, "voided_at", of_gift),
        Source("given", given, "starts_at", of_given),
        Source("offline", offline, "starts_at", {"amount": "amount", "currency": "currency", "tier": "tier__name",
                                                 "until": "ends_at", "by": "method"}),
        Source("offline_void", offline, "voided_at", {"amount": "amount", "currency": "currency"}),
        Source("asked", asked, "asked_at", {"message": "message"}),
        Source("settled", asked, "settled_at", {"given": "given_id"}),
        Source("mail", mails, "queued_at", {"template": "template", "status": "status", "error": "error",
                                              "context": "context"}),
        Source("event", _events(member), "created", {"type": "type", "status": "status", "error": "error"}),
        Source("audit", _decisions(member), "at", {"verb": "verb", "by": "by__name", "email": "by__email",
                                                   "reason": "reason", "subject": "subject_name",
                                                   "type": "subject_type", "changes": "changes"}),
    ]  # fmt: skip


def _events(member: Member) -> "QuerySet[StripeEvent]":
    customers = StripeCustomer.objects.filter(member=member).values("stripe_id")
    subscriptions = Subscription.objects.filter(customer__member=member).values("stripe_id")
    return StripeEvent.objects.filter(
        Q(customer_id__in=customers)
        | Q(object_id__in=subscriptions)
        | Q(object_id__in=Payment.objects.filter(member=member).values("payment_intent"))
        | Q(object_id__in=CheckoutAttempt.objects.filter(member=member, session_id__isnull=False).values("session_id"))
    )


def _decisions(member: Member) -> "QuerySet[AuditEntry]":
    """What was decided about the member and about rows of theirs."""
    named: list[tuple[type[Model], Any]] = [
        (Subscription, Subscription.objects.filter(customer__member=member)),
        (Payment, Payment.objects.filter(member=member)),
        (Gift, Gift.objects.filter(Q(redeemed_by=member) | Q(payment__attempt__member=member))),
        (Complimentary, Complimentary.objects.filter(member=member)),
        (OfflinePayment, OfflinePayment.objects.filter(member=member)),
        (AccessRequest, AccessRequest.objects.filter(member=member)),
        (StripeCustomer, StripeCustomer.objects.filter(member=member)),
    ]
    about = Q(subject_type=Member._meta.label, subject_id=str(member.pk))
    for model, rows in named:
        about |= Q(subject_type=model._meta.label, subject_id__in=rows.values(text=Cast("pk", CharField())))
    return AuditEntry.objects.filter(about)


def _micros(moment: datetime) -> int:
    return int((moment - datetime.fromtimestamp(0, moment.tzinfo)) / timedelta(microseconds=1))


def _read(cursor: str) -> tuple[datetime, str, str] | None:
    micros, _dot, rest = cursor.partition(".")
    kind, _dot, key = rest.partition(".")
    if not (micros.isdecimal() and len(micros) <= 17 and kind and key and len(key) <= 40):
        return None
    start = datetime.fromtimestamp(0, tz=timezone.get_default_timezone())
    return start + timedelta(microseconds=int(micros)), kind, key
