"""Loads what the membership desk of the demo has on its table: terms, other ways to support, guests, a request."""

from datetime import datetime, timedelta
from typing import Any

from members.models import AccessRequest, Complimentary, Grant, Member, SupportWay, Terms, Tier
from newsroom.demo.community import make_account
from newsroom.demo.paper import read_money


def load_money(now: datetime) -> None:
    """Everything of `money.toml` but the lives: those are played at the fake Stripe once it runs."""
    found = read_money()
    for row in found["terms"].values():
        begins = now - timedelta(days=row["days_ago"])
        Terms.objects.create(version=row["version"], text=row["text"].strip(), in_force_from=begins)
    for position, row in enumerate(found["ways"]):
        SupportWay.objects.create(position=position, **row)
    for row in found["guests"]:
        load_guest(row, now)
    for row in found["requests"]:
        member = make_account(row["email"], row["name"])
        asked_at = now - timedelta(hours=row["hours_ago"])
        AccessRequest.objects.create(member=member, message=row["message"], asked_at=asked_at)
    for row in found["lives"]:
        make_account(row["email"], row["name"])


def load_guest(row: dict[str, Any], now: datetime) -> None:
    """Somebody who reads as a patron for nothing, until a day."""
    member = make_account(row["email"], row["name"])
    begins = now - timedelta(days=row["days_ago"])
    Complimentary.objects.create(
        member=member,
        tier=Tier.objects.get(slug=row["tier"]),
        kind=row["kind"],
        reason=row["reason"],
        starts_at=begins,
        ends_at=begins + timedelta(days=row["days"]),
        granted_by=Member.objects.filter(is_staff=True).order_by("pk").first(),
    )
    Grant.objects.rebuild(member)
