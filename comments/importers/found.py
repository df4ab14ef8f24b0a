"""What readers of old files find: replies, and the places they stand under. Plain values, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OldPlace:
    """What replies stood under. `known_as`: keys and addresses of it there, likeliest first."""

    name: str
    known_as: tuple[str, ...]
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class OldReply:
    """One reply as the file has it. `place` is a place's name, `parent` another reply's key or "".

    `status` is a `Reply.Status`; `left` says why it does not come, "" for one that does.
    """

    key: str
    place: str
    parent: str
    name: str
    at: datetime | None
    text: str
    status: str
    is_markup: bool = True
    left: str = ""


@dataclass(frozen=True, slots=True)
class OldParent:
    """What a reply answers, where the file says it apart from the reply."""

    key: str
    parent: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Something in the file that is no reply, named in the plural."""

    kind: str


Found = OldPlace | OldReply | OldParent | Passed


class Read(Protocol):
    """A reader of one kind of file. Raises BrokenExportError, naming the place, and OSError."""

    def __call__(self, path: Path, /, *, site: str) -> Iterator[Found]:
        """Everything in the file. `site` names where it comes from, in the keys."""
