"""The hosted pages, as a browser without JavaScript sees them."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from tests.fakestripe.shop import Shop, browse, path_of


def test_pay_on_the_hosted_page_returns_to_the_site(served: Shop) -> None:
    session = served.session()
    path = path_of(session.url)
    status, text, headers = browse(served.fake, path)
    assert status == 200
    for words in ("DEMO: no money moves", "€5.00", "ada@example.org", ">Pay<", ">Decline<", ">3-D Secure<",
                  ">Pay later<", ">Back<"):  # fmt: skip
        assert words in text
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:8000" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert "<script" not in text
    status, text, _ = browse(served.fake, path, {"act": "decline"})
    assert "Your card was declined" in text
    status, text, _ = browse(served.fake, path, {"act": "secure"})
    assert ">Succeed<" in text
    status, text, _ = browse(served.fake, path, {"act": "secure_failed"})
    assert "did not confirm" in text
    status, _, headers = browse(served.fake, path, {"act": "pay"})
    assert status == 303
    assert headers["Location"] == f"http://127.0.0.1:8000/membership/welcome/?session={session.id}"
    assert browse(served.fake, path)[1].count("Done") > 0


def test_a_guest_gives_an_address_and_markup_is_escaped(served: Shop) -> None:
    data = {"currency": "eur", "unit_amount": 700, "product_data": {"name": "<b>Tea</b>"}}
    session = served.session(
        mode="payment", customer=None, subscription_data=None, line_items=[{"price_data": data, "quantity": 1}]
    )
    path = path_of(session.url)
    text = browse(served.fake, path)[1]
    assert '<label for="email">' in text
    assert "&lt;b&gt;Tea" in text
    asked = browse(served.fake, path, {"act": "secure", "email": '"><script>x</script>'})[1]
    assert "<script" not in asked
    assert 'value="&quot;&gt;&lt;script&gt;' in asked
    assert "Please give an e-mail" in browse(served.fake, path, {"act": "pay"})[1]
    assert browse(served.fake, path, {"act": "later", "email": "g@example.org"})[0] == 303
    assert browse(served.fake, path, {"act": "succeed"})[0] == 303
    assert served.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_promotion_code_is_typed_on_the_page(served: Shop) -> None:
    coupon = served.v1.coupons.create({"percent_off": 20, "duration": "once"})
    served.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEA"})
    path = path_of(served.session(allow_promotion_codes=True).url)
    assert "not valid" in browse(served.fake, path, {"act": "code", "code": "COFFEE"})[1]
    assert "€4.00" in browse(served.fake, path, {"act": "code", "code": "tea"})[1]


def test_the_page_says_what_renews_when_and_what_comes_off(served: Shop) -> None:
    served.fake.tax_rate = 20
    served.fake.promote("HALF", percent_off=50, duration="forever")
    taxed: dict[str, Any] = {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}
    session = served.session(allow_promotion_codes=True, **taxed)
    path = path_of(session.url)
    assert "Then €5.00 a month plus tax, first on" in browse(served.fake, path)[1]
    text = browse(served.fake, path, {"act": "code", "code": "half"})[1]
    for words in ("-€2.50", "€0.50", "€3.00", "Code <strong>HALF</strong> is used", "less your discount plus tax"):
        assert words in text
    assert "€6.00" in browse(served.fake, path, {"act": "code", "code": ""})[1]
    trial = served.session(subscription_data={"trial_period_days": 14}, payment_method_collection="if_required")
    text = browse(served.fake, path_of(trial.url))[1]
    assert "Free until" in text
    assert "No card is needed now" in text
    assert "€0.00" in text


def test_a_refused_code_is_named_beside_its_field(served: Shop) -> None:
    served.fake.promote("LATE", percent_off=10, expires_at=1)
    path = path_of(served.session(allow_promotion_codes=True).url)
    text = browse(served.fake, path, {"act": "code", "code": "late"})[1]
    assert "This code has expired." in text
    assert 'aria-invalid="true" aria-describedby="code-problem"' in text
    assert "&quot;&gt;&lt;script&gt;" in browse(served.fake, path, {"act": "code", "code": '"><script>'})[1]


def test_a_card_is_saved_without_paying(served: Shop) -> None:
    session = served.session(mode="setup", line_items=None, subscription_data=None, currency="eur")
    path = path_of(session.url)
    assert ">Save card<" in browse(served.fake, path)[1]
    assert browse(served.fake, path, {"act": "pay"})[0] == 303
    assert "no payment required" in browse(served.fake, path)[1]
    assert browse(served.fake, "/control")[0] == 200


def test_the_control_page_does_everything(served: Shop) -> None:
    served.joined()
    text = browse(served.fake, "/control")[1]
    for words in ("Age everything by 31 days", "Fail next renewal", "Lose next webhook", "Resend all",
                  "Refund last payment", "Open dispute", "ada@example.org"):  # fmt: skip
        assert words in text
    for act in ({"act": "fail"}, {"act": "age", "days": "31"}, {"act": "refund"}, {"act": "refund_fails"},
                {"act": "dispute"}, {"act": "win"}, {"act": "arrange", "how": "shuffle"}):  # fmt: skip
        status, _, headers = browse(served.fake, "/control", act)
        assert status == 303
        assert "nothing" not in headers["Location"], act
    assert "The last payment failed" in browse(served.fake, "/control")[1]


CONTROLS: list[tuple[dict[str, str], str]] = [
    ({"act": "expire_card"}, "expiring"),
    ({"act": "refund_half"}, "refunded_half"),
    ({"act": "refund"}, "refunded"),
    ({"act": "refund_fails"}, "refund_failed"),
    ({"act": "win"}, "nothing"),
    ({"act": "dispute"}, "disputed"),
    ({"act": "dispute"}, "nothing"),
    ({"act": "lose"}, "closed"),
    ({"act": "tax", "rate": "20"}, "taxed"),
    ({"act": "tax", "rate": "99"}, "nothing"),
    ({"act": "promote"}, "promoted"),
    ({"act": "promote"}, "promoted"),
    ({"act": "orphan"}, "orphan"),
    ({"act": "slow"}, "slow"),
    ({"act": "well"}, "well"),
    ({"act": "sca"}, "sca"),
    ({"act": "resend_all"}, "resent"),
    ({"act": "sing"}, "nothing"),
]


def test_every_control_says_what_came_of_it(served: Shop) -> None:
    served.joined()
    for act, said in CONTROLS:
        location = browse(served.fake, "/control", act)[2]["Location"]
        assert location == f"/control?said={said}", act
        assert browse(served.fake, location)[0] == 200
    assert served.fake.tax_rate == 20
    assert len(served.v1.customers.list().data) == 2
    browse(served.fake, "/control", {"act": "down"})
    with pytest.raises(stripe.APIError):
        served.v1.customers.list()
    browse(served.fake, "/control", {"act": "well"})
    assert served.v1.customers.list().data


def test_a_payment_is_refunded_by_its_own_button(served: Shop) -> None:
    served.joined()
    first = served.v1.charges.list().data[0]
    served.fake.advance(days=31)
    assert first.id in browse(served.fake, "/control")[1]
    browse(served.fake, "/control", {"act": "refund", "charge": first.id})
    assert [charge.refunded for charge in served.v1.charges.list().data] == [False, True]


def test_an_orphan_has_a_subscription_that_nobody_joined(served: Shop) -> None:
    customer = served.fake.orphan("dash@example.org")
    (subscription,) = served.v1.subscriptions.list({"customer": customer}).data
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", {})
    assert served.v1.checkout.sessions.list({"customer": customer}).data == []


def test_forms_of_other_sites_are_refused(served: Shop) -> None:
    parts = urlsplit(served.fake.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("POST", "/control", "act=age", {"Origin": "http://elsewhere.example"})
    assert connection.getresponse().status == 403
    connection.close()
    assert browse(served.fake, "/c/pay/cs_test_none")[0] == 404
