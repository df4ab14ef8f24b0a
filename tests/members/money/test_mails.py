"""Every mail of money, as it reaches people."""

from html import unescape

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from members.letters.sending import mailings
from members.models import Mailing, Terms
from members.money.keeping import reminders
from newsroom.mail import compose
from tests.factories import MemberFactory
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
    gift = bought(till, client, giver_name="Ann <b> O'Neil", message="For <you> & yours")
    message = sent("gift-")
    assert code(gift) in message.body
    assert message.subject.startswith("A gift from Ann <b> O'Neil: ")
    assert "For <you> & yours" in message.body
    assert "For &lt;you&gt; &amp; yours" in message.alternatives[0][0]


EVERY = {
    "site_name": "The Lantern", "amount": "5 €", "deal": "5 € a month", "tier": "Friend", "on": "3 November",
    "until": "3 December", "renews_on": "3 December", "ends_on": "3 December", "ended_on": "3 December",
    "from_day": "3 December", "until_tier": "Patron", "open_until": "3 December", "resumes_on": "3 January",
    "next_amount": "4 €", "discount": "SPRING: 20 % off", "last4": "4242", "refunded": "2 €", "paid_on": "3 May",
    "hosted_url": "https://invoice.example.org/1", "free_until": "", "terms": "2026-11", "accepted_at": "today",
    "has_card": True, "ends": True, "is_trial": False, "is_unpaid": False, "is_whole": False, "is_open": True,
}  # fmt: skip
LIFE = (
    "welcome", "payment_failed", "payment_confirm", "payment_mended", "card_expiring", "trial_ending", "renewal_soon",
    "cancelled", "undone", "paused", "resumed", "rests", "plan_changed", "refunded", "ended", "checkout_failed",
    "donation_thanks",
)  # fmt: skip


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", LIFE)
@pytest.mark.parametrize("turned", [False, True])
def test_every_mail_of_a_membership_says_the_same_in_text_and_html(db: None, name: str, turned: bool) -> None:
    turn = {"has_card": False, "free_until": "3 December", "from_day": "", "is_trial": True, "is_unpaid": True,
            "is_whole": True, "ends": False, "discount": "", "terms": ""}  # fmt: skip
    context: dict[str, object] = EVERY | (turn if turned else {})
    message = compose(f"members/{name}", to="a@example.org", context=context)
    assert message.subject
    assert "{" not in message.body + message.subject
    html = words(unescape(strip_tags(str(message.alternatives[0][0]))))  # type: ignore[attr-defined]
    for paragraph in str(message.body).split("\n\n")[:-1]:
        assert words(paragraph.partition("\nhttp")[0]) in html, paragraph


def test_a_mail_speaks_its_readers_language_and_names_no_card_number(till: Till) -> None:
    member = till.patron()
    till.fake.set_card(till.subscription(member).customer.stripe_id, expires="2026-11")
    till.deliver()
    till.clock.shift(14 * 86_400)
    reminders.remind(timezone.now())
    message = sent("card-")
    assert "ends in 4242 is good until 30 November 2026" in words(message.body)


def test_the_welcome_names_the_terms_that_were_accepted_and_when(till: Till) -> None:
    member = MemberFactory()
    terms = Terms.objects.create(version="2026-11", text="Fair.", in_force_from=timezone.now())
    session = till.join(member)
    member.attempts.update(terms=terms, accepted_at=timezone.now())
    till.fake.pay(session)
    till.deliver()
    message = sent("welcome-")
    assert "version 2026-11, on 3 November 2026, 13:00" in words(message.body)
    assert "/membership/terms/?version=2026-11" in message.body
    assert "/membership/terms/?version=2026-11" in str(message.alternatives[0][0])


def test_a_gifts_code_is_forgotten_once_it_was_sent(till: Till, client: Client) -> None:
    gift = bought(till, client)
    assert Mailing.objects.get(key=f"gift-{gift.pk}").context["code"]
    message = sent(f"gift-{gift.pk}")
    kept = Mailing.objects.get(key=f"gift-{gift.pk}")
    assert "code" not in kept.context
    assert code(gift) in message.body
    assert code(gift) not in str(kept.context)
