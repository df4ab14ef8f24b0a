"""Whom the money desk means: from what somebody typed to accounts. One query finds them, whatever was typed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, Func, IntegerField, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, JSONObject, Lower, Replace

from members.models import (
    CheckoutAttempt,
    Gift,
    Grant,
    Member,
    Payment,
    StripeCustomer,
    StripeEvent,
    StripeRef,
    Subscription,
    Tier,
)
from members.money.giving.gifts import digest

LONGEST, MOST, MOST_WORDS, OTHERS = 200, 5, 6, 3
REFERENCES = ("ch_", "py_", "in_", "re_", "du_", "dp_")
IDS = ("cus_", "sub_", "pi_", "cs_", "evt_", *REFERENCES)


@dataclass(frozen=True)
class Found:
    """The accounts that fit, the likeliest first. Each carries `addresses`, `others` and `tiers` (JSON facts)."""

    text: str
    members: list[Member]
    has_more: bool = False

    @property
    def is_address(self) -> bool:
        """Whether an e-mail address was typed."""
        return "@" in self.text


def find(text: str, now: datetime) -> Found:
    """The accounts meant by an e-mail, name, receipt or invoice number, Stripe id or gift code. One query.

    Case, dots and what follows a `+` do not matter in an address; secondary addresses, and those typed at
    paying, count.
    """
    text = text.strip()[:LONGEST]
    if not text:
        return Found(text, [])
    rows = Member.objects.filter(_meant(text))
    exact = Case(When(email__iexact=text, then=0), default=1, output_field=IntegerField())
    rows = rows.annotate(**_facts(now)).select_related("merged_into").order_by(exact, "-is_active", "pk")
    members = list(rows[: MOST + 1])
    return Found(text, members[:MOST], len(members) > MOST)


def known(member: Member, now: datetime) -> Member:
    """The same member with the facts `find` brings along. One query."""
    rows = Member.objects.filter(pk=member.pk).annotate(**_facts(now)).select_related("merged_into")
    found: Member = rows.get()
    return found


def _meant(text: str) -> Q:
    if text.startswith(IDS):
        return _by_id(text)
    return _by_address(text) if "@" in text else _by_number(text) | _by_name(text)


def _by_address(text: str) -> Q:
    """Their own addresses, and those typed at Stripe, on our forms or on a gift."""
    wanted = plain_address(text)
    second = EmailAddress.objects.annotate(plain=_plain("email")).filter(plain=wanted)
    billed = Payment.objects.filter(billing_email__iexact=text)
    tried = CheckoutAttempt.objects.filter(email__iexact=text)
    given = Gift.objects.filter(recipient_email__iexact=text)
    return (
        Q(pk__in=Member.objects.annotate(plain=_plain("email")).filter(plain=wanted).values("pk"))
        | Q(pk__in=second.values("user_id"))
        | Q(pk__in=billed.values("member_id"))
        | Q(pk__in=tried.values("member_id"))
        | Q(pk__in=given.values("redeemed_by_id"))
    )


def _by_number(text: str) -> Q:
    """Receipt and invoice numbers, and the code of a gift (by its digest)."""
    paid = payments_named(text)
    gifts = Gift.objects.filter(code_hash=digest(text))
    return (
        Q(pk__in=paid.values("member_id"))
        | Q(pk__in=gifts.values("redeemed_by_id"))
        | Q(pk__in=gifts.values("payment__attempt__member_id"))
    )


def payments_named(text: str) -> "QuerySet[Payment]":
    """Payments with this receipt or invoice number."""
    return Payment.objects.filter(Q(receipt_number__iexact=text) | Q(invoice_number__iexact=text))


def _by_name(text: str) -> Q:
    found = Q()
    for word in text.split()[:MOST_WORDS]:
        found &= Q(name__icontains=word)
    return found


def _by_id(text: str) -> Q:
    """Whose a Stripe id is; an event stands for what it speaks of."""
    event = StripeEvent.objects.filter(stripe_id=text)
    spoken, customers = event.values("object_id"), event.values("customer_id")
    one = [Value(text)]
    ids: Any = spoken if text.startswith("evt_") else one
    return (
        _whose(StripeCustomer, "member_id", stripe_id__in=customers if text.startswith("evt_") else one)
        | _whose(Subscription, "customer__member_id", stripe_id__in=ids)
        | _whose(Payment, "member_id", payment_intent__in=ids)
        | _whose(CheckoutAttempt, "member_id", session_id__in=ids)
        | _whose(StripeRef, "payment__member_id", reference__in=ids)
        | _whose(StripeRef, "subscription__customer__member_id", reference__in=ids)
    )


def _whose(model: Any, owner: str, **wanted: Any) -> Q:
    return Q(pk__in=model.objects.filter(**wanted).values(owner))


def plain_address(text: str) -> str:
    """An address without what people leave out or add: case, dots and a `+tag` before the @."""
    local, _at, domain = text.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _plain(field: str) -> Any:
    """The same in SQL."""
    lower, text = Lower(field, output_field=TextField()), TextField()
    local = Replace(_part(_part(lower, "@", 1), "+", 1), Value("."), Value(""), output_field=text)
    return Concat(local, Value("@"), _part(lower, "@", 2), output_field=text)


def _part(text: Any, mark: str, place: int) -> Func:
    return Func(text, Value(mark), Value(place), function="split_part", output_field=TextField())


def _facts(now: datetime) -> dict[str, Any]:
    """What the answer needs beside rows, in the same query: addresses, accounts they may have paid with, tiers."""
    tiers = Tier.objects.filter(is_active=True).order_by("rank")
    return {
        "addresses": ArraySubquery(EmailAddress.objects.filter(user_id=OuterRef("pk")).values("email")),
        "others": ArraySubquery(_others(now).values(json=JSONObject(pk="pk", email="email", name="name"))[:OTHERS]),
        "tiers": ArraySubquery(tiers.values(json=JSONObject(pk="pk", name="name", rank="rank"))),
    }


def _others(now: datetime) -> "QuerySet[Member]":
    """Accounts that read now and share an address with the payments of the member asked for."""
    mine = OuterRef(OuterRef("pk"))
    reads = Grant.objects.covering(now).filter(member_id=OuterRef("pk"))
    theirs = Payment.objects.annotate(typed=Lower("billing_email")).filter(typed=Lower(OuterRef(OuterRef("email"))))
    typed = Payment.objects.filter(member_id=mine).exclude(billing_email="").values(text=Lower("billing_email"))
    rows: QuerySet[Member] = (
        Member.objects.annotate(lower=Lower("email"))
        .filter(Q(pk__in=theirs.values("member_id")) | Q(lower__in=typed))
        .exclude(pk=OuterRef("pk"))
        .filter(Exists(reads), is_active=True)
        .order_by("pk")
    )
    return rows
