"""Trouble on demand: Stripe down, slow, or losing its answer after the work was done."""

from dataclasses import dataclass

NO_ANSWER = 0  # a status that is none: the connection is closed


@dataclass
class Faults:
    """What goes wrong with the next API calls."""

    calls: int = 0
    status: int = 503
    after_write: bool = False
    seconds: float = 0.0

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
