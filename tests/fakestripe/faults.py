"""Trouble on demand: Stripe down, slow, losing its answer after the work was done, or a call that hangs."""

import threading
from dataclasses import dataclass, field
from types import TracebackType

NO_ANSWER = 0  # a status that is none: the connection is closed
STORED = 500  # the one failure a key keeps although the work was done
LONGEST = 60.0  # seconds a held call waits, should nobody release it


@dataclass(eq=False)
class Hold:
    """Calls that begin with `what` ("POST /v1/refunds") hang here, before or after their work, until released.

    `reached` is set when the first one hangs. As a context manager it is released at the end.
    """

    what: str
    after_write: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    _open: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let those that wait go on, and hold nobody any more."""
        self._open.set()

    def wait(self, call: str, *, after_write: bool) -> None:
        """Hang here if this is such a call."""
        if self.after_write is after_write and not self._open.is_set() and call.startswith(self.what):
            self.reached.set()
            self._open.wait(LONGEST)

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@dataclass
class Faults:
    """What goes wrong with the next API calls."""

    calls: int = 0
    status: int = 503
    after_write: bool = False
    seconds: float = 0.0
    holds: list[Hold] = field(default_factory=list)

    def hold(self, what: str, *, after_write: bool) -> Hold:
        """Let calls that begin with `what` hang until the answer is released."""
        made = Hold(what.rstrip("…*"), after_write)
        self.holds.append(made)
        return made

    def wait(self, call: str, *, after_write: bool) -> None:
        """Hang where a call like this one is held."""
        for each in list(self.holds):
            each.wait(call, after_write=after_write)

    def release_all(self) -> None:
        """Nobody hangs any more."""
        for each in self.holds:
            each.release()

    def down(self, calls: int, status: int, *, after_write: bool) -> None:
        """Let the next `calls` fail with `status` (NO_ANSWER drops the connection)."""
        self.calls, self.status, self.after_write = calls, status, after_write

    def take(self) -> tuple[int, bool] | None:
        """The fault of this call, if it has one: its status, and whether the work is done first."""
        if self.calls <= 0:
            return None
        self.calls -= 1
        return self.status, self.after_write


def body_of(status: int) -> dict[str, dict[str, str]]:
    """The error body Stripe sends with such a status."""
    if status == 429:
        return {
            "error": {"message": "Request rate limit exceeded.", "type": "invalid_request_error", "code": "rate_limit"}
        }
    return {"error": {"message": "An unknown error occurred", "type": "api_error"}}
