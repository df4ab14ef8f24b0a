"""`python -m tests.bench.rules`: what the rules for replies cost with 10,000 listed words, as JSON.

Needs no database. Milliseconds of the processor, the median of many, for texts of 3,000 characters: a plain
one, and such as are made to be slow.
"""

import json
import random
import statistics
import string
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from comments.models import Discussion  # noqa: E402 - as above
from comments.moderation.draft import Draft  # noqa: E402 - as above
from comments.moderation.rules import RULES  # noqa: E402 - as above
from comments.moderation.words import list_of, replaced  # noqa: E402 - as above
from comments.writing.standing import Record, Standing  # noqa: E402 - as above
from members.models import SiteRules  # noqa: E402 - as above

TIMES = 200
WORDS, PHRASES, BEGINNINGS = 7_000, 2_000, 1_000
LENGTH = 3_000
TEXTS = {
    "plain": "The harbour was quiet, and nobody knew why the boats had not come back. ",
    "other scripts": "Гавань была тихой, и никто не знал почему. Ήσυχο λιμάνι. ",
    "digits for letters": "Th3 h4rb0ur w4$ qu13t, 4nd n0b0dy kn3w. ",
    "single letters": "q u i e t ",
    "one word": "quiet",
    "begun phrases": "bad phrase number ",
    "marks": "q\u0301\u0301\u0301 u\u0301 ",
}


def site() -> SiteRules:
    """Rules with 10,000 listed words, phrases and beginnings, in all four lists."""
    letters = random.Random(3)

    def word() -> str:
        return "".join(letters.choices(string.ascii_lowercase, k=letters.randint(4, 12)))

    terms = [word() for _term in range(WORDS)]
    terms += [f"bad phrase number {word()}" for _term in range(PHRASES)]
    terms += [f"{word()}*" for _term in range(BEGINNINGS)]
    letters.shuffle(terms)
    lists = ["\n".join(terms[start::4]) for start in range(4)]
    names = ("blocked_words", "held_words", "reported_words", "replaced_words")
    return SiteRules(**dict(zip(names, lists, strict=True)))


def median(work: Callable[[], Any]) -> float:
    """Milliseconds of the processor for `work`, the median of many turns."""
    spent = []
    for _turn in range(TIMES):
        began = time.process_time_ns()
        work()
        spent.append(time.process_time_ns() - began)
    return round(statistics.median(spent) / 1e6, 3)


def measure() -> dict[str, dict[str, float]]:
    """By text: looking for the listed words, replacing them, and every rule asked."""
    rules, now = site(), timezone.now()
    words = list_of(rules)
    standing = Standing(Record(15, 0, 0, now - timedelta(days=300)))
    found = {}
    for name, part in TEXTS.items():
        text = (part * LENGTH)[:LENGTH]

        def ask(text: str = text) -> list[Any]:
            draft = Draft(text, Discussion(), standing, rules, on_staff=False, now=now)
            return [rule(draft) for rule in RULES]

        found[name] = {
            "look": median(lambda text=text: words.hits(text)),
            "replace": median(lambda text=text: replaced(text, rules)),
            "all rules": median(ask),
        }
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
