"""News about money for the staff: a mail to each person who asked for its kind."""

from typing import Any, Literal

Kind = Literal["join", "cancel", "failed", "gift"]


def tell_staff(kind: Kind, key: str, context: dict[str, Any]) -> None:
    """Queue one mail for everybody who wants to hear of `kind`; `key` names the fact, so it is told once."""
