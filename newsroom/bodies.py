"""What requests bring (forms, pictures), read before anybody works on it.

A thread that waits for a slow client is held up by it, and so is the database connection it has. Here no more
than `READERS` threads of a server wait at once, and none of them has a connection yet.
"""

import threading
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings

READERS = 8  # half of the threads a server has
IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024

TOO_LARGE = "413 Content Too Large"
CUT_OFF = "400 Bad Request"
BUSY = "503 Service Unavailable"


class Bodies:
    """Takes in the bodies of one server's requests. Thread-safe."""

    def __init__(self, readers: int = READERS) -> None:
        self._seats = threading.BoundedSemaphore(readers)

    def take_in(self, environ: dict[str, Any]) -> str:
        """Read the body and put it where the application finds it; else the status line that says why not.

        What is larger than that path takes is not read at all. Beyond 1 MB it waits in a file without a name.
        """
        size = content_length(environ)
        if size > largest_at(environ.get("PATH_INFO", "")):
            return TOO_LARGE
        if not self._seats.acquire(blocking=False):
            return BUSY
        try:
            body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the request ends with it
            left = size
            while left and (chunk := environ["wsgi.input"].read(min(CHUNK, left))):
                body.write(chunk)
                left -= len(chunk)
        finally:
            self._seats.release()
        body.seek(0)
        environ["wsgi.input"] = body
        return CUT_OFF if left else ""


def largest_at(path: str) -> int:
    """Bytes that a request to `path` may bring."""
    found = (most for start, most in settings.LARGEST_BODIES.items() if path.startswith(start))
    return next(found, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def content_length(environ: dict[str, Any]) -> int:
    """Bytes the request says it brings; 0 where it says nothing, or nothing sensible, as Django has it."""
    said = str(environ.get("CONTENT_LENGTH") or "")
    return int(said[:19]) if said.isascii() and said.isdigit() else 0
