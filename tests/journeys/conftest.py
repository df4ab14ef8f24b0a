"""The fixtures of tests that use a browser."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.browser.fixtures import browser, open_window, site
from tests.browser.site import Site
from tests.conftest import NOON
from tests.journeys.almanac import Almanac

__all__ = ["browser", "open_window", "site"]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """From noon of 3 November 2026 the clock runs on, here and at Stripe; browsers keep their own."""
    with time_machine.travel(NOON, tick=True) as clock:
        yield clock


@pytest.fixture
def almanac(clock: time_machine.Traveller, site: Site) -> Almanac:
    """The site on a day of which the test knows the date."""
    return Almanac(site, clock)
