"""Reads the demo paper's files: `paper/*.toml` and `paper/stories/*.html`."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

PAPER = Path(__file__).resolve().parent / "paper"
FENCE = "+++\n"


@dataclass(frozen=True)
class Story:
    """One story file: its slug is the file's name, `facts` the front matter, `body` the story HTML."""

    slug: str
    facts: dict[str, Any]
    body: str


def read_paper() -> dict[str, Any]:
    """`paper.toml` as it stands."""
    return tomllib.loads((PAPER / "paper.toml").read_text(encoding="utf-8"))


def read_money() -> dict[str, Any]:
    """`money.toml`: what the membership desk has on its table."""
    return tomllib.loads((PAPER / "money.toml").read_text(encoding="utf-8"))


def read_talk() -> dict[str, Any]:
    """`talk.toml`: what readers say, and what moderators have on their table."""
    return tomllib.loads((PAPER / "talk.toml").read_text(encoding="utf-8"))


def read_pictures() -> dict[str, dict[str, Any]]:
    """Key → scene, seed, words and focal point."""
    return tomllib.loads((PAPER / "pictures.toml").read_text(encoding="utf-8"))


def read_stories() -> list[Story]:
    """Every story, oldest first."""
    stories = [read_story(path) for path in sorted((PAPER / "stories").glob("*.html"))]
    return sorted(stories, key=lambda story: -float(story.facts.get("minutes_ago", 0)))


def moment_to_come(row: dict[str, Any], now: datetime) -> datetime:
    """The moment a row of the paper means: `in_hours` from `now`, or `in_days` at the wall clock's `at` ("06:00")."""
    if "at" not in row:
        return now + timedelta(hours=row["in_hours"])
    day = timezone.localdate(now) + timedelta(days=row["in_days"])
    return datetime.combine(day, time.fromisoformat(row["at"]), tzinfo=timezone.get_default_timezone())


def read_story(path: Path) -> Story:
    """One file. Raises ValueError where the front matter is not fenced by two lines `+++`."""
    _before, front, body = path.read_text(encoding="utf-8").split(FENCE, 2)
    return Story(path.stem, tomllib.loads(front), body.strip())
