"""Every column of the database that points at a member: what the tests of merging, export and erasing walk."""

from collections.abc import Iterator

from django.apps import apps

from members.models import Member


def relations() -> Iterator[str]:
    """As `app.Model.field`, many-to-many tables included."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if field.is_relation and field.related_model is Member:
                yield f"{model._meta.label}.{field.name}"
