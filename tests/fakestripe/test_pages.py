"""The hosted pages, as a browser without JavaScript sees them."""

import http.client
from urllib.parse import urlsplit

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


def test_the_portal_page_switches_cancels_resumes_and_goes_back(served: Shop) -> None:
    subscription = served.joined()
    path = path_of(served.portal().url)
    text = browse(served.fake, path)[1]
    for words in ("Renews on", "Switch plan", "Cancel subscription", "New card", "Invoices", "Back to site"):
        assert words in text
    location = browse(served.fake, path, {"act": "cancel", "sub": subscription.id})[2]["Location"]
    assert "Ends on" in browse(served.fake, location)[1]
    assert served.subscription(subscription.id).cancel_at is not None
    browse(served.fake, path, {"act": "resume", "sub": subscription.id})
    assert served.subscription(subscription.id).cancel_at is None
    browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.dear.id})
    assert served.subscription(subscription.id).items.data[0].price.id == served.dear.id
    browse(served.fake, path, {"act": "card", "works": "declined"})
    location = browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.year.id})[2][
        "Location"
    ]
    assert location.endswith(("planned", "declined"))
    invoice = served.v1.invoices.list({"subscription": subscription.id}).data[0]
    assert "Total" in browse(served.fake, path_of(invoice.hosted_invoice_url))[1]


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


def test_forms_of_other_sites_are_refused(served: Shop) -> None:
    parts = urlsplit(served.fake.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("POST", "/control", "act=age", {"Origin": "http://elsewhere.example"})
    assert connection.getresponse().status == 403
    connection.close()
    assert browse(served.fake, "/c/pay/cs_test_none")[0] == 404
