"""A member's own feed: an address that reads in their stead, made and taken back on the account page.

The database holds the token's hash alone. The token follows from its row and the site's secret, so that the account
page can show the address again; a copy of the database tells it to nobody.
"""

import dataclasses
import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from members.gate import Reader
from members.models import FeedToken, Member

SALT = "members.own_feed"
LENGTH = 40  # hexadecimal digits: 160 bits
TICK = timedelta(microseconds=1)


def make(member: Member, *, now: datetime) -> FeedToken:
    """A new address for the member; the one before, if any, answers nobody from now on."""
    with transaction.atomic():
        Member.objects.select_for_update().only("pk").get(pk=member.pk)  # two presses leave one
        revoke(member, now=now)
        last = FeedToken.objects.filter(member=member).order_by("-made_at").first()
        made_at = now if last is None else max(now, last.made_at + TICK)  # the token follows from it
        return FeedToken.objects.create(member=member, made_at=made_at, digest=_digest(_token(member.pk, made_at)))


def revoke(member: Member, *, now: datetime) -> None:
    """Take the member's address back. Asking again changes nothing."""
    FeedToken.objects.valid().filter(member=member).update(revoked_at=now)


def token_of(member: Member) -> str:
    """The token of the member's address; empty where there is none, or one that an older secret made. One query."""
    row = FeedToken.objects.valid().filter(member=member).first()
    token = _token(member.pk, row.made_at) if row else ""
    return token if row and constant_time_compare(_digest(token), row.digest) else ""


def reader_of(token: str, *, now: datetime) -> Reader | None:
    """Whose feed it is, as the gate sees them now; None for what is no token. One query.

    A place at the desk opens nothing here: the desk stands behind a second factor, an address in an app does not.
    """
    holders = FeedToken.objects.valid().filter(digest=_digest(token)).values("member")
    member = Member.objects.with_standing(now).filter(pk__in=holders, is_active=True).first()
    return dataclasses.replace(member.as_reader(), on_staff=False) if member else None


def _token(member_id: int, made_at: datetime) -> str:
    return salted_hmac(SALT, f"{member_id}:{made_at.timestamp():.6f}", algorithm="sha256").hexdigest()[:LENGTH]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
