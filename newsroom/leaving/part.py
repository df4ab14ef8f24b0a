"""One file of an export: the rows of one model, written and read back by what its fields say of themselves."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection, models
from psycopg import sql

from newsroom.leaving.columns import Column
from newsroom.leaving.refusal import LeavingError

CHUNK = 100
Row = dict[str, Any]


class Part(Protocol):
    """What a file of an export is: its rows now, their schema, and how they come back."""

    @property
    def name(self) -> str:
        """What the file is called, without its ending."""

    @property
    def says(self) -> str:
        """What stands in it, in a line."""

    @property
    def left(self) -> Mapping[str, str]:
        """What its rows leave out, with the reason of each."""

    @property
    def holds(self) -> tuple[type[models.Model], ...]:
        """The models whose rows it holds."""

    def rows(self) -> Iterator[Row]:
        """Every row, as JSON has it, a few at a time from the database."""

    def load(self, rows: list[Row]) -> None:
        """Insert rows. Raises LeavingError, or psycopg.Error where the database refuses one."""

    def schema(self, files: dict[type[models.Model], str]) -> Row:
        """The JSON Schema of one row."""


@dataclass(frozen=True)
class Without:
    """A field that stays behind: why, and what the row has there when it comes back."""

    why: str
    fill: Callable[[], Any]


@dataclass(frozen=True)
class Table:
    """The rows of `model`, `without` some fields. `only` narrows them, and `only_why` says why some stay behind."""

    name: str
    model: type[models.Model]
    says: str
    without: Mapping[str, Without] = field(default_factory=dict)
    only: "Callable[[], models.QuerySet[Any]] | None" = None
    only_why: str = ""

    @property
    def left(self) -> dict[str, str]:
        """Fields left out, with their reasons; under `rows` why some rows are."""
        return {name: one.why for name, one in self.without.items()} | ({"rows": self.only_why} if self.only else {})

    @property
    def holds(self) -> tuple[type[models.Model], ...]:
        """The model, and the packages' models it stands on."""
        return (*_lineage(self.model),)

    def kept(self) -> "models.QuerySet[Any]":
        """The rows that go along, in the order of their keys."""
        return (self.only() if self.only else self.model._base_manager.all()).order_by("pk")

    def columns(self) -> list[Column]:
        """The fields that go along; a key that only leads to the model's own other half does not."""
        links = self.model._meta.parents.values()
        inner = [link for parent in _lineage(self.model) for link in parent._meta.parents.values()]
        fields = [each for each in self.model._meta.concrete_fields if each not in (*links, *inner)]
        return [Column(each) for each in fields if each.name not in self.without]

    def files(self) -> "list[models.FileField]":
        """The fields that name files."""
        return [each for each in self.model._meta.concrete_fields if isinstance(each, models.FileField)]

    def rows(self) -> Iterator[Row]:
        """Every row, as JSON has it, a few at a time from the database."""
        columns = self.columns()
        found = self.kept().values_list(*(column.attname for column in columns)).iterator(chunk_size=CHUNK)
        for values in found:
            yield {column.name: column.to_json(value) for column, value in zip(columns, values, strict=True)}

    def load(self, rows: list[Row]) -> None:
        """Insert rows under the keys they had, table by table where the model stands on others."""
        columns = self.columns()
        known = {column.name for column in columns}
        stored = [self._stored(number, row, columns, known) for number, row in enumerate(rows)]
        for model in _lineage(self.model):
            fields = model._meta.local_concrete_fields
            copy_in(model, [str(each.column) for each in fields], [[row[f.attname] for f in fields] for row in stored])

    def _stored(self, number: int, row: Row, columns: list[Column], known: set[str]) -> Row:
        """One row as the database takes it, by column. What is wrong with it names its `number`."""
        try:
            if strange := sorted(row.keys() - known):
                raise LeavingError(f"“{strange[0]}” is nothing this Newsroom knows: the export is of a newer one.")
            values = {
                column.attname: column.from_json(row[column.name]) if column.name in row else column.when_missing
                for column in columns
            }
        except LeavingError as error:
            error.row = number
            raise
        for name, one in self.without.items():
            left: models.Field[Any, Any] = self.model._meta.get_field(name)  # type: ignore[assignment]  # one of its own
            values[left.attname] = left.get_db_prep_save(one.fill(), connection)
        for parent in _lineage(self.model):
            for link in parent._meta.parents.values():
                if link is not None:
                    values[link.attname] = values["id"]
        return values

    def schema(self, files: dict[type[models.Model], str]) -> Row:
        """The JSON Schema of one row."""
        columns = self.columns()
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"A row of {self.name}.jsonl",
            "description": self.says,
            "type": "object",
            "properties": {column.name: column.schema(files) for column in columns},
            "required": [column.name for column in columns],
            "additionalProperties": False,
        }


def _lineage(model: type[models.Model]) -> list[type[models.Model]]:
    """The model behind those it stands on, the eldest first."""
    return [*reversed(model._meta.get_parent_list()), model]


def copy_in(model: type[models.Model], columns: list[str], rows: Iterable[list[Any]]) -> None:
    """Insert rows into the model's own table by COPY. Raises psycopg.Error; no signal, no default, no `save`."""
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(command.as_string(None)) as out:
        for row in rows:
            out.write_row(row)
