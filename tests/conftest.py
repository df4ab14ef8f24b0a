"""Frozen time on demand, and the cast of people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from newsroom import furniture

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_process_state(settings: Any, tmp_path: Path) -> Iterator[None]:
    """No test sees another's furniture, files or cached limits."""
    furniture.snapshot.drop(["site"])
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    furniture.snapshot.drop(["site"])


@pytest.fixture
def now() -> Iterator[datetime]:
    """Noon (UTC) of a Tuesday in November 2026; the clock stands still."""
    import time_machine

    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture
def cast(db: None) -> Any:
    """The people of the tests: see `tests.factories.Cast`."""
    from tests.factories import Cast

    return Cast.make()
