"""Addresses that are none, thrown away, or written in another script."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from members.letters.joining import addresses
from members.models import Letter, LetterSubscription

HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
NONE = ("", "a@b", "a b@example.org", "a@@example.org", "a@b@example.org", "x" * 300 + "@example.org",
        "a@exa\x00mple.org",
        "a@" + "b" * 300 + ".org", "@example.org", "a@..", "a@example.org\nBcc: b@example.org")  # fmt: skip


def test_what_is_no_address_is_refused_and_roles_are_fine() -> None:
    assert [each for each in NONE if not addresses.refusal(each)] == []
    good = ("info@example.org", " Ann@Example.ORG ", "ann@bücher.example", "ann@пошта.укр", "o'neil+news@example.org")
    assert [each for each in good if addresses.refusal(each)] == []
    assert addresses.plain(" Ann@BÜCHER.example ") == "Ann@xn--bcher-kva.example"


def test_mailboxes_thrown_away_are_refused_with_their_subdomains_unless_excepted(settings: Any) -> None:
    thrown = ("a@mailinator.com", "a@x.y.MAILINATOR.com")
    assert all("thrown away" in addresses.refusal(each) for each in thrown)
    assert not addresses.refusal("a@notmailinator-at-all.com")
    settings.LETTERS_TAKE_DOMAINS = frozenset(["mailinator.com"])
    assert not any(addresses.refusal(each) for each in thrown)


@pytest.mark.django_db
def test_both_forms_refuse_them_only_where_a_letter_is_asked_for(client: Client) -> None:
    cache.clear()
    Letter.objects.create(slug="daily", name="The Daily", is_default=True)
    for path in ("/letters/choose/", "/letters/discover/"):
        answer = client.post(path, {"letter": "daily", "email": "a@mailinator.com"}, **HERE)
        assert (answer.status_code, "thrown away" in answer.content.decode()) == (422, True)
    assert client.post("/letters/discover/", {"email": "a@mailinator.com"}, **HERE).status_code == 303
    assert not LetterSubscription.objects.exists()
