"""Joining: from the form to the open story, whoever speaks first."""

from django.test import Client

from members.models import CheckoutAttempt, Subscription
from tests.factories import MemberFactory
from tests.members.money.till import SAME_ORIGIN, Till


def test_fault_01_welcome_page_opens_before_any_webhook(till: Till, client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)
    answer = client.post("/membership/join/", {"price": till.price().pk, "next": "/2026/11/03/a-story/"}, **SAME_ORIGIN)
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{till.fake.url}/c/pay/")
    session = CheckoutAttempt.objects.get().session_id
    till.fake.pay(session)
    back = client.get("/membership/welcome/", {"session_id": session})
    assert (back.status_code, back["Location"]) == (302, "/2026/11/03/a-story/#continue")
    assert till.has_access(member)
    grants = list(member.grants.values_list("starts_at", "ends_at", "source"))
    till.deliver()
    assert list(member.grants.values_list("starts_at", "ends_at", "source")) == grants
    assert till.mails("welcome-") == [f"welcome-{Subscription.objects.get().stripe_id}"]
    assert set(till.statuses()) <= {"done", "ignored"}


def test_fault_02_patron_never_returns_from_checkout(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    assert not till.has_access(member)
    till.deliver()
    assert till.has_access(member)
    assert till.payment(member).amount == 500
    assert CheckoutAttempt.objects.get().status == "done"
    assert len(till.mails("welcome-")) == 1
