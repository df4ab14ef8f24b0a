"""The till: our site and a fake Stripe, with the clock standing at noon."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection

from tests.conftest import NOON
from tests.fakestripe import FakeStripe
from tests.members.money.till import Till, receiver


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
