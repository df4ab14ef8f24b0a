"""The desk's page of a round: changed until it opens and no longer, whatever form was open; ballots are a number."""

import json
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from members.models import AuditEntry, Complimentary, Grant, Round
from members.topics.rounds import closing, voting
from tests.factories import MemberFactory, make_option, make_patron
from tests.members.topics.conftest import WEEK, keys

pytestmark = pytest.mark.django_db
DAY, LIST = timedelta(days=1), "/admin/members/round/"


def page(client: Client, round_: Round) -> str:
    return unescape(client.get(f"{LIST}{round_.pk}/change/").content.decode())


def form(opens_at: datetime, closes_at: datetime, **fields: Any) -> dict[str, Any]:
    """What the form sends."""
    opens, closes = timezone.localtime(opens_at), timezone.localtime(closes_at)
    return {
        "question": "And then?", "slug": "summer", "explanation": "", "choices_per_ballot": 3, "winners": 1,
        "days_held": 14, "tally": "at_close", "tie_rule": "earliest",
        "opens_at_0": f"{opens:%Y-%m-%d}", "opens_at_1": f"{opens:%H:%M}",
        "closes_at_0": f"{closes:%Y-%m-%d}", "closes_at_1": f"{closes:%H:%M}", **fields,
    }  # fmt: skip


@pytest.fixture
def publisher(client: Client, cast: Any) -> Client:
    client.force_login(cast.publisher)
    return client


def test_a_form_opened_before_the_opening_and_sent_after_it_is_refused(publisher: Client, now: datetime) -> None:
    answer = publisher.post(f"{LIST}add/", form(now + DAY, now + WEEK), follow=True)
    assert "with fewer, readers see no ballot" in unescape(answer.content.decode())
    made = Round.objects.get()
    address = f"{LIST}{made.pk}/change/"
    assert "0: no ballot yet" in publisher.get(LIST).content.decode()
    assert "with fewer, readers see no ballot" in page(publisher, made)
    for name in ("Quays", "Rents"):
        make_option(made, name)
    assert 'name="question"' in page(publisher, made)
    publisher.post(address, form(now + DAY, now + 2 * WEEK, question="And now?"))
    made.refresh_from_db()
    assert (made.question, made.closes_at) == ("And now?", now + 2 * WEEK)
    with time_machine.travel(now + DAY, tick=False):
        answer = publisher.post(address, form(now + 2 * DAY, now + 3 * WEEK, question="Another?"))
        assert "This vote opened meanwhile" in unescape(answer.content.decode())
        assert 'name="question"' not in page(publisher, made)
    made.refresh_from_db()
    assert (made.question, made.opens_at, made.closes_at) == ("And now?", now + DAY, now + 2 * WEEK)
    Round.objects.update(opens_at=now - DAY)
    made.options.first().delete()  # one option: it asked nobody anything, and may be put right
    publisher.post(address, form(now + DAY, now + WEEK, question="Once more?"))
    made.refresh_from_db()
    assert (made.question, made.opens_at) == ("Once more?", now + DAY)


def test_bad_fields_get_sentences(publisher: Client, vote: Round, now: datetime) -> None:
    odd: tuple[tuple[dict[str, Any], str], ...] = (
        (form(now + DAY, now + DAY), "It closes before it opens."),
        (form(now - DAY, now + DAY), "It has to open later than now"),
        (form(now + DAY, now + WEEK, choices_per_ballot=21), "From 1 to 20, please."),
        (form(now + DAY, now + WEEK, choices_per_ballot=0), "From 1 to 20, please."),
        (form(now + DAY, now + WEEK, winners=0), "From 1 to 20, please."),
        (form(now + DAY, now + WEEK, days_held=400), "From 0 to 366, please."),
        (form(now + DAY, now + WEEK, slug="spring"), "Another round has this address."),
        (form(now + DAY, now + WEEK, slug="Хто?"), "small letters, digits and hyphens."),
        (form(now + DAY, now + WEEK, opens_at_0="never"), "Enter a valid date"),
    )
    for fields, sentence in odd:
        answer = publisher.post(f"{LIST}add/", fields)
        assert sentence in unescape(answer.content.decode()), fields
    assert Round.objects.count() == 1
    Round.objects.update(opens_at=now + DAY)
    fields = form(now + DAY, now + WEEK, winners=5)
    answer = publisher.post(f"{LIST}{vote.pk}/change/", fields)
    assert "There are 4 options on the ballot" in unescape(answer.content.decode())


def test_ballots_are_a_number_and_the_result_says_what_does_not_count(
    publisher: Client, vote: Round, now: datetime, cast: Any
) -> None:
    leaver = make_patron(MemberFactory(email="leaver@example.org", name="Lee Leaver"))
    for member in (cast.patron, leaver):
        voting.cast_ballot(vote, member, keys("Rents"), now=now)
    shown = page(publisher, vote)
    assert "2 ballots cast." in shown
    assert "hidden until the close, from the newsroom too" in shown
    assert "7 days left" in shown
    assert shown.index("Quays") < shown.index("Lunches") < shown.index("Rents")
    export = f"{LIST}{vote.pk}/export/"
    assert publisher.get(export)["Location"] == f"{LIST}{vote.pk}/change/"
    Complimentary.objects.filter(member=leaver).update(ends_at=vote.closes_at)
    Grant.objects.rebuild(leaver)
    with time_machine.travel(vote.closes_at, tick=False):
        closing.close_round(vote, now=vote.closes_at)
        publisher.force_login(cast.publisher)
        shown += page(publisher, vote)
        answer = publisher.get(export)
    assert "1 ballot counts. 1 does not: No patron at the close." in shown
    assert "Rents · Chosen" in shown
    assert "nobody was told yet" in shown
    assert json.loads(answer.content)["ballots"] == [["rents"]]
    told = [*AuditEntry.objects.values_list("subject_name", "reason", "changes", "verb")]
    for secret in (leaver.email, leaver.name, cast.patron.email, cast.patron.name):
        assert secret not in shown + answer.content.decode() + str(told)
