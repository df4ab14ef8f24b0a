"""What hangs on a story, gathered within the story's own query: lists of dicts, no query of their own."""

from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce, JSONObject

from articles.models.correction import Correction
from articles.models.section import Tag


def everything() -> dict[str, ArraySubquery]:
    """All of it, by the names a loaded story has it under."""
    return {"tag_list": tags(), "correction_list": corrections(), "translation_list": translations()}


def tags() -> ArraySubquery:
    """Its tags by name: pk, name, slug."""
    found = Tag.objects.filter(articles=OuterRef("pk")).order_by("name")
    return ArraySubquery(found.values(json=JSONObject(pk="pk", name="name", slug="slug")))


def corrections() -> ArraySubquery:
    """What was put right, the oldest first: the rows of `Correction.from_list`."""
    found = Correction.objects.filter(article=OuterRef("pk")).order_by("made_at", "pk")
    return ArraySubquery(found.values(json=JSONObject(pk="pk", kind="kind", text="text", made_at="made_at")))


def translations() -> ArraySubquery:
    """The same story in other languages, approved ones whether live yet or not: the rows of `translation`."""
    articles: Any = apps.get_model("articles", "Article")
    first = Coalesce(OuterRef("original_id"), OuterRef("pk"))
    family = articles.objects.filter(Q(original=first) | Q(pk=first), status="published", canonical_url="")
    names = ("pk", "language", "slug", "published_on", "live_from", "original_id", "status")
    others = family.exclude(pk=OuterRef("pk")).order_by("language", "pk")
    return ArraySubquery(others.values(json=JSONObject(**{name: name for name in names})))


def translation(row: dict[str, Any]) -> Any:
    """A story of a `translation_list`, as the database writes it: enough for its address and whether it is live."""
    on, at = date.fromisoformat(row["published_on"]), datetime.fromisoformat(row["live_from"])
    return apps.get_model("articles", "Article")(**{**row, "published_on": on, "live_from": at})
