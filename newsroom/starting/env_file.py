"""The `.env` of a new site: `.env.example` filled in, with secrets of its own, for its owner alone to read."""

import os
import secrets
from pathlib import Path

from newsroom.starting.answers import Answers

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
OWNER_ALONE = 0o600
NEEDS_QUOTES = {*",;:@()[]"}  # before an address, as mail is written; a file of variables has its own idea of quotes


def write(path: Path, answers: Answers) -> None:
    """Write `path`, mode 600. Raises FileExistsError, and never writes over what is there; OSError as files do."""
    text = fill(EXAMPLE.read_text(encoding="utf-8"), values(answers))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def values(answers: Answers) -> dict[str, str]:
    """What follows from the answers, and secrets nobody has seen yet."""
    name = "" if NEEDS_QUOTES & {*answers.name} else answers.name
    password = secrets.token_hex(24)  # letters and digits: it stands in an address
    return {
        "NEWSROOM_NAME": answers.name,
        "NEWSROOM_PUBLISHER": answers.publisher,
        "SECRET_KEY": secrets.token_urlsafe(60),
        "SITE_URL": answers.address,
        "ALLOWED_HOSTS": answers.host,
        "DATABASE_URL": f"postgresql://newsroom:{password}@127.0.0.1:5432/newsroom",
        "POSTGRES_PASSWORD": password,
        "DEFAULT_FROM_EMAIL": f"{name} <newsroom@{answers.host}>" if name else f"newsroom@{answers.host}",
        "LANGUAGE_CODE": answers.language,
        "TIME_ZONE": answers.time_zone,
    }


def fill(example: str, known: dict[str, str]) -> str:
    """The example with its values; what it says of each stays. Raises KeyError for one that it does not name."""
    lines = example.splitlines()
    places = {line.partition("=")[0]: number for number, line in enumerate(lines) if "=" in line}
    for name, value in known.items():
        lines[places[name]] = f"{name}={value}"
    return "\n".join(lines) + "\n"
