"""The order of the tests, their database, frozen time on demand, and the cast of people."""

import gc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.core.cache import cache

from newsroom import caching, furniture

HERE = Path(__file__).parent
stripe.HTTPClient.INITIAL_DELAY = 0.01  # seconds before a call is tried again: the same attempts, sooner
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


LONG = (  # more than twenty seconds each
    "newsroom/test_production.py", "members/money/test_worker_killed.py", "surfaces/test_walk.py",
    "articles/test_rights.py", "browser/test_accessibility.py", "articles/test_leaks.py",
    "articles/test_writing_browser.py", "journeys/test_money_keeping.py", "journeys/test_money_giving.py",
    "journeys/test_story_goes_out.py", "journeys/test_reader_becomes_patron.py", "test_plans.py",
    "journeys/test_money_joining.py", "articles/test_workflow.py", "articles/test_story_form_browser.py",
    "members/money/test_races.py", "journeys/test_replies.py", "journeys/test_money_trouble.py",
    "newsroom/test_servers.py", "browser/test_front_page.py", "members/money/test_any_order.py",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files go to workers, the longest go first, so that none is waited for at the end."""
    if not hasattr(config, "workerinput"):
        return
    sizes = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str]:
        name = item.path.relative_to(HERE).as_posix()
        return LONG.index(name) if name in LONG else len(LONG), -sizes[item.path], name

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is there before the first test stays: the collector, a seventh of all work, need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """pytest-django's own, but that the database is copied where it was once migrated."""
    from django.test.utils import teardown_databases

    from tests import database

    with django_db_blocker.unblock():
        made = database.begin_with_a_copy()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _fresh_process_state(settings: Any, tmp_path: Path) -> Iterator[None]:
    """No test sees another's furniture, files or cached limits, or believes what an earlier one's listener heard."""
    caching.trust_followers(False)
    furniture.snapshot.drop(["site"])
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WHITENOISE_USE_FINDERS = False  # each client would look for every static file of every package
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    furniture.snapshot.drop(["site"])


@pytest.fixture
def kept_furniture() -> Iterator[None]:
    """What stands around every page is kept from one to the next, as in a process that hears of changes: for tests
    that look at many pages and change nothing around them."""
    furniture.snapshot.trusted = True
    yield
    furniture.snapshot.trusted = False


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
