"""A way that is shut for a moment after it failed, and then tried by one: an outage costs no more than that one."""

import threading
import time

SHUT_SECONDS = 1.0
TRIAL_SECONDS = 5.0  # one who tries and is not heard of again is followed by another


class Breaker:
    """Open until something behind it is away; then shut, and tried once a second until that comes back.

    Thread-safe. Whoever was let in says how it went; while one tries, the others are turned away at once.
    """

    def __init__(self) -> None:
        self._shut_until = 0.0  # of the monotonic clock; 0: all may pass
        self._lock = threading.Lock()

    @property
    def is_shut(self) -> bool:
        """Whether who came now would be turned away."""
        return time.monotonic() < self._shut_until

    def lets_in(self) -> bool:
        """Whether this one may pass. After a failure one may, to see whether the rest can."""
        if not self._shut_until:
            return True
        with self._lock:
            if self.is_shut:
                return False
            if self._shut_until:
                self._shut_until = time.monotonic() + TRIAL_SECONDS
            return True

    def failed(self) -> None:
        """What is behind it is away: nobody passes for a second."""
        with self._lock:
            self._shut_until = time.monotonic() + SHUT_SECONDS

    def went_well(self) -> None:
        """It is there: all may pass again."""
        if self._shut_until:
            with self._lock:
                self._shut_until = 0.0
