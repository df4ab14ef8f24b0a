"""Consent: a line for each act, in the words and on the page of that day."""

from datetime import datetime

import pytest

from members.letters.joining import asking, links
from members.models import Consent, Letter, LetterSubscription
from newsroom import erasing, rights
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def acts() -> list[tuple[str, str]]:
    return list(Consent.objects.order_by("pk").values_list("act", "where"))


def test_every_act_leaves_one_line_and_acts_without_effect_none(now: datetime) -> None:
    letter = Letter.objects.create(slug="daily", name="The Daily")
    for _again in range(2):
        asking.ask(letter, "ann@example.org", asked_on="/letters/daily/", now=now)
    row = LetterSubscription.objects.get()
    token = links.confirm_link(row).rstrip("/").rpartition("/")[2]
    for _again in range(2):
        assert asking.confirm(row, token, now)
    for _again in range(2):
        asking.leave(row, now, where="/letters/leave/")
        asking.stop(row, because="It bounced", now=now)
    expected = [("asked", "/letters/daily/"), ("confirmed", "/letters/confirm/"), ("left", "/letters/leave/")]
    assert acts() == expected
    assert "The Daily" in Consent.objects.earliest("pk").wording


def test_consent_is_taken_along_and_goes_with_the_account_which_may_come_back(now: datetime, cast: Cast) -> None:
    letter = Letter.objects.create(slug="daily", name="The Daily")
    email = cast.member.email
    asking.join_confirmed(letter, cast.member, wording="Yes", asked_on="/", now=now)
    told = rights.export(cast.member)["consents to letters"]
    assert [(line["act"], line["wording"]) for line in told] == [("confirmed", "Yes")]
    erasing.erase(cast.member, now=now)
    assert not Consent.objects.exists()
    asking.ask(letter, email, asked_on="/letters/", now=now)
    assert acts() == [("asked", "/letters/")]
