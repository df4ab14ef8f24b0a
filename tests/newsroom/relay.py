"""A line to PostgreSQL that can go dead: nothing is refused, nothing is closed, nothing comes through."""

import selectors
import socket
import threading
from types import TracebackType


class Relay:
    """Passes bytes between its own TCP port and a server's socket until it is frozen; lines made later are alive."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._door = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ, None)
        self._lines: list[socket.socket] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self._door.getsockname()[1])

    def freeze(self) -> None:
        """Stop passing anything on over the lines there are."""
        for line in self._lines:
            self._selector.unregister(line)
        self._frozen, self._lines = self._lines, []

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped = True
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopped:
            for key, _events in self._selector.select(0.02):
                if key.fileobj is self._door:
                    self._open()
                else:
                    self._pass_on(key.fileobj, key.data)  # type: ignore[arg-type]  # only sockets are registered

    def _open(self) -> None:
        near, _address = self._door.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._path)
        for one, other in ((near, far), (far, near)):
            self._selector.register(one, selectors.EVENT_READ, other)
            self._lines.append(one)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            data = one.recv(65536)
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for line in (one, other):
                if line in self._lines:
                    self._lines.remove(line)
                    self._selector.unregister(line)
                    line.close()
