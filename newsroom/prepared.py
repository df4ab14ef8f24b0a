"""A queryset compiled once: its SQL is kept for the life of the process and only the parameters change.

The surprise: for a page of few rows Django spends longer on making the SQL of a queryset than PostgreSQL on
answering it, and makes the same text again for every request. What is kept is the compiler as it stands after
making the text: it knows which columns are whose. A run works on a copy of it with its own connection and
parameters, and Django's own iteration makes the instances (deferred fields, `select_related`, annotations), so that
what comes out is what the queryset itself would bring. Nothing of a run is kept and nothing kept is changed:
threads do not meet.
"""

import copy
import functools
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.postgresql.compiler import SQLCompiler
from django.db.models import Expression, Field, Model, QuerySet, prefetch_related_objects
from django.db.models.sql import Query

Row = TypeVar("Row", bound=Model)


class Slot(Expression):
    """Stands in a queryset for a parameter given when it runs. `output_field`: what it is compared with.

    It stands for a value; None compares with nothing, as in SQL, so `Prepared.rows` refuses it.
    """

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A place, with itself as the parameter: `Prepared` finds it there."""
        return "%s", [self]


class _Compiled(SQLCompiler):
    """A compiler that made its text already."""

    alias: str
    text: str
    parameters: tuple[Any, ...]
    converters: dict[int, Any]

    @classmethod
    def of(cls, query: Query, using: str) -> "_Compiled":
        """`query` compiled for the database `using`."""
        compiled = cls(query, connections[using], using)
        text, parameters = SQLCompiler.as_sql(compiled)
        compiled.alias = using
        compiled.text, compiled.parameters = text, tuple(parameters)
        columns = [column for column, _sql, _alias in compiled.select[: compiled.col_count]]
        compiled.converters = SQLCompiler.get_converters(compiled, columns)
        return compiled

    def run_with(self, values: dict[str, Any]) -> "_Compiled":
        """A copy for one run in this thread. Raises TypeError where values and slots differ, or a value is None."""
        run = copy.copy(self)
        run.connection = connections[run.alias]  # a connection is its thread's own
        run.parameters = tuple(
            self._value(parameter, values, run.connection) if isinstance(parameter, Slot) else parameter
            for parameter in self.parameters
        )
        return run

    def _value(self, slot: Slot, values: dict[str, Any], connection: Any) -> Any:
        value = values.get(slot.name)
        if value is None:
            raise TypeError(f"The prepared query needs a value for {slot.name!r}.")
        return slot.output_field.get_db_prep_value(value, connection)

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> tuple[str, tuple[Any, ...]]:
        """What was made."""
        return self.text, self.parameters

    def get_converters(self, expressions: Any) -> dict[int, Any]:
        """What was found."""
        return self.converters


class _Ready(Query):
    """Stands where a queryset asks its query for a compiler."""

    def __init__(self, run: _Compiled) -> None:
        self.run = run

    def get_compiler(self, using: Any = None, connection: Any = None, elide_empty: bool = True) -> _Compiled:
        """The one that is ready."""
        return self.run


class Prepared(Generic[Row]):
    """A queryset of instances, made by `make` when first asked for and compiled once for each database.

    Its relations by `prefetch_related` are loaded after it as Django does, compiled anew each time.
    """

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, **values: Any) -> list[Row]:
        """The rows, `values` by the names of the slots. One query, and those of `prefetch_related`.

        Raises TypeError where a slot has no value.
        """
        queryset = self._queryset
        using = queryset.db
        compiled = self._compiled.get(using) or self._compile(queryset, using)
        rows: list[Row] = list(QuerySet(queryset.model, query=_Ready(compiled.run_with(values)), using=using))
        lookups = queryset._prefetch_related_lookups  # type: ignore[attr-defined]  # Django has no other word for it
        if lookups:
            prefetch_related_objects(rows, *lookups)
        return rows

    @functools.cached_property
    def _queryset(self) -> QuerySet[Row]:
        return self._make()

    def _compile(self, queryset: QuerySet[Row], using: str) -> _Compiled:
        """Once: compiling sets up the query itself, which two threads must not do at a time."""
        with self._lock:
            if using not in self._compiled:
                self._compiled[using] = _Compiled.of(queryset.query.chain(), using)
            return self._compiled[using]
