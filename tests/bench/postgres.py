"""Stopping PostgreSQL under a running site, as a crash or a failover does, and starting it again."""

import shlex
import subprocess
from pathlib import Path


class Postgres:
    """The embedded server under `data`, by its own `pg_ctl` (the wheel's handle believes in one process for ever)."""

    def __init__(self, data: Path) -> None:
        self._data = data
        program, *rest = shlex.split((data / "postmaster.opts").read_text())
        self._control = Path(program).with_name("pg_ctl")
        at = rest.index("-D")
        self._options = shlex.join(rest[:at] + rest[at + 2 :])

    @property
    def is_running(self) -> bool:
        """Whether it says that it runs."""
        return (self._data / "postmaster.pid").exists()

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` breaks every connection and leaves the rest to recovery."""
        self._do("-m", mode, "-w", "stop")

    def start(self) -> None:
        """Start it as it was started; it takes connections when this returns."""
        self._do("-o", self._options, "-l", str(self._data / "log"), "-w", "start")

    def end(self) -> None:
        """Stop it for good, if it runs."""
        if self.is_running:
            self.stop("fast")

    def _do(self, *arguments: str) -> None:
        found = self._data.stat()
        subprocess.run(
            [str(self._control), "-D", str(self._data), *arguments],
            check=True,
            cwd="/",  # the folder we are in may be closed to that user
            user=found.st_uid,
            group=found.st_gid,
            extra_groups=[],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
