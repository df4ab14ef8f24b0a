"""Plays the demo's paying people at the fake Stripe: each presses the buttons a reader would press there."""

import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

from django.conf import settings

from members.models import Member, Price, Subscription, Terms, Tier
from members.money.giving import support
from members.money.joining.checkout import join, sync_checkout
from members.money.keeping import portal
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments
from newsroom.demo.paper import read_money
from newsroom.demo.people import person_named

ACCOUNT = "/account/"


def control() -> str:
    """The fake's page of everything that can happen to an account."""
    return f"{settings.STRIPE_API_BASE}/control"


def play(now: datetime) -> None:
    """Everything of `money.toml` that Stripe knows of. Whoever's card will fail is first: then a month passes."""
    found = read_money()
    failing = [row for row in found["lives"] if row.get("act") == "decline"]
    press(control(), act="promote")
    for row in failing:
        decline(pay(row, now))
    press(control(), act="age", days="31")
    for row in failing:
        sync_subscription(running(member_of(row)).stripe_id, teller=payments.in_job())
    for row in found["lives"]:
        if row not in failing:
            go_on(pay(row, now), row)
    for row in found["gives"]:
        give(row, now)
    patron = person_named("patron")
    pay({"email": patron.email if patron else "", "tier": "patron", "interval": "month"}, now)


def member_of(row: dict[str, Any]) -> Member:
    """The account of a row."""
    found: Member = Member.objects.get(email=row["email"])
    return found


def running(member: Member) -> Subscription:
    """The subscription the member has."""
    return Subscription.objects.get(customer__member=member)


def pay(row: dict[str, Any], now: datetime) -> Member:
    """Join, and press *Pay* on the page one is led to. The webhook comes, too, once the site is up."""
    member = member_of(row)
    price = Price.objects.offered().get(tier__slug=row["tier"], interval=row["interval"])
    address = join(member, price, return_path=ACCOUNT, now=now, terms=Terms.objects.in_force(now))
    press(address, act="pay", email=member.email)
    sync_checkout(str(member.attempts.latest("created_at").session_id), teller=payments.in_job())
    return member


def decline(member: Member) -> None:
    """From now on the member's card is without money."""
    press(portal.portal_address(member), act="card", works="declined")


def go_on(member: Member, row: dict[str, Any]) -> None:
    """What the member does after joining: nothing, stop or switch in the Portal, or pause on the account page."""
    mine = running(member)
    match row.get("act"):
        case "cancel":
            words = {"reason": row["reason"], "comment": row["comment"]}
            press(portal.portal_address(member), act="cancel", sub=mine.stripe_id, **words)
        case "switch":
            price = Price.objects.offered().get(tier__slug=row["switch_to"], interval=row["interval"])
            press(portal.portal_address(member), act="switch", sub=mine.stripe_id, price=str(price.stripe_id))
        case "pause":
            portal.pause(member, resumes_on=portal.pause_days(mine)[1].isoformat())
    sync_subscription(mine.stripe_id, teller=payments.in_job())


def give(row: dict[str, Any], now: datetime) -> None:
    """Somebody without an account gives once, or a membership to somebody else."""
    if "recipient" not in row:
        address = support.donate(
            amount=row["amount"], member=None, email=row["email"], message=row["message"], return_path="", now=now
        )
    else:
        address = support.buy_gift(
            tier=Tier.objects.get(slug=row["tier"]), months=row["months"], member=None, email=row["email"],
            recipient_email=row["recipient"], giver_name=row["name"], message=row["message"], deliver_at=None, now=now,
        )  # fmt: skip
    press(address, act="pay", email=row["email"])


def press(address: str, **fields: str) -> None:
    """Press a button on one of the fake's own pages; the page it leads to is not looked at."""
    request = urllib.request.Request(address, data=urllib.parse.urlencode(fields).encode())  # noqa: S310 - ours
    urllib.request.build_opener(_StayThere).open(request, timeout=20).close()


class _StayThere(urllib.request.HTTPRedirectHandler):
    """The page leads back to the site, which may not be up yet."""

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Take the redirect itself for the answer."""
        return fp
