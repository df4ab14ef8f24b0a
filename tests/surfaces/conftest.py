"""The world, the door, and shelves that keep, as in a process whose listener is connected."""

from collections.abc import Iterator

import pytest

from newsroom import caching
from tests.factories import Cast
from tests.surfaces.door import Door, listening
from tests.surfaces.people import whole_world
from tests.world import World


@pytest.fixture
def world(cast: Cast) -> World:
    """The paper of the walks."""
    return whole_world()


@pytest.fixture
def door() -> Iterator[Door]:
    """The front door; what is kept behind it falls with every purge."""
    door = Door()
    caching.trust_followers(True)
    with listening(door):
        yield door
    caching.trust_followers(False)
