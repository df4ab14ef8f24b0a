"""`python -m tests.bench.editor`: the newsroom's side of breaking news, through the real verbs.

publish PATRONS ACCOUNTS    a gated story goes out; prints its addresses and the patrons' sessions
correct STORY BEGINS SECONDS    a correction every second, each with its number in the text
members COUNT    members who are about to join, and a price
inbox    how many of Stripe's events are there, and how many jobs look at them
"""

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.db import Error, connection, transaction  # noqa: E402 - after setup
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

EVERY_SECONDS = 1.0
EDITOR = "breaking@example.org"
Told = dict[str, Any]


def text(number: int) -> str:
    """The story as corrected so often; the number stands before the cut and behind it."""
    said = f"<p>The harbour burns. This is correction number {number} of the story.</p>"
    return said + texts()[0]


def publish(sessions: int, accounts: int) -> Told:
    """The story goes out now; so many patrons' sessions with so many accounts each."""
    with transaction.atomic():
        SiteRules.objects.update_or_create(pk=1, defaults={"hold_first_replies": 0})
        editor = MemberFactory(email=EDITOR, group=EDITORS)
        people = [[sign_in(make_patron(MemberFactory())) for _ in range(accounts)] for _ in range(sessions)]
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


def correct(story: int, begins: float, seconds: float) -> Told:
    """Corrections as (number, begun, committed) and what failed as (number, begun, why), on the monotonic clock."""
    editor = Member.objects.get(email=EDITOR)
    number = int(time.time())  # greater than any before
    done: list[tuple[int, float, float]] = []
    failed: list[tuple[int, float, str]] = []
    at = begins
    while at < begins + seconds:
        time.sleep(max(0.0, at - time.monotonic()))
        begun = time.monotonic()
        try:
            article = Article.objects.get(pk=story)
            article.full_text = text(number)
            publishing.correct(article, by=editor, now=timezone.now(), stamp=True)
            done.append((number, begun, time.monotonic()))
        except Error as error:
            failed.append((number, begun, type(error).__name__))
            connection.close()
        number += 1
        at = max(at + EVERY_SECONDS, time.monotonic())
    return {"done": done, "failed": failed}


def members(count: int) -> Told:
    """Signed in, with no subscription; and the price they choose."""
    TierFactory(slug="tier-1", name="Tier 1", rank=1)
    people = [sign_in(MemberFactory()) for _ in range(count)]
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
        case "correct":
            told = correct(int(given[0]), float(given[1]), float(given[2]))
        case "members":
            told = members(int(given[0]))
        case "inbox":
            told = inbox()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
