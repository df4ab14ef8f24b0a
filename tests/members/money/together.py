"""Threads that begin together, and tellers who dawdle."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

from members.money.stripe_api import payments
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import SubscriptionState


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Do all of `works` in threads of their own that start together; results or exceptions, in their order."""
    barrier, results = Barrier(len(works)), [None] * len(works)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = works[number]()
        except Exception as error:  # handed back to the test
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    return results


def failures(results: list[Any]) -> list[Exception]:
    """What went wrong in them."""
    return [each for each in results if isinstance(each, Exception)]


class Dawdler(Teller):
    """A teller who, having looked, lets something happen before handing over what was seen."""

    def __init__(self, meanwhile: Callable[[], Any]) -> None:
        super().__init__(payments.patient_client(), None)
        self.meanwhile = meanwhile

    def fetch_subscription(self, subscription_id: str) -> SubscriptionState:
        """What was true before something happened."""
        seen = super().fetch_subscription(subscription_id)
        self.meanwhile()
        return seen
