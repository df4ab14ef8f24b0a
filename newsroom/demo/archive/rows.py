"""Writing many rows: COPY through Django's own connection, keys from the tables' own sequences."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

LOCK = 0x41524348  # "ARCH": two runs make one batch after the other
QUICKLY = """
    SET LOCAL synchronous_commit = off;
    SET LOCAL work_mem = '256MB';
    SET LOCAL gin_pending_list_limit = '128MB';
"""


@contextmanager
def batch() -> Iterator[None]:
    """One transaction, alone among those that make an archive. A crash may lose the last ones, whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(QUICKLY)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def reserve(model: type[models.Model], count: int) -> list[int]:
    """`count` fresh keys of `model`, smallest first. The sequence stands behind them afterwards."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return sorted(key for (key,) in cursor.fetchall())


def copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` of the columns `names` (attribute names); every other column gets its field's default.

    Of a model with parents only its own table.
    """
    others = {field: value for field, value in defaults(model).items() if field.attname not in names}
    own = {field.attname: str(field.column) for field in model._meta.local_concrete_fields}
    columns = [own[name] for name in names] + [str(field.column) for field in others]
    rest = tuple(others.values())
    with connection.cursor() as cursor, cursor.copy(_command(model._meta.db_table, columns)) as out:
        for row in rows:
            out.write_row((*row, *rest))


def copy_into(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into a table that is no model's."""
    with connection.cursor() as cursor, cursor.copy(_command(table, columns)) as out:
        for row in rows:
            out.write_row(row)


def defaults(model: type[models.Model]) -> "dict[models.Field[Any, Any], Any]":
    """Each column of the model's own table with what an empty instance has there, its key left out."""
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    return {field: field.get_db_prep_save(field.get_default(), connection) for field in fields}


def last_number(rows: Any, name: str, start: str) -> int:
    """The number behind `start` in the greatest `name` among `rows`; 0 where there is none. One query."""
    found = rows.filter(**{f"{name}__startswith": start}).aggregate(last=models.Max(name))["last"]
    return int(found.removeprefix(start)[:DIGITS]) if found else 0


DIGITS = 9


def key(start: str, number: int) -> str:
    """What numbers a row: fixed in width, so that the greatest is the last."""
    return f"{start}{number:0{DIGITS}}"


def _command(table: str, columns: Sequence[str]) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns)
    return f'COPY "{table}" ({quoted}) FROM STDIN'
