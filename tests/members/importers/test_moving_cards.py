"""Asking patrons who pay elsewhere to move their card: when the desk presses, once each."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from members.letters.sending import suppression
from members.models import AuditEntry, Complimentary, Mailing, Member, StripeCustomer, Subscription
from members.money.giving import elsewhere
from tests.factories import Cast, MemberFactory, TierFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/members/money/elsewhere/"


def patron(email: str, now: datetime, **fields: Any) -> Complimentary:
    """Somebody who pays at Patreon and reads here for a month more."""
    member: Member = MemberFactory(email=email)
    tier = TierFactory(slug="tier-1", name="Tier 1", rank=1)
    given = {"kind": "elsewhere", "legacy_key": f"patreon-{member.pk}", "ends_at": now + timedelta(days=30), **fields}
    return Complimentary.objects.create(member=member, tier=tier, starts_at=now - timedelta(days=1), **given)


def test_a_press_asks_each_patron_once_and_spares_who_pays_here_or_wants_no_mail(
    now: datetime, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(cast.manager)
    assert "Nobody reads here who pays elsewhere." in client.get(PAGE).content.decode()
    for place in range(3):
        patron(f"p{place}@example.org", now)
    patron("over@example.org", now, ends_at=now - timedelta(hours=1))
    patron("friend@example.org", now, kind="complimentary")
    patron("spared@example.org", now)
    suppression.suppress("spared@example.org", "asked", now=now)
    moved = patron("moved@example.org", now)
    customer = StripeCustomer.objects.create(member=moved.member, stripe_id="cus_1")
    Subscription.objects.create(customer=customer, stripe_id="sub_1", status="active", started_at=now, fetched_at=now)
    monkeypatch.setattr(elsewhere, "AT_ONCE", 2)
    figures = elsewhere.figures(now)
    assert (figures.reading, figures.waiting, figures.spared, figures.asked, figures.paying_twice) == (5, 3, 1, 0, 1)
    shown = client.get(PAGE).content.decode()
    assert "Ask 2 patrons by mail" in shown
    assert "Press again for the others" in shown
    assert "As p0@example.org will read it" in shown
    assert not Mailing.objects.exists()  # a look asks nobody
    told = [client.post(PAGE, follow=True).content.decode() for _press in range(3)]
    assert "2 patrons are asked by mail" in told[0]
    assert "1 patron is asked by mail" in told[1]
    assert "Nobody is left to be asked" in told[2]
    mails = Mailing.objects.order_by("pk").values_list("email", "context__platform")
    assert list(mails) == [(f"p{place}@example.org", "Patreon") for place in range(3)]
    entries = AuditEntry.objects.filter(verb="invite to move the card", by=cast.manager)
    assert [entry.changes for entry in entries.order_by("pk")] == [{"invited": [0, 2]}, {"invited": [0, 1]}]


def test_the_button_of_one_patron_is_there_once(now: datetime, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.manager)
    row, friend = patron("p@example.org", now), patron("f@example.org", now, kind="complimentary")
    button = reverse("admin:members_complimentary_do", args=[row.pk, "invite"])
    assert button in client.get(reverse("admin:members_complimentary_change", args=[row.pk])).content.decode()
    assert client.post(button).status_code == 303
    assert client.post(button).status_code == 403  # asked already
    assert client.post(button.replace(f"/{row.pk}/", f"/{friend.pk}/")).status_code == 403
    assert Mailing.objects.get().email == "p@example.org"
    client.force_login(cast.editor)
    assert client.post(PAGE).status_code == 403
