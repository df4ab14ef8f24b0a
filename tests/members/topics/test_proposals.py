"""From a proposal to a ballot: who proposes, what the newsroom does with it, what is frozen."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from members.models import Round, Topic
from members.topics.loop import proposals
from tests.members.topics.conftest import WEEK

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def test_proposal_waits_for_the_newsroom(client: Client, cast: Any) -> None:
    fields = {"title": "Хто доглядає за набережною?", "case": "Бо вона тоне."}
    assert client.post("/topics/propose/", fields, **HERE).status_code == 200
    assert not Topic.objects.exists()
    client.force_login(cast.patron)
    assert client.post("/topics/propose/", {"title": "x", "case": "y"}, **HERE).status_code == 422
    assert client.post("/topics/propose/", fields, **HERE)["Location"] == "/topics/propose/?thanks"
    found = Topic.objects.get()
    assert (found.status, found.proposed_by) == (Topic.Status.PROPOSED, cast.patron)
    assert client.get(found.get_absolute_url()).status_code == 200, "who proposed it follows it"
    assert Client().get(found.get_absolute_url()).status_code == 404


def test_options_are_frozen_once_the_round_opens(vote: Round, now: datetime, cast: Any) -> None:
    idea = proposals.propose(cast.patron, title="Where did the herring go?", case="", now=now)
    with pytest.raises(proposals.TopicError):
        proposals.admit(idea, vote, by=cast.editor, now=now)
    later = Round.objects.create(slug="summer", question="And then?", opens_at=now + WEEK, closes_at=now + 2 * WEEK)
    proposals.admit(idea, later, by=cast.editor, now=now)
    with pytest.raises(proposals.TopicError):
        proposals.decline(idea, reason=" ", by=cast.editor, now=now)
    assert idea.options.get().round == later


def test_steps_on_the_desk_are_posts_with_permission_and_reasons(client: Client, now: datetime, cast: Any) -> None:
    idea = proposals.propose(cast.patron, title="Where did the herring go?", case="", now=now)
    Round.objects.create(slug="summer", question="And then?", opens_at=now + WEEK, closes_at=now + 2 * WEEK)
    address = f"/admin/members/topic/{idea.pk}/do"
    client.force_login(cast.writer)
    assert client.post(f"{address}/admit/", {"round": "summer"}).status_code == 403
    client.force_login(cast.editor)
    assert client.get(f"{address}/admit/").status_code == 405
    assert client.get(f"/admin/members/topic/{idea.pk}/change/").status_code == 200
    client.post(f"{address}/admit/", {"round": "summer"})
    idea.refresh_from_db()
    assert idea.status == Topic.Status.IN_VOTE
    client.post(f"{address}/decline/", {"reason": " "})
    idea.refresh_from_db()
    assert idea.status == Topic.Status.IN_VOTE
    client.post(f"{address}/assign/", {"to": cast.writer.email, "due_on": "2026-13-40"})
    client.post(f"{address}/decline/", {"reason": "We did it in May."})
    idea.refresh_from_db()
    assert (idea.status, idea.decline_reason) == (Topic.Status.DECLINED, "We did it in May.")
    assert "We did it in May." in client.get(idea.get_absolute_url()).content.decode()
