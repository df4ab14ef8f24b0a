"""`python -m tests.bench.editor`: what the spike needs to be there.

publish PATRONS ACCOUNTS    a gated story goes out; prints its addresses and the patrons' sessions
correct STORY BEGINS SECONDS    a correction every second, each with its number in the text
members COUNT    members who are about to join, and a price
inbox    how many of Stripe's events are there, and how many jobs look at them
"""

import json
import secrets
import sys
import time
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402 - after setup
from django.urls import reverse  # noqa: E402 - as above
from django.utils import timezone  # noqa: E402 - as above
from procrastinate.contrib.django.models import ProcrastinateJob  # noqa: E402 - as above

from articles import publishing  # noqa: E402 - as above
from articles.models import Article  # noqa: E402 - as above
from members.gate import Audience  # noqa: E402 - as above
from members.models import Member, Price, SiteRules, StripeEvent  # noqa: E402 - as above
from newsroom.groups import EDITORS  # noqa: E402 - as above
from tests.bench.paper import sign_in, texts  # noqa: E402 - as above
from tests.factories import MemberFactory, SectionFactory, TierFactory, make_patron  # noqa: E402 - as above

EDITOR = "breaking@example.org"
Told = dict[str, Any]


def text(number: int) -> str:
    """The story as corrected so often; the number stands before the cut and behind it."""
    said = f"<p>The harbour burns. This is correction number {number} of the story.</p>"
    return said + texts()[0]


def newcomer() -> Member:
    """A member whom no other of these programs has made."""
    member: Member = MemberFactory(email=f"{secrets.token_hex(8)}@example.org")
    return member


def publish(sessions: int, accounts: int) -> Told:
    """The story goes out now; so many patrons' sessions with so many accounts each."""
    with transaction.atomic():
        SiteRules.objects.update_or_create(pk=1, defaults={"hold_first_replies": 0})
        editor = MemberFactory(email=EDITOR, group=EDITORS)
        people = [[sign_in(make_patron(newcomer())) for _ in range(accounts)] for _ in range(sessions)]
    story = Article(headline="The harbour burns", section=SectionFactory(), full_text=text(0))
    story.audience = Audience.PATRONS
    publishing.publish(story, by=editor, now=timezone.now())
    return {
        "story": story.pk,
        "path": story.get_absolute_url(),
        "reply_to": reverse("reply_write", args=["story", story.pk]),
        "accounts": people,
        "published": time.monotonic(),
    }


def members(count: int) -> Told:
    """Signed in, with no subscription; and the price they choose."""
    TierFactory(slug="tier-1", name="Tier 1", rank=1)
    people = [sign_in(newcomer()) for _ in range(count)]
    return {"sessions": people, "price": Price.objects.get(stripe_id="price_tier-1_month").pk}


def inbox() -> Told:
    """Rows and jobs."""
    jobs = ProcrastinateJob.objects.filter(queue_name="money", args__object_id__startswith="cus_bench")
    return {"rows": StripeEvent.objects.count(), "jobs": jobs.count()}


def main(verb: str, *given: str) -> None:
    """Act and tell."""
    match verb:
        case "publish":
            told = publish(int(given[0]), int(given[1]))
        case "members":
            told = members(int(given[0]))
        case "inbox":
            told = inbox()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
