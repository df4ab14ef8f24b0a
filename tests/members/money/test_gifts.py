"""A gift from its giver's side: the receipt, the code's fate, the reminder, and codes typed wrong."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from members.letters.sending import mailings
from members.models import Gift, Mailing
from members.money import jobs
from members.money.desk import mending
from members.money.desk.pages import StepError
from members.money.giving import gifts
from members.money.giving.bought import bought_by
from newsroom import erasing
from tests.factories import MemberFactory
from tests.members.money.test_giving import bought, code
from tests.members.money.till import SAME_ORIGIN, Till

WRONG = {"code": "AAAA-BBBB-CCCC-DDDD"}


def sent(key: str) -> mail.EmailMultiAlternatives:
    """The mail with this key, sent."""
    mailings.send(Mailing.objects.get(key=key))
    message = mail.outbox[-1]
    assert isinstance(message, mail.EmailMultiAlternatives)
    return message


def test_the_giver_gets_a_receipt_that_names_amount_and_fate_but_no_code(till: Till, client: Client) -> None:
    gift = bought(till, client)
    message = sent(f"receipt-gift-{gift.pk}")
    assert message.to == ["giver@example.org"]
    assert "You paid 30\u00a0€ for a gift: 3 months" in message.body
    assert "went to friend@example.org just now" in message.body
    assert code(gift) not in message.body


def test_without_a_recipient_the_receipt_carries_the_code_and_nobody_else_is_written_to(
    till: Till, client: Client
) -> None:
    gift = bought(till, client, recipient_email="")
    message = sent(f"receipt-gift-{gift.pk}")
    assert code(gift) in message.body
    assert code(gift) in str(message.alternatives[0][0])
    assert Mailing.objects.filter(template="members/gift_code").count() == 0
    assert gift.delivered_at is not None


def test_a_day_to_come_is_in_the_receipt_and_the_year_begins_with_it(till: Till, client: Client) -> None:
    day = timezone.localdate() + timedelta(days=300)
    gift = bought(till, client, deliver_on=day.isoformat())
    assert "goes to friend@example.org on 30 August 2027" in sent(f"receipt-gift-{gift.pk}").body
    assert gift.deliver_at
    assert gift.expires_at == gift.deliver_at + gifts.KEPT_FOR


def test_a_day_without_an_address_is_explained(till: Till, client: Client) -> None:
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    fields = {"tier": "tier-1", "months": "1", "email": "a@example.org", "deliver_on": day, "message": "Keep me"}
    text = client.post("/membership/gift/", fields, **SAME_ORIGIN).content.decode()
    assert "we need their address" in text
    assert "Keep me" in text


def test_an_unused_gift_is_remembered_once_a_week_before_it_expires(till: Till, client: Client) -> None:
    gift, own = bought(till, client), bought(till, Client(), recipient_email="")
    jobs.remind_of_gifts(0)
    assert till.mails("reminder-") == []
    till.clock.shift(timedelta(days=358, hours=1))
    jobs.remind_of_gifts(0)
    jobs.remind_of_gifts(0)
    keys = {f"reminder-gift-{gift.pk}": "friend@example.org", f"reminder-gift-{own.pk}": "giver@example.org"}
    assert dict(Mailing.objects.filter(key__startswith="reminder-").values_list("key", "email")) == keys
    assert code(gift) in sent(f"reminder-gift-{gift.pk}").body


@pytest.mark.parametrize("what", ["used", "refunded", "over"])
def test_nobody_is_reminded_of_a_gift_that_opens_nothing(till: Till, client: Client, what: str) -> None:
    gift = bought(till, client)
    if what == "used":
        gifts.redeem(code(gift), by=MemberFactory(), now=timezone.now())
    if what == "refunded":
        till.fake.client().v1.refunds.create({"payment_intent": gift.payment.payment_intent})
        till.deliver()
    till.clock.shift(timedelta(days=366 if what == "over" else 360))
    assert gifts.remind_due(timezone.now()) == 0


def test_a_giver_sees_their_gifts_and_what_became_of_them(till: Till, client: Client) -> None:
    giver = MemberFactory()
    client.force_login(giver)
    sent_on, own = bought(till, client), bought(till, client, recipient_email="")
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    bought(till, client, deliver_on=day)
    bought(till, Client())
    gifts.redeem(code(sent_on), by=MemberFactory(), now=timezone.now())
    found = bought_by(giver, now=timezone.now())
    assert [each.words for each in found] == [
        "Goes to friend@example.org on 12 November.", "Not used yet; good until 3 November 2027.",
        "Used on 3 November.",
    ]  # fmt: skip
    assert [each.code for each in found] == ["", code(own), ""]
    gone = bought_by(giver, now=timezone.now() + timedelta(days=400))
    assert gone[1].words == "Never used; it was good until 3 November 2027."
    assert gone[1].code == ""


def test_ten_wrong_codes_make_the_whole_network_rest(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    for _try in range(10):
        client.post("/membership/redeem/", WRONG, **SAME_ORIGIN)
    gift, other = bought(till, Client()), Client()
    other.force_login(MemberFactory())
    answer = other.post("/membership/redeem/", {"code": code(gift)}, **SAME_ORIGIN)
    assert "often" in answer.content.decode()
    assert code(gift) in answer.content.decode()
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    elsewhere.force_login(MemberFactory())
    assert "It is yours" in elsewhere.post("/membership/redeem/", {"code": code(gift)}, **SAME_ORIGIN).content.decode()


def test_right_codes_are_not_counted_against_anybody(till: Till, client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)
    for _try in range(12):
        gift = bought(till, Client(REMOTE_ADDR=f"203.0.113.{_try + 1}"))
        assert "It is yours" in client.post("/membership/redeem/", {"code": code(gift)}, **SAME_ORIGIN).content.decode()
    assert Gift.objects.filter(redeemed_by=member).count() == 12


def test_a_gift_of_ones_own_can_be_used(till: Till, client: Client) -> None:
    giver = MemberFactory()
    client.force_login(giver)
    gift = bought(till, client, recipient_email="")
    gifts.redeem(code(gift), by=giver, now=timezone.now())
    assert till.rank(giver) == 2


def test_stripe_down_keeps_what_was_typed(till: Till, client: Client) -> None:
    till.fake.down(1)
    fields = {
        "tier": "tier-2", "months": "12", "email": "a@example.org", "recipient_email": "b@example.org",
        "giver_name": "Ann", "message": "Happy birthday",
    }  # fmt: skip
    text = client.post("/membership/gift/", fields, **SAME_ORIGIN).content.decode()
    assert "does not answer" in text
    for typed in ("a@example.org", "b@example.org", "Ann", "Happy birthday"):
        assert typed in text


def test_a_receipt_that_was_lost_is_sent_again_with_its_code(till: Till, client: Client) -> None:
    gift = bought(till, client, recipient_email="", deliver_on="")
    manager, now = MemberFactory(), timezone.now()
    assert "giver@example.org" in mending.send_code(gift, by=manager, now=now)
    assert code(gift) in sent(f"receipt-gift-{gift.pk}-again-{now:%Y%m%d%H}").body
    with pytest.raises(StepError, match="within this hour"):
        mending.send_code(gift, by=manager, now=now)


def test_erasing_the_giver_takes_their_name_out_of_every_letter_about_the_gift(till: Till, client: Client) -> None:
    giver = MemberFactory()
    client.force_login(giver)
    gift = bought(till, client, giver_name="Aunt Solvei")
    mending.send_code(gift, by=MemberFactory(), now=timezone.now())
    assert Mailing.objects.filter(context__giver="Aunt Solvei").count() == 2
    erasing.erase(giver, now=timezone.now())
    assert not Mailing.objects.filter(context__giver="Aunt Solvei").exists()
