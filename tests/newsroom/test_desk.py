"""The desk's door and home, and what a publisher decides there."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Picture
from members.models import AuditEntry, Member, MenuItem, SiteRules
from newsroom import furniture
from tests.factories import ArticleFactory, MemberFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db
UNSEEN = {"published_at": None, "published_on": None, "live_from": None, "announced_at": None}


def signed_in(member: Any, *methods: str) -> Client:
    """A browser with this member's session, opened by `methods` as allauth records them."""
    client = Client()
    client.force_login(member)
    session = client.session
    session["account_authentication_methods"] = [{"method": method, "at": time.time()} for method in methods]
    session["account_authentication_methods_user"] = str(member.pk)
    session.save()
    return client


def test_the_desks_sign_in_is_the_sites(cast: Any) -> None:
    answer = Client().get("/admin/login/?next=/admin/articles/article/")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2Farticles%2Farticle%2F"
    away = Client().get("/admin/login/?next=https://evil.example/")
    assert away.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"


def test_a_reader_is_told_whom_to_ask(cast: Any) -> None:
    answer = signed_in(cast.member).get("/admin/login/")
    assert answer.status_code == 403
    assert "The desk is for the newsroom" in answer.content.decode()


@pytest.mark.parametrize(
    ("methods", "enters"), [(("code",), False), (("password",), False), (("password", "mfa"), True)]
)
def test_in_production_only_a_second_factor_opens_the_desk(
    cast: Any, settings: Any, methods: tuple[str, ...], enters: bool
) -> None:
    settings.STAFF_NEED_MFA = True
    Authenticator.objects.create(user=cast.editor, type=Authenticator.Type.TOTP, data={})
    client = signed_in(cast.editor, *methods)
    assert (client.get("/admin/").status_code == 200) is enters
    if not enters:
        page = client.get("/admin/login/?next=/admin/")
        assert page.status_code == 403
        assert "Sign in with your second factor" in page.content.decode()


def test_staff_without_a_second_factor_are_shown_where_to_set_one_up(cast: Any, settings: Any) -> None:
    settings.STAFF_NEED_MFA = True
    page = signed_in(cast.editor, "password").get("/admin/login/").content.decode()
    assert reverse("mfa_index") in page


def test_another_members_second_factor_does_not_count(cast: Any, settings: Any) -> None:
    settings.STAFF_NEED_MFA = True
    client = signed_in(cast.editor, "password", "mfa")
    session = client.session
    session["account_authentication_methods_user"] = str(cast.writer.pk)
    session.save()
    assert client.get("/admin/").status_code == 302


def test_home_shows_what_waits(cast: Any, django_assert_max_num_queries: Any) -> None:
    section = SectionFactory()
    ArticleFactory(headline="Mine", status="draft", created_by=cast.editor, section=section, **UNSEEN)
    ArticleFactory(headline="Theirs", status="draft", created_by=cast.writer, section=section, **UNSEEN)
    ArticleFactory(headline="Handed in", status="ready", section=None, **UNSEEN)
    soon = timezone.now() + timedelta(minutes=1)
    ArticleFactory(headline="At six", published_at=soon, live_from=soon, announced_at=None, section=section)
    story = make_article(headline="Just out")
    story.pictures.add(Picture.objects.create())
    client = signed_in(cast.publisher)
    furniture.snapshot.trust(True)
    furniture.snapshot.get()
    with django_assert_max_num_queries(16):  # of the gate nothing is kept here: four are its
        page = client.get("/admin/").content.decode()
    for shown in ("Handed in", "Just out", "No section: Handed in", "1 picture has no alternative text"):
        assert shown in page
    assert "Theirs" not in page
    assert "Mine" in signed_in(cast.editor).get("/admin/").content.decode()


def test_a_moderator_sees_no_stories_at_home(cast: Any) -> None:
    make_article(headline="Just out")
    assert "Just out" not in signed_in(cast.moderator).get("/admin/").content.decode()


def rules_form(client: Client, **changes: Any) -> dict[str, Any]:
    """What the browser would send of the rules' form."""
    SiteRules.objects.get_or_create(pk=1)
    form = client.get(reverse("admin:members_siterules_change", args=[1])).context["adminform"].form
    values = {name: form.initial.get(name) for name in form.fields if name != "logo"}
    return {**{name: "" if value is None else value for name, value in values.items()}, **changes}


def test_rules_open_directly_are_audited_and_live_at_once(cast: Any) -> None:
    client = signed_in(cast.publisher)
    opened = client.get(reverse("admin:members_siterules_changelist"))
    assert opened.headers["Location"] == reverse("admin:members_siterules_change", args=[1])
    answer = client.post(opened.headers["Location"], rules_form(client, name="The Tidewater Post", meter_limit=4))
    assert answer.status_code == 302
    assert "The Tidewater Post" in Client().get("/corrections/").content.decode()
    entry = AuditEntry.objects.get(subject_type="members.SiteRules")
    assert entry.by == cast.publisher
    assert entry.changes == {"name": ["Newsroom", "The Tidewater Post"], "meter_limit": [0, 4]}


def test_only_who_may_change_the_rules_sees_them(cast: Any) -> None:
    SiteRules.objects.create(pk=1)
    item = MenuItem.objects.create(place="menu", label="About", path="/about/")
    for path in (
        reverse("admin:members_siterules_change", args=[1]),
        reverse("admin:members_menuitem_change", args=[item.pk]),
    ):
        assert signed_in(cast.editor).get(path).status_code == 403
        assert signed_in(cast.publisher).get(path).status_code == 200


def test_the_record_cannot_be_changed(cast: Any) -> None:
    AuditEntry.objects.note("story.publish", by=cast.editor, subject=cast.editor)
    entry = AuditEntry.objects.get()
    root = Member.objects.create_superuser("root@example.org", "x")
    path = reverse("admin:members_auditentry_change", args=[entry.pk])
    assert signed_in(root).get(path).status_code == 200
    assert signed_in(root).post(path, {"verb": "nothing"}).status_code == 403
    assert signed_in(root).get(reverse("admin:members_auditentry_add")).status_code == 403


def test_a_membership_manager_changes_readers_but_gives_no_role(cast: Any) -> None:
    reader = MemberFactory(name="Before")
    client = signed_in(cast.manager)
    path = reverse("admin:members_member_change", args=[reader.pk])
    rows = {"grants-TOTAL_FORMS": 0, "grants-INITIAL_FORMS": 0}
    client.post(
        path, {**rows, "name": "After", "language": "", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    )
    reader.refresh_from_db()
    assert reader.name == "After"
    assert not reader.is_staff
    assert not reader.is_superuser
    staff = reverse("admin:members_member_change", args=[cast.editor.pk])
    assert client.post(staff, {**rows, "name": "Taken"}).status_code == 403
