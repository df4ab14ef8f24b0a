"""One field of a row: its value as JSON, as the database takes it back, and as a JSON Schema describes it.

Everything follows from the model's field. Rows that every installation makes itself (kinds of things, desk groups,
permissions) have other keys elsewhere: they are called by name.
"""

from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models

from newsroom.leaving.refusal import LeavingError

BY_NAME: dict[type[models.Model], tuple[str, ...]] = {
    ContentType: ("app_label", "model"),
    Group: ("name",),
    Permission: ("content_type__app_label", "codename"),
}
KINDS: tuple[tuple[type[models.Field], dict[str, Any]], ...] = (
    (models.JSONField, {}),
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.TimeField, {"type": "string", "format": "time"}),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
    (models.Field, {"type": "string"}),
)


class Column:
    """A column of one run: names are looked up once. `name` is what it is called in a row."""

    def __init__(self, field: "models.Field[Any, Any]") -> None:
        self.field, self.name, self.attname = field, field.name, field.attname
        self.value: models.Field[Any, Any] = field
        while self.value.remote_field is not None:  # a key of a key: what is stored in the end
            self.value = self.value.target_field  # type: ignore[attr-defined]  # relations alone have one

    @property
    def refers_to(self) -> type[models.Model] | None:
        """The model whose row it names, if it names one."""
        return self.field.related_model if self.field.is_relation else None  # type: ignore[return-value]  # no "self" left

    @cached_property
    def names(self) -> dict[Any, str]:
        """Key → name of the rows it calls by name; empty where it does not."""
        path = BY_NAME.get(self.refers_to) if self.refers_to else None
        if self.refers_to is None or path is None:
            return {}
        rows = self.refers_to._base_manager.values_list("pk", *path)
        return {pk: ".".join(parts) for pk, *parts in rows}

    @cached_property
    def keys(self) -> dict[str, Any]:
        """Name → key: the other way about."""
        return {name: pk for pk, name in self.names.items()}

    def to_json(self, value: Any) -> Any:
        """A value as the database gave it, as JSON has it: moments in ISO 8601 with zone and microseconds."""
        if value is None:
            return None
        if self.refers_to in BY_NAME:
            return self.names[value]
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        return str(value) if isinstance(value, UUID) else value

    def from_json(self, value: Any) -> Any:
        """A value of an export as the database takes it. Raises LeavingError for one that cannot be."""
        if value is not None and self.refers_to in BY_NAME:
            if value not in self.keys and self.field.null:
                return None  # a line of the desk's log about a model that is no more
            if value not in self.keys:
                raise LeavingError(f"“{self.name}” names {value!r}, which this site does not have. Make it first.")
            return self.keys[value]
        try:
            return self.value.get_db_prep_save(self.value.to_python(value), connection)
        except (ValidationError, TypeError, ValueError):
            raise LeavingError(f"“{self.name}” cannot be {str(value)[:60]!r}.") from None

    @property
    def when_missing(self) -> Any:
        """What a row of an older export has here. Raises LeavingError where there is nothing to suppose."""
        if not (self.field.has_default() or self.field.null or self.field.empty_strings_allowed):
            raise LeavingError(f"“{self.name}” is missing.")
        return self.field.get_db_prep_save(self.field.get_default(), connection)

    def schema(self, files: dict[type[models.Model], str]) -> dict[str, Any]:
        """Its JSON Schema. `files`: what the file of a model is called, for keys that lead there."""
        kind: dict[str, Any] = {"type": "string"} if self.refers_to in BY_NAME else _kind(self.value)
        if isinstance(self.value, models.CharField) and self.value.max_length and not self.field.choices:
            kind["maxLength"] = self.value.max_length
        if self.field.choices:
            kind["enum"] = [key for key, _label in self.field.flatchoices]
            kind["enum"] += [""] if self.field.blank and "" not in kind["enum"] else []
            kind["enum"] += [None] if self.field.null else []
        if self.field.null and "type" in kind:
            kind["type"] = [kind["type"], "null"]
        if said := self._said(files):
            kind["description"] = said
        return kind

    def _said(self, files: dict[type[models.Model], str]) -> str:
        if self.refers_to in BY_NAME:
            return "by name"
        if self.refers_to is not None:
            return f"id of a row of {files[self.refers_to]}.jsonl"
        if isinstance(self.field, models.FileField):
            return "a file under media/, or empty"
        return str(self.field.help_text)


def _kind(field: "models.Field[Any, Any]") -> dict[str, Any]:
    return dict(next(schema for kind, schema in KINDS if isinstance(field, kind)))
