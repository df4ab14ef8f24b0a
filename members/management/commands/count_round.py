"""Count a round again from the stored ballots: anybody may check a result, nobody sees whose ballot is whose."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members.models import Round
from members.topics.rounds import counting, exporting
from members.topics.rounds.voting import VotingError


class Command(BaseCommand):
    """Prints the tally, and whether it equals the stored result; exit code 1 where it does not."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The round, and where to."""
        parser.add_argument("slug")
        parser.add_argument("--export", metavar="FILE", help="write rules, tally and nameless ballots, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for an unknown round, a hidden tally, a result that differs, a file that cannot be."""
        now = timezone.now()
        round_ = Round.objects.filter(slug=options["slug"]).first()
        if round_ is None:
            raise CommandError(f"There is no round “{options['slug']}”.")
        if not round_.shows_tally(now):
            raise CommandError(f"How it stands is hidden until it closes at {round_.closes_at.isoformat()}.")
        if options["export"]:
            self._export(round_, Path(options["export"]))
        again = counting.count(round_, now)
        self._print(round_, again)
        if round_.closed_at is not None:
            self._compare(counting.stored(round_), again)

    def _print(self, round_: Round, tally: counting.Tally) -> None:
        cast = tally.ballots + sum(tally.left_out.values())
        self.stdout.write(f"{round_.question}: {tally.ballots} of {cast} ballots count")
        for standing, number in sorted(tally.left_out.items()):
            self.stdout.write(f"{number:>6}  left out: {standing}")
        for place in tally.places:
            self.stdout.write(f"{place.votes:>6}  {place.option.topic.title}{', chosen' if place.is_winner else ''}")

    def _compare(self, stored: counting.Tally, again: counting.Tally) -> None:
        differences = counting.differences(stored, again)
        if differences:
            raise CommandError("The stored result differs:\n" + "\n".join(differences))
        self.stdout.write("The stored result is the same.")

    def _export(self, round_: Round, path: Path) -> None:
        try:
            found = exporting.export(round_, timezone.now())
            path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except (VotingError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Written to {path}.")
