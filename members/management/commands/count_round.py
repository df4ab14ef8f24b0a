"""Count a round again from the stored ballots: anybody may check a result, nobody sees a ballot."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.models import Round
from members.topics.rounds import counting


class Command(BaseCommand):
    """Prints the tally, and whether it equals the stored result."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The round."""
        parser.add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for an unknown round."""
        round_ = Round.objects.filter(slug=options["slug"]).first()
        if round_ is None:
            raise CommandError(f"There is no round “{options['slug']}”.")
        tally = counting.count(round_, timezone.now())
        self.stdout.write(f"{round_.question}: {tally.ballots} of {round_.ballots.count()} ballots count")
        for place in tally.places:
            self.stdout.write(f"{place.votes:>6}  {place.option.topic.title}")
        if round_.closed_at is not None:
            same = counting.stored(round_).places == tally.places
            self.stdout.write("The stored result is the same." if same else "The stored result differs: see the audit.")
