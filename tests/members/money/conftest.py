"""The till: our site and a fake Stripe, with the clock standing at noon."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection

from tests.conftest import NOON
from tests.fakestripe import FakeStripe
from tests.members.money.till import Till, receiver
from tests.members.money.workers import Shift, empty_queue, mail_server


@pytest.fixture
def till(db: None, settings: Any) -> Iterator[Till]:
    """A site with two tiers at a Stripe that has heard of them."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    with (
        time_machine.travel(NOON, tick=False) as clock,
        FakeStripe(receiver=receiver, automatic=False) as fake,
    ):
        settings.DEBUG = True
        settings.STRIPE_API_BASE = fake.url
        settings.STRIPE_HOSTED_ORIGINS = [fake.url]
        found = Till(fake, clock)
        found.set_up()
        yield found
        assert fake.violations == []


@pytest.fixture
def counter(transactional_db: None, settings: Any) -> Iterator[Till]:
    """A till whose clock runs, as a worker's does."""
    empty_queue()
    with FakeStripe(receiver=receiver, automatic=False) as fake:
        settings.DEBUG = True
        settings.STRIPE_API_BASE = fake.url
        found = Till(fake)
        found.set_up()
        yield found
        assert fake.violations == []
    empty_queue()


@pytest.fixture
def shift(counter: Till, tmp_path: Path) -> Iterator[Shift]:
    """Real workers for that till."""
    with mail_server() as post:
        found = Shift(counter.fake, post, tmp_path / "worker.log")
        yield found
        found.end()
    connection.close()
