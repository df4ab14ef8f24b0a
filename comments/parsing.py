"""Keys and moments as addresses, forms and old files hold them, where anything may stand instead."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime


def number_in(text: str) -> int | None:
    """A key; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def moment_in(text: str) -> datetime | None:
    """An ISO moment; None for anything else. Without a zone it is UTC."""
    try:
        found = parse_datetime(text)
    except ValueError:  # the 31st of February
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
