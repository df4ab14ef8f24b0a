"""Who works here: invited by mail, given a role, let go. The access ends; the bylines stay."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from articles import colleagues
from articles.models import Byline, PreviewLink, SectionLimit
from members import staffing
from members.models import AuditEntry, Mailing, Member, StaffInvitation
from members.staffing import StaffError
from newsroom.groups import DESK_GROUPS, EDITORS, PUBLISHERS, WRITERS
from tests.factories import AuthorFactory, Cast, MemberFactory, SectionFactory, make_article
from tests.members.test_accounts import code_in

pytestmark = pytest.mark.django_db
SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}
NEW = "new@example.org"


def browser_of(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def invited(cast: Cast, now: datetime, email: str = NEW, name: str = EDITORS) -> tuple[StaffInvitation, str]:
    """An open invitation and the path its mail leads to."""
    row = staffing.invite(email, role=role(name), by=cast.publisher, now=now)
    return row, "/" + staffing.link_of(row).split("/", 3)[3]


def verbs_about(subject: Any) -> list[str]:
    return list(AuditEntry.objects.about(subject).newest_first().values_list("verb", flat=True))


def test_an_invitation_is_mailed_and_taken_up_by_the_invited(cast: Cast, now: datetime) -> None:
    publisher = browser_of(cast.publisher)
    answer = publisher.post(reverse("admin:staff_invite"), {"email": " New@Example.org ", "role": EDITORS})
    assert answer.status_code == 303
    mailing = Mailing.objects.get(template="members/staff_invitation")
    assert mailing.email == NEW
    path = "/" + mailing.context["link"].split("/", 3)[3]
    new = MemberFactory(email=NEW)
    client = browser_of(new)
    assert "Take it up" in client.get(path).content.decode()
    new.refresh_from_db()
    assert not new.is_staff  # looking is not acting
    taken = client.post(path, **SAME_ORIGIN)
    assert (taken.status_code, taken.headers["Location"]) == (303, "/admin/")
    assert client.get("/admin/").status_code == 200
    assert Member.objects.get(pk=new.pk).has_perm("articles.publish_article")
    assert verbs_about(new) == ["staff.join"]
    assert verbs_about(StaffInvitation.objects.get()) == ["staff.invite"]


def test_the_mail_says_who_invites_and_what_for(cast: Cast, now: datetime) -> None:
    from newsroom import mail

    invited(cast, now)
    row = Mailing.objects.get()
    message = mail.compose(row.template, to=row.email, context={**row.context, "site_name": "The Post"})
    assert message.subject == "Paula Publisher invites you to the desk of The Post"
    assert row.context["link"] in message.body
    assert "Editors" in message.body


def test_an_invitation_works_once(cast: Cast, now: datetime) -> None:
    _row, path = invited(cast, now)
    client = browser_of(MemberFactory(email=NEW))
    assert client.post(path, **SAME_ORIGIN).status_code == 303
    assert client.get(path).status_code == 410
    assert client.post(path, **SAME_ORIGIN).status_code == 410


def test_an_invitation_is_for_its_address_alone(cast: Cast, now: datetime) -> None:
    row, path = invited(cast, now)
    other = browser_of(cast.member)
    assert "Take it up" not in other.get(path).content.decode()
    assert other.post(path, **SAME_ORIGIN).status_code == 403
    assert Client().post(path, **SAME_ORIGIN).status_code == 200  # nobody: asked to sign in
    row.refresh_from_db()
    assert row.accepted_at is None
    assert not Member.objects.get(pk=cast.member.pk).is_staff


def test_somebody_without_an_account_proves_the_address_first_and_comes_back(cast: Cast, now: datetime) -> None:
    _row, path = invited(cast, now)
    page = Client().get(path).content.decode()
    assert f'name="email" value="{NEW}"' in page
    assert f'name="next" value="{path}"' in page


def test_a_stranger_comes_from_the_mail_to_the_desk_by_one_code_and_one_button(
    cast: Cast, now: datetime, mailoutbox: list[Any]
) -> None:
    _row, path = invited(cast, now)
    client = Client()
    client.get(path)
    client.post("/letters/discover/", {"email": NEW, "next": path, "website": ""}, **SAME_ORIGIN)
    entered = client.post("/accounts/login/code/confirm/", {"code": code_in(mailoutbox), "next": path})
    assert entered.headers["Location"] == path
    assert client.post(path, **SAME_ORIGIN).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert [group.name for group in Member.objects.get(email=NEW).groups.all()] == [EDITORS]


def test_an_invitation_is_not_taken_up_from_another_site(cast: Cast, now: datetime) -> None:
    _row, path = invited(cast, now)
    new = MemberFactory(email=NEW)
    assert browser_of(new).post(path, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert not Member.objects.get(pk=new.pk).is_staff


@pytest.mark.parametrize("spoilt", ["forged", "expired", "revoked", "superseded"])
def test_what_no_longer_works_is_gone(spoilt: str, cast: Cast, now: datetime) -> None:
    row, path = invited(cast, now)
    match spoilt:
        case "forged":
            path = path[:-3] + "xx/"
        case "expired":
            StaffInvitation.objects.update(expires_at=now - timedelta(seconds=1))
        case "revoked":
            assert staffing.revoke_invitation(row, by=cast.publisher, now=now)
            assert not staffing.revoke_invitation(row, by=cast.publisher, now=now)
        case "superseded":
            invited(cast, now)
    new = MemberFactory(email=NEW)
    assert browser_of(new).get(path).status_code == 410
    assert browser_of(new).post(path, **SAME_ORIGIN).status_code == 410
    assert not Member.objects.get(pk=new.pk).is_staff


def test_a_new_invitation_lasts_seven_days_and_sending_again_renews_it(cast: Cast, now: datetime) -> None:
    row, path = invited(cast, now)
    assert row.expires_at == now + timedelta(days=7)
    later = now + timedelta(days=9)
    assert staffing.invitation_named(path.split("/")[-2], later) is None
    staffing.send_again(row, by=cast.publisher, now=later)
    assert staffing.invitation_named(path.split("/")[-2], later) == row
    staffing.send_again(row, by=cast.publisher, now=later)  # pressed twice
    assert Mailing.objects.count() == 2
    staffing.revoke_invitation(row, by=cast.publisher, now=later)
    with pytest.raises(StaffError):
        staffing.send_again(row, by=cast.publisher, now=later)


def test_who_works_here_is_not_invited_again(cast: Cast, now: datetime) -> None:
    with pytest.raises(StaffError, match="works here already"):
        invited(cast, now, email="WRITER@example.org")
    answer = browser_of(cast.publisher).post(
        reverse("admin:staff_invite"), {"email": "writer@example.org", "role": EDITORS}
    )
    assert answer.status_code == 422
    assert 'value="writer@example.org"' in answer.content.decode()


def test_roles_change_and_are_written_down_old_and_new(cast: Cast, now: datetime) -> None:
    path = reverse("admin:staff_roles", args=[cast.writer.pk])
    browser_of(cast.publisher).post(path, {"role": [role(EDITORS).pk], "reason": "Runs the night desk"})
    assert [group.name for group in cast.writer.groups.all()] == [EDITORS]
    entry = AuditEntry.objects.about(cast.writer).get()
    assert (entry.by, entry.reason) == (cast.publisher, "Runs the night desk")
    assert entry.changes == {"roles": ["Writers", "Editors"]}
    assert not staffing.set_roles(cast.writer, to=[role(EDITORS)], by=cast.publisher, now=now)
    with pytest.raises(StaffError):
        staffing.set_roles(cast.writer, to=[], by=cast.publisher, now=now)


def test_a_newsroom_is_never_without_a_publisher(cast: Cast, now: datetime) -> None:
    for verb in (
        lambda: staffing.set_roles(cast.publisher, to=[role(WRITERS)], by=cast.publisher, now=now),
        lambda: colleagues.let_go(cast.publisher, by=cast.publisher, now=now, reason="Tired"),
    ):
        with pytest.raises(StaffError, match="needs a publisher"):
            verb()
    assert Member.objects.get(pk=cast.publisher.pk).has_perm("members.manage_staff")
    assert not AuditEntry.objects.exists()
    other = MemberFactory(group=PUBLISHERS)
    Member.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(StaffError):  # a closed account manages nobody
        staffing.set_roles(cast.publisher, to=[role(WRITERS)], by=cast.publisher, now=now)
    Member.objects.filter(pk=other.pk).update(is_active=True)
    assert staffing.set_roles(cast.publisher, to=[role(WRITERS)], by=cast.publisher, now=now)


def test_only_a_superuser_lets_a_superuser_go(cast: Cast, now: datetime) -> None:
    root = Member.objects.create_superuser("root@example.org", "x")
    with pytest.raises(StaffError):
        staffing.let_go(root, by=cast.publisher, now=now, reason="No")
    staffing.let_go(root, by=Member.objects.create_superuser("two@example.org", "x"), now=now, reason="Yes")
    assert not Member.objects.get(pk=root.pk).is_superuser


def test_leaving_ends_every_session_and_all_access_at_once(cast: Cast, now: datetime) -> None:
    laptop, telephone = browser_of(cast.editor), browser_of(cast.editor)
    story = make_article(slug="a-draft", status="draft", published_at=None, published_on=None, live_from=None)
    assert laptop.get("/admin/").status_code == telephone.get("/admin/").status_code == 200
    answer = browser_of(cast.publisher).post(
        reverse("admin:staff_let_go", args=[cast.editor.pk]), {"reason": "Moves to the radio"}
    )
    assert answer.status_code == 303
    for device in (laptop, telephone):
        assert device.get("/admin/").status_code == 302
        assert device.get(reverse("admin:articles_article_change", args=[story.pk])).status_code == 302
        assert "_auth_user_id" not in device.session
    again = browser_of(Member.objects.get(pk=cast.editor.pk))
    assert again.get("/account/").status_code == 200  # still a reader
    assert again.get("/admin/", follow=True).status_code == 403
    entry = AuditEntry.objects.about(cast.editor).get()
    assert (entry.verb, entry.reason) == ("staff.leave", "Moves to the radio")
    assert entry.changes == {"roles": ["Editors", ""]}


def test_a_session_that_nobody_counted_is_not_let_in_either(cast: Cast, now: datetime) -> None:
    from allauth.usersessions.models import UserSession

    device = browser_of(cast.editor)
    UserSession.objects.all().delete()
    staffing.let_go(cast.editor, by=cast.publisher, now=now, reason="Leaves")
    assert device.get("/account/").status_code == 302


def test_leaving_keeps_the_bylines_and_ends_what_was_handed_out(cast: Cast, now: datetime) -> None:
    author = AuthorFactory(member=cast.editor, slug="edgar", name="Edgar Editor")
    story = make_article()
    Byline.objects.create(article=story, author=author)
    link = PreviewLink.objects.create(
        article=story, label="A source", made_by=cast.editor, expires_at=now + timedelta(days=3)
    )
    SectionLimit.objects.create(member=cast.editor, section=story.section)
    row = staffing.invite(NEW, role=role(WRITERS), by=cast.editor, now=now)
    colleagues.let_go(cast.editor, by=cast.publisher, now=now, reason="Leaves")
    link.refresh_from_db()
    row.refresh_from_db()
    assert link.revoked_at == row.revoked_at == now
    assert not SectionLimit.objects.exists()
    assert "Edgar Editor" in Client().get("/author/edgar/").content.decode()
    assert "Edgar Editor" in Client().get(story.get_absolute_url()).content.decode()


def test_leaving_needs_a_reason(cast: Cast, now: datetime) -> None:
    browser_of(cast.publisher).post(reverse("admin:staff_let_go", args=[cast.editor.pk]), {"reason": "  "})
    assert Member.objects.get(pk=cast.editor.pk).is_staff


def test_a_journalist_is_limited_to_sections(cast: Cast, now: datetime) -> None:
    city, region = SectionFactory(slug="city", name="City"), SectionFactory(slug="region", name="Region")
    path = reverse("admin:staff_sections", args=[cast.writer.pk])
    publisher = browser_of(cast.publisher)
    publisher.post(path, {"section": [city.pk, region.pk, "x"]})
    assert SectionLimit.objects.filter(member=cast.writer).count() == 2
    publisher.post(path, {"section": [region.pk]})
    assert SectionLimit.objects.get().section == region
    changes = AuditEntry.objects.about(cast.writer).newest_first()[0].changes
    assert changes == {"sections": ["City, Region", "Region"]}
    assert not colleagues.limit_to(cast.writer, [region], by=cast.publisher, now=now)
    publisher.post(path, {})
    assert not SectionLimit.objects.exists()


def test_pages_show_who_works_here_within_twelve_queries(
    cast: Cast, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        person = MemberFactory(group=list(DESK_GROUPS)[number % 5])
        SectionLimit.objects.create(member=person, section=SectionFactory(slug=f"s{number}"))
        staffing.invite(f"new{number}@example.org", role=role(WRITERS), by=cast.publisher, now=now)
    client = browser_of(cast.publisher)
    listed = reverse("admin:members_staffinvitation_changelist")
    with django_assert_max_num_queries(12):
        page = client.get(listed).content.decode()
    for shown in ("Wanda Writer", "writer@example.org", "new11@example.org", "Moderators"):
        assert shown in page
    assert "Mina Member" not in page
    with django_assert_max_num_queries(12):
        person_page = client.get(reverse("admin:staff_person", args=[cast.writer.pk])).content.decode()
    assert re.search(r'value="\d+" checked> Writers', person_page)


def test_nobody_else_manages_staff_and_looking_changes_nothing(cast: Cast, now: datetime) -> None:
    row, _path = invited(cast, now)
    pages = [
        reverse("admin:members_staffinvitation_changelist"),
        reverse("admin:staff_person", args=[cast.writer.pk]),
    ]
    verbs = [
        reverse("admin:staff_invite"),
        reverse("admin:staff_invite_again", args=[row.pk]),
        reverse("admin:staff_uninvite", args=[row.pk]),
        *(reverse(f"admin:staff_{name}", args=[cast.writer.pk]) for name in ("roles", "sections", "let_go")),
    ]
    for who in (cast.writer, cast.editor, cast.moderator, cast.manager):
        client = browser_of(who)
        assert {client.get(path).status_code for path in pages} == {403}
        assert {client.post(path).status_code for path in verbs} == {403}
    assert {browser_of(cast.publisher).get(path).status_code for path in verbs} == {405}
    assert browser_of(cast.publisher).get(reverse("admin:staff_person", args=[cast.member.pk])).status_code == 404
