"""The desk's page of a letter: sections by name, a sentence for what cannot be together, who loses what."""

from datetime import datetime

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from members.models import AuditEntry, Letter, LetterSubscription
from tests.articles.test_desk import signed_in
from tests.factories import Cast, SectionFactory

pytestmark = pytest.mark.django_db
FIELDS = {
    "name": "The Daily", "slug": "daily", "audience": "everyone", "position": "0", "carries": "teaser",
    "digest": "none", "digest_weekday": "1", "digest_most": "10", "is_active": "on",
}  # fmt: skip


def test_a_letter_is_made_refused_with_sentences_and_stopped_with_a_number(now: datetime, cast: Cast) -> None:
    client: Client = signed_in(cast.publisher)
    section = SectionFactory()
    add = "/admin/members/letter/add/"
    assert section.name in client.get(add).content.decode()
    for wrong, says in (
        ({"digest": "daily"}, "at what time"),
        ({"slug": "mine"}, "the site itself uses"),
        ({"audience": "patrons", "is_default": "on"}, "shown to strangers"),
        ({"section_ids": "999999"}, "not one of the available choices"),
    ):
        assert says in client.post(add, {**FIELDS, **wrong}).content.decode()
    assert client.post(add, {**FIELDS, "section_ids": str(section.pk)}).status_code == 302
    letter = Letter.objects.get()
    assert letter.section_ids == [section.pk]
    LetterSubscription.objects.create(letter=letter, email="a@example.org", confirmed_at=now)
    answer = client.post(f"/admin/members/letter/{letter.pk}/change/", {**FIELDS, "is_active": ""})
    told = [str(each) for each in get_messages(answer.wsgi_request)]
    assert any("One person gets this letter" in each for each in told), told
    assert "is_active" in AuditEntry.objects.filter(verb="change").latest("pk").changes
