"""The order of a ballot's options: by chance, so that no place is an advantage; for one reader always the same."""

import hashlib
from collections.abc import Iterable

from members.models import Option, Round


def in_own_order(options: Iterable[Option], round_: Round, who: str) -> list[Option]:
    """Shuffled, the same way each time for the same `who`."""
    return sorted(options, key=lambda each: hashlib.sha256(f"{round_.pk}-{who}-{each.pk}".encode()).digest())
