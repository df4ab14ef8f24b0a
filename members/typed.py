"""What an address or a form carries outside Django's form fields, made fit for the database."""

from collections.abc import Mapping
from typing import Any


def typed(data: Mapping[str, Any], name: str, *, most: int = 255) -> str:
    """The text sent under `name`, trimmed, at most `most` characters; empty for none. PostgreSQL's text has no NUL."""
    return str(data.get(name) or "").replace("\x00", "").strip()[:most]
