"""Turns: of all processes one at a time does a thing. A turn ends with its process, however that ends."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)


@contextmanager
def turn(name: str) -> Iterator[bool]:
    """Inside, True for one process at a time, False for whoever asks meanwhile.

    `name` names what is done, such as `issue-17`. An advisory lock of the database session: no row is locked, no
    transaction open, and with its connection a killed process loses it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            _give_up(name)


def _give_up(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    except (OperationalError, InterfaceError) as error:  # the turn went with the connection
        log.warning("The database went away during %s: %s", name, error)
