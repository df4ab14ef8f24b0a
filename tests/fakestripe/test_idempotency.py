"""Idempotency keys, and calls that fail, hang or lose their answer."""

import threading

import pytest
import stripe

from tests.fakestripe.shop import Shop


def test_a_key_replays_its_first_answer(shop: Shop) -> None:
    assert shop.session("key-1").id == shop.session("key-1").id
    with pytest.raises(stripe.IdempotencyError):
        shop.session("key-1", client_reference_id="another")


def test_a_stored_500_is_replayed_and_a_503_is_not(shop: Shop) -> None:
    shop.fake.down(1, 500)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.session("key-500")
    shop.fake.down(1, 503)
    with pytest.raises(stripe.APIError):
        shop.session("key-503")
    assert shop.session("key-503").status == "open"


def test_an_answer_lost_after_the_write_is_there_on_retry(shop: Shop) -> None:
    shop.fake.down(1, 503, after_write=True)
    with pytest.raises(stripe.APIError):
        shop.v1.customers.create({"email": "lost@example.org"})
    assert len(shop.v1.customers.list({"email": "lost@example.org"}).data) == 1


def test_a_key_in_use_is_a_conflict(served: Shop) -> None:
    served.fake.slow(0.5)
    outcomes: list[str] = []

    def join() -> None:
        try:
            outcomes.append(served.session("same").id)
        except stripe.StripeError as error:
            outcomes.append(str(error.http_status))

    clicks = [threading.Thread(target=join) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    served.fake.slow(0)
    assert sorted(outcomes)[:3] == ["409"] * 3
    assert len(served.v1.checkout.sessions.list().data) == 1


@pytest.mark.parametrize("status", [0, 503])
def test_an_answer_lost_after_the_write_is_kept_under_its_key(shop: Shop, status: int) -> None:
    shop.fake.down(1, status, after_write=True)
    with pytest.raises(stripe.StripeError):
        shop.session("lost")
    again = shop.session("lost")
    assert again.status == "open"
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(shop.v1.checkout.sessions.list().data) == 1


def test_a_500_after_the_write_is_replayed_although_the_work_was_done(shop: Shop) -> None:
    shop.fake.down(1, 500, after_write=True)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.session("broken")
    assert len(shop.v1.checkout.sessions.list().data) == 1


def test_a_refused_request_leaves_its_key_unused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.session("second-try", success_url=None)
    assert shop.session("second-try").status == "open"


def test_a_key_is_of_one_address_only(shop: Shop) -> None:
    subscription = shop.joined(key="k")
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.subscriptions.update(subscription.id, {"description": "x"}, {"idempotency_key": "k"})


@pytest.mark.parametrize("after_write", [False, True])
def test_a_held_call_hangs_before_or_after_its_work_until_it_is_released(served: Shop, after_write: bool) -> None:
    subscription = served.joined()
    answers: list[str] = []

    def describe() -> None:
        answers.append(served.v1.subscriptions.update(subscription.id, {"description": "held"}).description)

    worker = threading.Thread(target=describe)
    with served.fake.hold("POST /v1/subscriptions/…", after_write=after_write) as hold:
        worker.start()
        assert hold.reached.wait(5)
        assert served.subscription(subscription.id).description == ("held" if after_write else None)
        assert answers == []
        hold.release()
        worker.join(5)
        assert answers == ["held"]


def test_a_key_of_a_held_call_is_in_use(served: Shop) -> None:
    with served.fake.hold("POST /v1/checkout/sessions") as hold:
        click = threading.Thread(target=served.session, args=("held",))
        click.start()
        assert hold.reached.wait(5)
        with pytest.raises(stripe.StripeError) as refused:
            served.session("held")
        assert refused.value.http_status == 409
        hold.release()
        click.join(5)
    assert len(served.v1.checkout.sessions.list().data) == 1
