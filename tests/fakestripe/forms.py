"""Stripe's form encoding: `a[b][0]=c` to nested maps, and back to nothing: all leaves stay text."""

import re
from typing import Any
from urllib.parse import parse_qsl

PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


def decode(encoded: str) -> dict[str, Any]:
    """The nested maps of a query or body. Lists are maps with numbers as keys; `contract` turns them."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, max_num_fields=1000):
        place = found
        *path, last = PART.findall(name) or [name]
        for part in path:
            inner = place.setdefault(part or str(len(place)), {})
            place = inner if isinstance(inner, dict) else place
        place[last or str(len(place))] = value
    return found
