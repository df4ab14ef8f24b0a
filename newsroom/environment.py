"""Typed readers of the environment, so that `settings.py` reads as a page."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

STAND_INS = {"SECRET_KEY": "none-yet", "DATABASE_URL": "postgresql:///none-yet", "SITE_URL": "https://none.invalid"}
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable as text, stripped; `default` when unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    """The variable as a switch. Raises ImproperlyConfigured for a word that is neither yes nor no."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    """The variable as a whole number. Raises ImproperlyConfigured when it is none."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """The variable as a comma-separated list, empty parts dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def beginning(prefix: str) -> dict[str, str]:
    """Every variable that begins with `prefix` and is not empty, by the rest of its name."""
    return {name.removeprefix(prefix): text(name) for name in os.environ if name.startswith(prefix) and text(name)}


def read_file(path: Path) -> None:
    """Take `KEY=value` lines of `path` into the environment; what is already set stays as it is."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        key, separator, value = line.partition("=")
        if separator and not line.lstrip().startswith("#"):
            os.environ.setdefault(key.strip(), value.strip().strip("\"'"))


def stand_in(path: Path) -> None:
    """For `start_newsroom` alone: let the settings load where neither `path` (.env) nor the environment has any."""
    if not (path.exists() or text("SECRET_KEY") or flag("DEBUG", False)):
        os.environ.update(STAND_INS)


def is_bare() -> bool:
    """Whether the settings are stand-ins."""
    return text("SECRET_KEY") == STAND_INS["SECRET_KEY"]
