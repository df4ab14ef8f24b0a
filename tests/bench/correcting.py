"""`python -m tests.bench.correcting`: an editor corrects a story every second, through the real verb."""

import json
import time
from dataclasses import dataclass, field

import django

django.setup()

from django.db import Error, connection  # noqa: E402 - after setup
from django.utils import timezone  # noqa: E402 - as above

from articles import publishing  # noqa: E402 - as above
from articles.models import Article  # noqa: E402 - as above
from members.models import Member  # noqa: E402 - as above
from tests.bench.crowd import Span, told  # noqa: E402 - as above
from tests.bench.editor import EDITOR, text  # noqa: E402 - as above

EVERY_SECONDS = 1.0


@dataclass
class Record:
    """Corrections as (number, begun, committed), and what failed as (number, begun, why); moments are monotonic."""

    done: list[tuple[int, float, float]] = field(default_factory=list)
    failed: list[tuple[int, float, str]] = field(default_factory=list)


def main(story: int, seconds: float) -> None:
    """Correct until the time is over, and tell."""
    editor = Member.objects.get(email=EDITOR)
    span, record = Span(seconds), Record()
    number, at = int(time.time()), span.begins  # a number greater than any before
    while True:
        time.sleep(max(0.0, at - time.monotonic()))
        if span.is_over:
            break
        correct(story, number, editor, record)
        number += 1
        at = max(at + EVERY_SECONDS, time.monotonic())
    print(json.dumps(vars(record)))


def correct(story: int, number: int, editor: Member, record: Record) -> None:
    """One correction, which carries its number, and how it went."""
    begun = time.monotonic()
    try:
        article = Article.objects.get(pk=story)
        article.full_text = text(number)
        publishing.correct(article, by=editor, now=timezone.now(), stamp=True)
        record.done.append((number, begun, time.monotonic()))
    except Error as error:
        record.failed.append((number, begun, type(error).__name__))
        connection.close()


if __name__ == "__main__":
    main(**told())
