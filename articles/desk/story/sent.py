"""The story form as a browser sends it: of the stored story, of a working copy, and of two of them made one."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.forms import BaseForm, BaseFormSet, CheckboxInput
from django.http import QueryDict
from django.utils.html import strip_tags

Sent = dict[str, Any]  # name → text, or texts where a field sends several
OWN = frozenset(
    ["csrfmiddlewaretoken", "seen", "working_key", "written_by", "later", "copy", "reason", "back", "leftover"]
)
UNWRITTEN = frozenset(["id", "article", "position", "kind", "made_at"])  # what a row has before anybody touched it
MARKS = ("_", "choice-")  # what buttons and choices are called
ROW_MARKS = ("-TOTAL_FORMS", "-INITIAL_FORMS", "-MIN_NUM_FORMS", "-MAX_NUM_FORMS")


def from_post(data: QueryDict) -> Sent:
    """What was written in the form that was sent: its fields without tokens, buttons and choices."""
    return {
        name: texts[0] if len(texts) == 1 else texts
        for name, texts in data.lists()
        if name not in OWN and not name.startswith(MARKS)
    }


def as_posted(sent: Mapping[str, Any]) -> QueryDict:
    """As the form would send it."""
    data = QueryDict(mutable=True)
    for name, value in sent.items():
        data.setlist(name, list(value) if isinstance(value, list) else [value])
    return data


def form_as_sent(form: BaseForm) -> Sent:
    """What the browser would send of an unbound form if nobody touched it."""
    sent: Sent = {}
    for field in form:
        value, widget = field.value(), field.field.widget
        if isinstance(widget, CheckboxInput):
            value = "on" if value else None
        elif hasattr(widget, "format_value"):
            value = widget.format_value(value)
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else value
        if value is not None:
            sent[field.html_name] = value if isinstance(value, list) else str(value)
    return sent


def rows_as_sent(rows: BaseFormSet) -> Sent:
    """The rows that are stored, with the formset's own counters; no empty ones."""
    forms = rows.initial_forms
    sent: Sent = {f"{rows.prefix}{mark}": "0" for mark in ROW_MARKS}
    sent |= {f"{rows.prefix}{mark}": str(len(forms)) for mark in ROW_MARKS[:2]} | {
        f"{rows.prefix}-MAX_NUM_FORMS": "1000"
    }
    for form in forms:
        sent |= form_as_sent(form)
    return sent


def rows_sent(sent: Mapping[str, Any], prefix: str) -> list[dict[str, str]]:
    """The rows somebody sent, name → text, in their order, without those taken out and those left empty."""
    total = sent.get(f"{prefix}-TOTAL_FORMS", "0")
    rows = []
    for number in range(min(int(total), 1000) if str(total).isdigit() else 0):
        start = f"{prefix}-{number}-"
        row = {name.removeprefix(start): str(text) for name, text in sent.items() if name.startswith(start)}
        written = {name for name, text in row.items() if text and name not in UNWRITTEN}
        if "DELETE" not in row and written:
            rows.append(row)
    return sorted(rows, key=_place)


def rows_instead(sent: Mapping[str, Any], stored: Sent, prefix: str) -> Sent:
    """The rows of `sent` in place of those `stored`: what is gone meanwhile is new again, what is not wanted goes."""
    wanted, had = rows_sent(sent, prefix), rows_sent(stored, prefix)
    for place, row in enumerate(wanted, start=1):
        if "position" in row:
            row["position"] = str(place)
    known = {row["id"] for row in had if row.get("id")}
    kept = [row for row in wanted if row.get("id") in known]
    kept_ids = {row["id"] for row in kept}
    gone = [{**row, "DELETE": "on"} for row in had if row.get("id") not in kept_ids]
    rows = kept + gone + [{**row, "id": ""} for row in wanted if row.get("id") not in known]
    result: Sent = {f"{prefix}{mark}": "0" for mark in ROW_MARKS} | {f"{prefix}-MAX_NUM_FORMS": "1000"}
    result |= {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(len(kept) + len(gone))}
    return result | {f"{prefix}-{number}-{name}": text for number, row in enumerate(rows) for name, text in row.items()}


def without_rows(sent: Mapping[str, Any], prefixes: Iterable[str]) -> Sent:
    """The story's own fields alone."""
    starts = tuple(f"{prefix}-" for prefix in prefixes)
    return {name: text for name, text in sent.items() if not name.startswith(starts)}


def words_in(sent: Mapping[str, Any]) -> int:
    """How many words of text it holds."""
    return len(strip_tags(str(sent.get("full_text", "")).replace("<", " <")).split())


def key_in(data: Mapping[str, Any], name: str = "working_key") -> UUID | None:
    """The form's own key, None where there is none that is one."""
    try:
        return UUID(str(data.get(name, "")))
    except ValueError:
        return None


def edition_in(data: Mapping[str, Any]) -> int:
    """The story's edition the form was opened on; 0 for a new story."""
    seen = str(data.get("seen", ""))
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


def _place(row: Mapping[str, str]) -> int:
    place = row.get("position", "")
    return int(place) if place.isdigit() else 1000
