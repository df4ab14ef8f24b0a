"""News about money for the staff: whoever asked, while they may see it, once, and never a card."""

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.letters.sending import mailings
from members.models import Mailing, Member, MoneyNotice
from members.money.notices import KINDS, tell_staff
from newsroom.groups import EDITORS, MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/members/money/notices/"


def wanting(group: str = MEMBERSHIP_MANAGERS, **fields: Any) -> Member:
    """Somebody who asked to hear of everything."""
    person: Member = MemberFactory(group=group, **fields)
    MoneyNotice.objects.create(member=person, on_join=True, on_cancel=True, on_failed=True, on_gift=True)
    return person


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_asked_gets_one_mail_a_thing_that_happens(kind: str) -> None:
    one, two = wanting(), wanting()
    MemberFactory(group=MEMBERSHIP_MANAGERS)
    for _repeat in range(2):
        tell_staff(kind, "sub_1", {"name": "Ada", "amount": "5 €"})
    tell_staff(kind, "sub_2", {"name": "Grace"})
    assert sorted(row.member_id or 0 for row in Mailing.objects.all()) == sorted([one.pk, two.pk] * 2)


def test_a_box_not_ticked_is_silence() -> None:
    person = wanting()
    MoneyNotice.objects.update(on_cancel=False)
    assert tell_staff("cancel", "x", {"name": "Ada"}) == 0
    assert tell_staff("join", "x", {"name": "Ada"}) == 1
    assert Mailing.objects.get().member == person


def test_whoever_may_not_see_money_any_more_hears_nothing() -> None:
    wanting(is_active=False)
    wanting(EDITORS)
    gone = wanting()
    Member.objects.filter(pk=gone.pk).update(is_staff=False)
    chief = wanting(EDITORS, is_superuser=True)
    assert tell_staff("join", "x", {"name": "Ada"}) == 1
    assert Mailing.objects.get().member == chief


def test_a_mail_never_carries_more_than_the_desk_shows() -> None:
    wanting()
    tell_staff(
        "cancel", "x", {"name": "Ada", "card": "4242", "comment": "You are all fools", "code": "ABCD", "url": "x"}
    )
    assert Mailing.objects.get().context == {"kind": "cancel", "name": "Ada"}


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        ("join", "Ada & Co joins", "became a patron. Tier: Friend. Amount: 5 €."),
        ("cancel", "Ada & Co leaves", "cancelled the membership."),
        ("failed", "A payment of Ada & Co failed", "did not go through."),
        ("gift", "Ada & Co gives", "gave something."),
    ],
)
def test_the_mail_says_who_and_what_in_text_and_html(kind: str, subject: str, words: str) -> None:
    wanting()
    tell_staff(kind, "x", {"name": "Ada & Co", "email": "ada@example.org", "tier": "Friend", "amount": "5 €"})
    mailings.send(Mailing.objects.get())
    message = mail.outbox[0]
    assert message.subject.startswith(subject)
    assert words in message.body
    assert "/admin/members/money/?q=ada%40example.org" in message.body
    assert PAGE in message.body
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]  # made with alternatives
    assert words in html.replace("&amp;", "&")


@pytest.mark.parametrize(
    ("kind", "told", "words"),
    [
        ("gift", {"gives": "donation", "amount": "5 €"}, "Somebody gave once. Amount: 5 €."),
        ("gift", {"gives": "gift", "email": "a@example.org"}, "a@example.org bought a membership for somebody."),
        ("cancel", {"name": "Ada", "reason": "switched_service"}, "Reason given: reads something else now."),
        ("failed", {"name": "Ada", "dispute": "disputed: lost"}, "A payment of Ada needs a look: disputed: lost."),
    ],
)
def test_the_mail_is_whole_whatever_is_known(kind: str, told: dict[str, Any], words: str) -> None:
    wanting()
    tell_staff(kind, "x", told)
    mailings.send(Mailing.objects.get())
    assert words in mail.outbox[0].body
    assert not mail.outbox[0].subject.startswith(" ")


def test_boxes_are_ticked_on_ones_own_page_and_nobody_elses() -> None:
    me, other = MemberFactory(group=MEMBERSHIP_MANAGERS), wanting()
    client = Client()
    client.force_login(me)
    assert "checked" not in client.get(PAGE).content.decode()
    assert not MoneyNotice.objects.filter(member=me).exists()  # looking makes no row
    answer = client.post(PAGE, {"on_failed": "on", "member": str(other.pk)})
    assert answer.status_code == 303
    row = MoneyNotice.objects.get(member=me)
    assert (row.on_join, row.on_cancel, row.on_failed, row.on_gift) == (False, False, True, False)
    assert MoneyNotice.objects.get(member=other).on_join
    client.post(PAGE, {})
    assert not MoneyNotice.objects.get(member=me).on_failed


def test_telling_nobody_costs_one_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert tell_staff("join", "x", {"name": "Ada"}) == 0
    assert len(queries) == 1
