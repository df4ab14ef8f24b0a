"""Other ways to support, and giving once: what stands on the page, what is kept, what is refused."""

import pytest
from django.test import Client

from members.models import AuditEntry, CheckoutAttempt, Payment, SupportWay
from tests.factories import Cast
from tests.members.money.till import SAME_ORIGIN, Till

pytestmark = pytest.mark.django_db
PAGE = "/membership/support/"


def test_ways_stand_in_their_order_with_something_to_copy(client: Client) -> None:
    SupportWay.objects.create(label="PayPal", value="pay@example.org", position=2)
    SupportWay.objects.create(label="Bank <b>", value='DE00 "1234"', note="Name your address", position=1)
    SupportWay.objects.create(label="Patreon", url="https://example.org/us", position=3)
    SupportWay.objects.create(label="Barter", is_active=False)
    text = client.get(PAGE).content.decode()
    assert text.index("Bank &lt;b&gt;") < text.index("PayPal") < text.index("Patreon")
    assert 'value="DE00 &quot;1234&quot;"' in text
    assert text.count("data-copy=") == 2
    assert "Go to Patreon" in text
    assert "Barter" not in text
    assert "js/copy" in text


def test_no_heading_stands_over_nothing(client: Client) -> None:
    text = client.get(PAGE).content.decode()
    assert 'id="other"' not in text
    assert "js/copy" not in text


def test_the_desk_orders_them_and_the_page_falls(client: Client, cast: Cast) -> None:
    client.force_login(cast.manager)
    fields = {"label": "Bank", "value": "DE00", "url": "", "note": "", "position": "1", "is_active": "on"}
    assert client.post("/admin/members/supportway/add/", fields).status_code == 302
    row = SupportWay.objects.get()
    assert AuditEntry.objects.filter(by=cast.manager, subject_type="members.SupportWay").count() == 1
    assert client.post(f"/admin/members/supportway/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not SupportWay.objects.exists()


@pytest.mark.parametrize("typed", ["1e9", "-3", "0", "5 $", "²", "9" * 20, "five"])
def test_what_cannot_be_paid_is_explained_and_stays(till: Till, client: Client, typed: str) -> None:
    fields = {"amount": "1000", "own_amount": typed, "message": "Go on", "email": "a@example.org", "next": "/a/"}
    answer = client.post(PAGE, fields, **SAME_ORIGIN)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "errorlist" in text
    for kept in (f'value="{typed}"', "Go on", "a@example.org", 'value="/a/"'):
        assert kept in text
    assert CheckoutAttempt.objects.count() == 0


@pytest.mark.parametrize(("typed", "amount"), [("5", 500), ("5,50", 550), ("1.000", 100000), ("٥", 500)])
def test_amounts_are_read_as_people_write_them(till: Till, client: Client, typed: str, amount: int) -> None:
    assert client.post(PAGE, {"own_amount": typed}, **SAME_ORIGIN).status_code == 303
    assert CheckoutAttempt.objects.get().amount == amount


@pytest.mark.parametrize("chosen", ["²", "-1000", "1" * 20, "x", "10.5.1"])
def test_a_chosen_amount_that_is_none_breaks_nothing(till: Till, client: Client, chosen: str) -> None:
    assert client.post(PAGE, {"amount": chosen}, **SAME_ORIGIN).status_code == 200


def test_stripe_down_keeps_what_was_typed(till: Till, client: Client) -> None:
    till.fake.down(1)
    text = client.post(PAGE, {"own_amount": "7", "message": "Go on"}, **SAME_ORIGIN).content.decode()
    assert "does not answer" in text
    assert 'value="7"' in text
    assert "Go on" in text


def test_back_from_stripe_leads_to_the_form_it_came_from(till: Till, client: Client) -> None:
    client.post(PAGE, {"own_amount": "7"}, **SAME_ORIGIN)
    gift = {"tier": "tier-1", "months": "1", "email": "a@example.org"}
    client.post("/membership/gift/", gift, **SAME_ORIGIN)
    backs = {session["cancel_url"] for session in till.fake.state.every("checkout.session")}
    assert backs == {"http://testserver/membership/support/", "http://testserver/membership/gift/"}


def test_what_a_giver_wrote_stands_on_the_desks_page_of_the_payment(till: Till, client: Client, cast: Cast) -> None:
    answer = client.post(PAGE, {"own_amount": "7", "message": "Go on <b>"}, **SAME_ORIGIN)
    till.fake.pay(answer["Location"].rsplit("/", 1)[-1])
    till.deliver()
    client.force_login(cast.manager)
    page = client.get(f"/admin/members/payment/{Payment.objects.get().pk}/change/").content.decode()
    assert "Go on &lt;b&gt;" in page
