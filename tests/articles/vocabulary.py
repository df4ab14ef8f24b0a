"""schema.org's own word on our markup: a kept part of its vocabulary (`fixtures/schema_org.json`) and who asks it."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

TYPES: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures/schema_org.json").read_text())["types"]
SCALARS: dict[str, Any] = {
    "Text": lambda value: isinstance(value, str) and value.strip() == value != "",
    "CssSelectorType": lambda value: isinstance(value, str) and value.startswith("."),
    "URL": lambda value: isinstance(value, str) and re.fullmatch(r"https?://[^\s<>\"]+", value) is not None,
    "Date": lambda value: isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None,
    "Boolean": lambda value: isinstance(value, bool),
    "Integer": lambda value: type(value) is int,
    "Number": lambda value: type(value) in (int, float),
    "Quantity": lambda value: type(value) is int,
}
SCALARS["DateTime"] = SCALARS["Date"]
OUTSIDE = {"query-input"}  # of Google's, not of schema.org's


def blocks_of(page: str) -> list[dict[str, Any]]:
    """The JSON-LD blocks of a page, as an HTML parser finds them."""
    return [
        json.loads(text) for text in lxml_html.fromstring(page).xpath('//script[@type="application/ld+json"]/text()')
    ]


def kinds_of(name: str) -> set[str]:
    """A type and all it is a kind of."""
    return {name}.union(*(kinds_of(parent) for parent in TYPES[name]["is"]))


def wrong_with(node: dict[str, Any], where: str = "") -> Iterator[str]:
    """What schema.org does not know: types, properties of a type, values of a property."""
    name = node.get("@type", "")
    if name not in TYPES:
        yield f"{where}: no type {name!r}"
        return
    known = {said: of for kind in kinds_of(name) for said, of in TYPES[kind]["has"].items()}
    for said, value in node.items():
        if said.startswith("@") or said in OUTSIDE:
            continue
        if said not in known:
            yield f"{where}{name} has no {said}"
            continue
        for each in value if isinstance(value, list) else [value]:
            yield from _wrong_value(each, known[said], f"{where}{name}.{said}")


def _wrong_value(value: Any, ranges: list[str], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        if not kinds_of(value["@type"]) & set(ranges):
            yield f"{where}: {value['@type']} is none of {ranges}"
        yield from wrong_with(value, f"{where} > ")
    elif not any(SCALARS[kind](value) for kind in ranges if kind in SCALARS):
        yield f"{where}: {value!r} is none of {ranges}"
