"""Every mail of money, as it reaches people."""

import pytest
from django.core import mail
from django.test import Client

from members.letters import mailings
from members.models import Mailing
from tests.members.money.test_giving import bought, code
from tests.members.money.till import Till


def sent(start: str) -> mail.EmailMultiAlternatives:
    """The one mail whose key begins with `start`, sent."""
    mailings.send(Mailing.objects.get(key__startswith=start))
    message = mail.outbox[-1]
    assert isinstance(message, mail.EmailMultiAlternatives)
    return message


def test_a_new_patron_reads_what_renews_when_and_how_to_stop(till: Till) -> None:
    member = till.patron()
    message = sent("welcome-")
    assert message.to == [member.email]
    assert "5\u00a0€ a month, as Friend" in message.body
    assert "next payment is on 3 December" in message.body
    assert "stop at any time" in message.body
    assert "http://testserver/account/" in message.alternatives[0][0]


@pytest.mark.parametrize("how", ["declined", "action"])
def test_a_failed_payment_leads_to_the_invoice(till: Till, how: str) -> None:
    till.patron()
    till.fake.fail_next_renewal(how)
    till.advance(31)
    message = sent("failed-")
    assert f"{till.fake.url}/i/in_" in message.body
    assert "open until 17 December" in message.body


def test_a_gift_says_who_gave_it_and_escapes_what_they_wrote(till: Till, client: Client) -> None:
    gift = bought(till, client, giver_name="Ann <b>", message="For <you> & yours")
    message = sent("gift-")
    assert code(gift) in message.body
    assert "A gift from Ann" in message.subject
    assert "For <you> & yours" in message.body
    assert "For &lt;you&gt; &amp; yours" in message.alternatives[0][0]


def test_every_other_mail_renders(db: None) -> None:
    from newsroom.mail import compose

    context = {"site_name": "The Lantern", "amount": "5 €", "interval": "year", "tier": "Friend", "on": "3 November"}
    for name in ("payment_mended", "checkout_failed", "donation_thanks"):
        message = compose(f"members/{name}", to="a@example.org", context=dict(context))
        assert "The Lantern" in message.subject
        assert "{" not in message.body
