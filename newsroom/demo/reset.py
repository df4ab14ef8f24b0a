"""`python -m newsroom.demo.reset`: ends a running demo and forgets what it held. Imports no Django."""

import shutil
from pathlib import Path

from newsroom import database
from newsroom.demo.processes import Company

DATA = Path(__file__).resolve().parent.parent.parent / ".data"
FORGOTTEN = ("postgres", "media", "mail", "logs", "fakestripe.json", "demo-processes.json")


def main() -> None:
    """Stop everything, remove the demo's files. The tests' database stays."""
    Company(DATA / "demo-processes.json", DATA / "logs").end_leftovers()
    try:
        database.stop(DATA / "postgres")
    except database.DatabaseFolderError as error:
        print(f"{error}\nRemoving it all the same.")
    for name in FORGOTTEN:
        path = DATA / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
