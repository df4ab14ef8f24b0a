"""Events and their delivery."""

import json
import time

import pytest
import stripe

from tests.fakestripe.shop import SECRET, Shop, Site, browse


def test_pages_go_both_ways_and_lookup_keys_find_prices(shop: Shop) -> None:
    made = [shop.v1.customers.create({"email": f"{n}@example.org"}).id for n in range(5)]
    listed = [c.id for c in shop.v1.customers.list({"limit": 2}).auto_paging_iter()]
    assert listed == [*reversed(made), shop.customer.id]
    back = [c.id for c in shop.v1.customers.list({"limit": 2, "ending_before": made[0]}).auto_paging_iter()]
    assert back == made[1:]
    found = shop.v1.prices.list({"lookup_keys": ["patron-year"], "expand": ["data.product"]})
    assert [(p.id, p.product.name) for p in found.data] == [(shop.year.id, "Patron")]


def test_undelivered_events_can_be_asked_for(shop: Shop) -> None:
    shop.joined()
    lost = shop.v1.events.list({"delivery_success": False, "types": ["invoice.paid"]}).data
    assert [event.type for event in lost] == ["invoice.paid"]
    assert lost[0].pending_webhooks == 1
    shop.fake.deliver()
    assert shop.v1.events.list({"delivery_success": False}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="20 types"):
        shop.v1.events.list({"types": ["invoice.paid"] * 21})


@pytest.mark.parametrize("arrange", ["duplicate", "reverse", "shuffle", "drop", "delay"])
def test_webhooks_come_as_arranged(shop: Shop, arrange: str) -> None:
    shop.joined()
    order = [event.id for event in reversed(shop.v1.events.list({"limit": 100, "delivery_success": False}).data)]
    shop.fake.deliver(arrange)
    got = [event.id for event in shop.heard]
    match arrange:
        case "duplicate":
            assert got == [ident for ident in order for _ in range(2)]
        case "reverse":
            assert got == order[::-1]
        case "shuffle":
            assert sorted(got) == sorted(order)
        case "drop":
            assert got == []
            assert shop.fake.deliver() == []
            shop.fake.delivery.resend()
            shop.fake.deliver()
            assert [event.id for event in shop.heard] == order
        case "delay":
            assert got == []
            shop.fake.deliver()
            assert [event.id for event in shop.heard] == order


def test_a_thin_event_and_an_old_endpoint_look_as_they_would(served: Shop, site: Site) -> None:
    served.fake.settle()
    site.got.clear()
    served.fake.send_thin()
    body, signature = site.got[-1]
    with pytest.raises(ValueError, match="thin"):
        stripe.Webhook.construct_event(body, signature, SECRET)
    served.fake.pin_endpoints("2020-08-27")
    served.joined()
    assert served.fake.settle()
    payloads = [json.loads(body) for body, _ in site.got[1:]]
    old = next(p for p in payloads if p["type"] == "customer.subscription.created")
    assert old["api_version"] == "2020-08-27"
    assert "current_period_end" in old["data"]["object"]


def test_webhooks_arrive_by_themselves_and_verify(served: Shop, site: Site) -> None:
    served.joined()
    assert served.fake.settle()
    kinds = [stripe.Webhook.construct_event(body, signature, SECRET).type for body, signature in site.got]
    assert "checkout.session.completed" in kinds
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(site.got[0][0], site.got[0][1], "whsec_other")


def test_a_refused_webhook_is_sent_again(served: Shop, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fakestripe.webhooks.PAUSES", (0.3, 0.3))
    served.fake.settle()
    site.got.clear()
    site.status = 500
    served.v1.customers.create({"email": "again@example.org"})
    assert served.fake.settle()
    site.status = 200
    deadline = time.monotonic() + 5
    while len(site.got) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len({json.loads(body)["id"] for body, _ in site.got}) == 1
    assert len(site.got) == 2


def test_a_dropped_webhook_stays_lost_until_resent(served: Shop, site: Site) -> None:
    served.fake.settle()
    site.got.clear()
    served.fake.arrange_next("drop")
    served.joined()
    served.fake.settle()
    assert site.got == []
    browse(served.fake, "/control", {"act": "resend"})
    assert served.fake.settle()
    assert b"checkout.session.completed" in b"".join(body for body, _ in site.got)


def test_the_first_endpoint_made_for_the_sites_address_is_the_one_it_was_started_with(served: Shop, site: Site) -> None:
    wanted = {"url": site.hook, "enabled_events": ["invoice.paid"], "api_version": stripe.api_version}
    made = served.v1.webhook_endpoints.create(wanted)
    assert made.secret == SECRET
    assert [each.id for each in served.v1.webhook_endpoints.list().data] == [made.id]
    assert "secret" not in served.v1.webhook_endpoints.retrieve(made.id)
    assert served.v1.webhook_endpoints.create(wanted).id != made.id
