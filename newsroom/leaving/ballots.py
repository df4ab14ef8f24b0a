"""Ballots without their people: what was chosen together, and how it stood; shuffled, so that no order tells whose.

Those of a vote that is not closed stay behind: two exports, one before and one after a vote, would tell whose it was.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, models
from django.db.models import Q

from members.models import Ballot, Choice, Round
from newsroom.leaving.part import Row, copy_in
from newsroom.leaving.refusal import LeavingError

chance = random.SystemRandom()


class Ballots:
    """The file of the ballots: one a row, under fresh keys when they come back."""

    name = "ballots"
    says = "Ballots of votes that are closed: what was chosen together. Nobody's, and in no order."
    left: ClassVar[Mapping[str, str]] = {
        "id": "in the order of voting; fresh ones are given",
        "member": "a ballot is secret, also from staff",
        "cast_at": "when somebody voted would tell who; they come back as cast at the deadline",
        "rows": "ballots of a vote that is not closed: two exports, before and after one vote, would tell whose it was",
    }
    holds: ClassVar[tuple[type[models.Model], ...]] = (Ballot, Choice)

    def rows(self) -> Iterator[Row]:
        """Round by round, the ballots of each shuffled."""
        for pk in Round.objects.exclude(closed_at=None).order_by("pk").values_list("pk", flat=True):
            option = "choices__option"
            chosen = ArrayAgg(option, filter=Q(choices__isnull=False), default=[], order_by=option)
            found = Ballot.objects.filter(round=pk).annotate(chosen=chosen).values_list("standing", "chosen")
            ballots = [*found.order_by().iterator()]
            chance.shuffle(ballots)
            yield from ({"round": pk, "standing": standing, "options": options} for standing, options in ballots)

    def load(self, rows: list[Row]) -> None:
        """Ballots of nobody, cast at the deadline."""
        deadlines = dict(Round.objects.values_list("pk", "closes_at"))
        ballots, choices = [], []
        for pk, row in zip(_fresh(len(rows)), rows, strict=True):
            if row.keys() != {"round", "standing", "options"} or row["round"] not in deadlines:
                raise LeavingError("There is a ballot of no round in rounds.jsonl among the rows from here on.")
            ballots.append([pk, row["round"], None, deadlines[row["round"]], row["standing"]])
            choices += [[pk, option] for option in row["options"]]
        copy_in(Ballot, ["id", "round_id", "member_id", "cast_at", "standing"], ballots)
        copy_in(Choice, ["ballot_id", "option_id"], choices)

    def schema(self, files: dict[type[models.Model], str]) -> Row:
        """The JSON Schema of one row."""
        options = {"type": "array", "items": {"type": "integer"}, "description": "ids of rows of options.jsonl"}
        properties: dict[str, Any] = {
            "round": {"type": "integer", "description": f"id of a row of {files[Round]}.jsonl"},
            "standing": {"enum": [*Ballot.Standing.values, ""], "description": "whether it counted; else why not"},
            "options": options,
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"A row of {self.name}.jsonl",
            "description": self.says,
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


def _fresh(number: int) -> list[int]:
    """Keys of the ballots' own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [Ballot._meta.db_table, number],
        )
        return [key for (key,) in cursor.fetchall()]
