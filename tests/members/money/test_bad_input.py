"""What no form of ours would send: a sentence or a plain refusal, never a broken page, and nothing half done."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from members.models import CheckoutAttempt, Member, StripeCustomer
from members.typed import typed
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory
from tests.members.money.till import SAME_ORIGIN, Till

NUL = "\x00"


@pytest.fixture
def manager(till: Till) -> Client:
    """A membership manager's browser."""
    client = Client()
    client.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    return client


def test_what_is_typed_is_cut_trimmed_and_without_nul() -> None:
    assert typed({"q": f" a{NUL}b "}, "q") == "ab"
    assert typed({"q": "a" * 300}, "q") == "a" * 255
    assert typed({}, "q") == ""


@pytest.mark.parametrize("name", ["tier", "interval", "currency"])
def test_a_nul_in_the_choice_of_a_price_is_a_choice_we_do_not_offer(till: Till, client: Client, name: str) -> None:
    fields = {"tier": "tier-1", "interval": "month", name: f"x{NUL}"}
    answer = client.post("/membership/join/", fields, **SAME_ORIGIN)
    assert answer.status_code == 422
    assert "not offered any more" in answer.content.decode()


@pytest.mark.parametrize("back", [f"/a{NUL}b/", "/" + "a" * 600, "/a\r\nSet-Cookie: a=b"])
def test_a_way_back_that_cannot_be_kept_is_forgotten_and_paying_goes_on(till: Till, client: Client, back: str) -> None:
    client.force_login(MemberFactory())
    fields = {"price": till.price().pk, "next": back}
    assert client.post("/membership/join/", fields, **SAME_ORIGIN).status_code == 303
    assert client.post("/membership/support/", {"amount": "500", "next": back}, **SAME_ORIGIN).status_code == 303
    assert list(CheckoutAttempt.objects.values_list("return_path", flat=True)) == ["", ""]


@pytest.mark.parametrize(("path", "name"), [("support", "email"), ("gift", "email"), ("gift", "recipient_email")])
def test_an_address_longer_than_we_keep_is_explained(till: Till, client: Client, path: str, name: str) -> None:
    label = "a" * 60
    fields = {"amount": "500", "tier": "tier-1", "months": "1", "email": "a@example.org"}
    fields[name] = f"{label}@{label}.{label}.{label}.{label}.example.org"
    answer = client.post(f"/membership/{path}/", fields, **SAME_ORIGIN)
    assert answer.status_code == 200
    assert "at most 254 characters" in answer.content.decode()
    assert not CheckoutAttempt.objects.exists()


@pytest.mark.parametrize("session", [NUL, f"cs_{NUL}", "cs_" + "a" * 900])
def test_a_session_nobody_made_is_unknown(till: Till, client: Client, session: str) -> None:
    client.force_login(MemberFactory())
    answer = client.get("/membership/welcome/", {"session_id": session})
    assert answer.status_code == 200
    assert "We do not know this payment" in answer.content.decode()


def test_a_patron_whose_customer_cannot_be_charged_reads_a_sentence(till: Till, client: Client) -> None:
    member = till.patron()
    StripeCustomer.objects.update(superseded_at=timezone.now())
    client.force_login(member)
    answer = client.post("/membership/join/", {"price": till.price().pk}, **SAME_ORIGIN)
    assert answer.status_code == 422
    assert "nothing to manage yet" in answer.content.decode()


def test_a_patron_who_joins_again_while_the_portal_does_not_answer_reads_a_sentence(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    with till.fake.hold("POST /v1/billing_portal/sessions"):
        answer = client.post("/membership/join/", {"price": till.price().pk}, **SAME_ORIGIN)
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.content.decode()


@pytest.mark.parametrize("text", [NUL, f"a@b{NUL}", f"evt_{NUL}", "a" * 5000, "٣", "%", "_"])
def test_the_money_desk_takes_any_text(manager: Client, text: str) -> None:
    assert manager.get(reverse("admin:members_money"), {"q": text}).status_code == 200


@pytest.mark.parametrize("cursor", [f"1.audit.{NUL}", "99999999999999999.audit.1", "1.nothing.1", "٣.audit.1"])
def test_a_timeline_takes_any_cursor(manager: Client, cursor: str) -> None:
    member: Member = MemberFactory()
    address = reverse("admin:members_member_money", args=[member.pk])
    assert manager.get(address, {"before": cursor}).status_code == 200


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("members_money_ask", {"q": f"{NUL}@a"}),
        ("members_money_ask", {"q": "x"}),
        ("members_money_link", {"email": NUL, "customer": "cus_x"}),
        ("members_money_link", {"email": "nobody@example.org", "customer": f"cus_{NUL}"}),
    ],
)
def test_verbs_of_the_money_desk_answer_nonsense_with_a_sentence(
    manager: Client, name: str, fields: dict[str, Any]
) -> None:
    answer = manager.post(reverse(f"admin:{name}"), fields, follow=True)
    assert answer.status_code == 200
    assert [str(message) for message in answer.context["messages"]]


def test_merging_with_nonsense_finds_nobody(manager: Client) -> None:
    address = reverse("admin:members_member_merge", args=[MemberFactory().pk])
    assert manager.get(address, {"with": f"a{NUL}"}).status_code == 404
    assert manager.get(address, {"with": "9" * 30}).status_code == 404
