"""How far a long command is, on one line of a terminal that is written over. Nothing in a log."""

from typing import Protocol


class Terminal(Protocol):
    """Something to write on: a stream, or a command's own."""

    def isatty(self) -> bool:
        """Whether a person looks at it."""

    def write(self, text: str, /) -> object:
        """Put `text` there."""

    def flush(self) -> None:
        """At once."""


class Progress:
    """`customers 12 of 40`. `total`: 0 where it is not known."""

    def __init__(self, out: Terminal, total: int = 0) -> None:
        self.out, self.total, self.width = out, total, 0

    def at(self, done: int, of_what: str = "") -> None:
        """Say how far it is."""
        if self.out.isatty():
            text = f"{of_what} {done}" + (f" of {self.total}" if self.total else "")
            self.out.write("\r" + text.strip().ljust(self.width))
            self.out.flush()
            self.width = len(text)

    def clear(self) -> None:
        """Make room for other lines."""
        if self.out.isatty():
            self.out.write("\r" + " " * self.width + "\r")
