"""The record: who did what, when and why; found, read in words, and taken along as a file."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from members import staffing
from members.audit.words import line_of
from members.models import AuditEntry, MenuItem, SiteRules
from newsroom.groups import EDITORS, WRITERS
from tests.factories import Cast, MemberFactory, make_article

pytestmark = pytest.mark.django_db
LIST = reverse("admin:members_auditentry_changelist")
EXPORT = reverse("admin:members_auditentry_export")


@pytest.fixture
def desk(cast: Cast) -> Client:
    """The editor's browser, with a record to look at."""
    client = Client()
    client.force_login(cast.editor)
    return client


def noted(verb: str, cast: Cast, **fields: Any) -> AuditEntry:
    """An entry by the editor about the writer."""
    AuditEntry.objects.note(
        verb, by=fields.pop("by", cast.editor), subject=fields.pop("subject", cast.writer), **fields
    )
    return AuditEntry.objects.newest_first()[0]


def subjects(client: Client, **asked: str) -> list[str]:
    """What the list shows for this search."""
    return [f"{line.verb} {line.subject}" for line in client.get(LIST, asked).context["page"].lines]


def file_of(client: Client, **asked: str) -> list[list[str]]:
    """The rows of the file for this search."""
    answer = client.get(EXPORT, asked)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_every_decision_about_a_story_is_in_the_record_in_words(desk: Client, cast: Cast, now: datetime) -> None:
    story = make_article(headline="Bridge shut", status="draft", published_at=None, live_from=None, announced_at=None)
    publishing.publish(story, by=cast.editor, now=now)
    publishing.correct(story, by=cast.editor, now=now, stamp=True)
    publishing.withdraw(story, reason="Not the bridge", by=cast.publisher, now=now)
    assert subjects(desk, group="publishing") == [
        "withdrew Bridge shut",
        "corrected Bridge shut",
        "published Bridge shut",
    ]
    page = desk.get(LIST).content.decode()
    assert "Not the bridge" in page
    assert "Paula Publisher" in page


def test_rules_roles_and_access_are_in_the_record(desk: Client, cast: Cast, now: datetime) -> None:
    SiteRules.objects.create(pk=1)
    publisher = Client()
    publisher.force_login(cast.publisher)
    publisher.post(
        reverse("admin:members_menuitem_add"), {"place": "menu", "label": "About", "path": "/about/", "position": 1}
    )
    assert MenuItem.objects.exists()
    staffing.set_roles(cast.writer, to=[Group.objects.get(name=EDITORS)], by=cast.publisher, now=now)
    assert subjects(desk, group="rules") == ["added About"]
    assert subjects(desk, group="staff") == ["changed the roles of Wanda Writer"]
    assert subjects(desk, group="money") == []


def test_prices_and_tiers_are_in_the_record(desk: Client, cast: Cast, now: datetime) -> None:
    root = MemberFactory(is_staff=True, is_superuser=True)
    chief = Client()
    chief.force_login(root)
    rows = {"prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0}
    added = {"name": "Friend", "slug": "friend", "rank": 9, "is_active": "on", "trial_days": 0, **rows}
    answer = chief.post(reverse("admin:members_tier_add"), added)
    assert answer.status_code == 302, answer.context["errors"]
    assert subjects(desk, group="money") == ["added Friend"]


def test_a_change_reads_old_to_new_in_the_words_of_the_form(desk: Client, cast: Cast, now: datetime) -> None:
    rules = SiteRules.objects.create(pk=1)
    entry = noted(
        "change", cast, subject=rules,
        changes={
            "meter_limit": [0, 4], "review_step": [False, True], "brief": ["", "Bring a coat."],
            "banner_until": [None, datetime(2026, 11, 4, 6, 0, tzinfo=UTC)],
        },
    )  # fmt: skip
    entry.refresh_from_db()
    read = {change.field: (change.old, change.new) for change in line_of(entry).changes}
    assert read["Metered stories a month without an account"] == ("0", "4")
    assert read["A second person approves every story"] == ("no", "yes")
    assert read["Today in brief"] == ("—", "Bring a coat.")
    assert read["Banner until"][0] == "—"
    assert "07:00" in read["Banner until"][1] or "7 a.m." in read["Banner until"][1]  # the site's zone, not UTC
    page = desk.get(reverse("admin:members_auditentry_change", args=[entry.pk])).content.decode()
    assert "Bring a coat." in page


def test_a_form_sent_unchanged_changes_nothing_in_the_record(desk: Client, cast: Cast) -> None:
    SiteRules.objects.create(pk=1, footer="One line\nand another", other_support="Bank\n\nPayPal")
    publisher = Client()
    publisher.force_login(cast.publisher)
    path = reverse("admin:members_siterules_change", args=[1])
    form = publisher.get(path).context["adminform"].form
    assert {"review_step", "legal_step", "live_coverage", "banner_level"} <= set(form.fields)
    sent = {name: form.initial.get(name) for name in form.fields if name != "logo"}
    as_browsers_do = {
        name: value.replace("\n", "\r\n") if isinstance(value, str) else value
        for name, value in sent.items()
        if value is not None and value is not False
    }
    assert publisher.post(path, {**as_browsers_do, "review_step": "on"}).status_code == 302
    assert AuditEntry.objects.get().changes == {"review_step": [False, True]}


def test_old_and_odd_entries_are_still_read(desk: Client, cast: Cast) -> None:
    AuditEntry.objects.create(
        by=None, verb="story.turned_upside_down", subject_type="gone.Thing", subject_id="9", subject_name="A thing",
        changes={"fields": ["alt", "credit"], "winner": "Mud", "odd": None, "when": ["T", "2026-99-99T"]},
    )  # fmt: skip
    line = line_of(AuditEntry.objects.get())
    assert (line.who, line.verb, line.path) == ("The site itself", "turned upside down", "")
    assert [change.field for change in line.changes] == [
        "Odd",
        "When",
        "Alt",
        "Credit",
        "Winner",
    ]  # as PostgreSQL keeps keys
    assert desk.get(LIST).status_code == 200


def test_the_record_is_searched_by_person_kind_day_and_words(desk: Client, cast: Cast, now: datetime) -> None:
    noted("staff.roles", cast, reason="Runs the night desk")
    noted("refund", cast, by=cast.manager, subject=cast.patron)
    AuditEntry.objects.filter(verb="refund").update(at=now - timedelta(days=3))
    assert subjects(desk, q="night wanda") == ["changed the roles of Wanda Writer"]
    assert subjects(desk, q="100%_") == []
    assert subjects(desk, who="max") == ["refunded Pat Patron"]
    assert subjects(desk, who="manager@example.org") == ["refunded Pat Patron"]
    today, before = f"{timezone.localdate()}", f"{timezone.localdate() - timedelta(days=3)}"
    assert subjects(desk, since=today) == ["changed the roles of Wanda Writer"]
    assert subjects(desk, until=before) == ["refunded Pat Patron"]
    assert subjects(desk, since=before, until=before) == ["refunded Pat Patron"]
    assert len(subjects(desk, about=f"members.Member:{cast.patron.pk}")) == 1
    broken = desk.get(LIST, {"since": "tomorrow", "group": "nothing"})
    assert broken.status_code == 200
    assert broken.context["form"].errors


def test_pages_follow_each_other_without_gap_or_repeat(desk: Client, cast: Cast, now: datetime) -> None:
    for number in range(120):
        noted("change", cast, reason=f"n{number}")  # all within one moment: the key decides
    seen: list[int] = []
    cursor = ""
    for _page in range(3):
        page = desk.get(LIST, {"before": cursor} if cursor else {}).context["page"]
        seen += [line.pk for line in page.lines]
        cursor = page.cursor
    assert cursor == ""
    assert seen == sorted(AuditEntry.objects.values_list("pk", flat=True), reverse=True)
    for odd in ("x", "1-", "9" * 40 + "-1", "²-1"):
        assert desk.get(LIST, {"before": odd}).status_code == 200


def test_the_file_holds_what_the_list_found(desk: Client, cast: Cast, now: datetime) -> None:
    noted("staff.roles", cast, reason="Because", changes={"roles": ["Writers", "Editors"]})
    noted("refund", cast)
    header, row = file_of(desk, group="staff")
    assert header[:4] == ["when", "who", "e-mail", "verb"]
    assert row[1:] == [
        "Edgar Editor", "editor@example.org", "staff.roles", "members.Member", str(cast.writer.pk),
        "Wanda Writer", "Because", "Roles: Writers → Editors",
    ]  # fmt: skip
    assert len(file_of(desk)) == 3


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_file_is_a_formula(name: str, desk: Client, cast: Cast) -> None:
    member = MemberFactory(name=name)
    noted("change", cast, subject=member, by=member, reason=name)
    rows = file_of(desk)
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_looking_costs_few_queries_at_any_length(desk: Client, cast: Cast, django_assert_max_num_queries: Any) -> None:
    for _number in range(60):
        noted("change", cast, subject=MemberFactory(), by=MemberFactory(group=WRITERS))
    with django_assert_max_num_queries(12):
        desk.get(LIST, {"q": "reader", "group": "members"})
    with django_assert_max_num_queries(8):
        file_of(desk)


def test_only_who_may_see_the_record_sees_it(cast: Cast) -> None:
    entry = noted("change", cast)
    for who, status in ((cast.writer, 403), (cast.moderator, 403), (cast.editor, 200), (cast.publisher, 200)):
        client = Client()
        client.force_login(who)
        for path in (LIST, EXPORT, reverse("admin:members_auditentry_change", args=[entry.pk])):
            assert client.get(path).status_code == status
    assert Client().get(EXPORT).status_code == 302
