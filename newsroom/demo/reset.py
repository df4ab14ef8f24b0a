"""`python -m newsroom.demo.reset`: ends a running demo and forgets what it held. Imports no Django."""

import shutil
from pathlib import Path

from newsroom import database
from newsroom.demo.processes import Company

DATA = Path(__file__).resolve().parent.parent.parent / ".data"
FORGOTTEN = ("postgres", "media", "mail", "logs", "fakestripe.json", "demo-processes.json", "demo-processes.new")


def reset(data: Path) -> None:
    """Stop everything, remove the demo's files. The tests' database stays."""
    Company(data / "demo-processes.json", data / "logs").end_leftovers()
    try:
        database.stop(data / "postgres")
    except database.DatabaseFolderError as error:
        print(f"{error}\nRemoving it all the same.")
    for name in FORGOTTEN:
        path = data / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    reset(DATA)
