"""A permission missing says who has it, and is never a traceback."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse

from newsroom import forbidden
from newsroom.groups import DESK_GROUPS, EDITORS, MEMBERSHIP_MANAGERS, PUBLISHERS
from tests.factories import Cast, MemberFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]


def page_of(member: Any, path: str, **sent: Any) -> str:
    """What the member is told there."""
    client = Client()
    client.force_login(member)
    answer = client.post(path, sent["post"]) if "post" in sent else client.get(path)
    assert answer.status_code == 403
    return answer.content.decode()


def test_a_view_of_ours_names_roles_and_people(cast: Cast) -> None:
    page = page_of(cast.writer, reverse("admin:members_staffinvitation_changelist"))
    assert "<strong>Publishers</strong>" in page
    assert "Paula Publisher" in page
    assert "Edgar Editor" not in page


def test_pages_of_django_name_them_too(cast: Cast) -> None:
    page = page_of(cast.moderator, reverse("admin:articles_redirect_changelist"))
    assert "Editors" in page
    assert "Edgar Editor" in page
    adding = page_of(cast.writer, reverse("admin:articles_section_add"), post={"name": "X"})
    assert "<strong>Editors</strong>, <strong>Publishers</strong>" in adding


def test_at_most_five_people_are_named_and_only_those_who_still_work_here(cast: Cast) -> None:
    for number in range(7):
        MemberFactory(name=f"Ann {number}", group=PUBLISHERS, is_active=number != 0)
    page = page_of(cast.writer, reverse("admin:members_staffinvitation_changelist"))
    assert "Ann 1, Ann 2, Ann 3, Ann 4, Ann 5 and others" in page
    assert "Ann 0" not in page
    assert "Ann 6" not in page


def test_what_no_role_has_is_said_so(cast: Cast) -> None:
    assert forbidden.holders_of("articles.delete_picture").roles == []
    page = page_of(cast.publisher, reverse("admin:members_member_add"))
    assert "No role has it" in page


def test_who_has_the_permission_is_not_sent_to_themselves(cast: Cast) -> None:
    reader = MemberFactory()
    page = page_of(cast.publisher, reverse("admin:members_member_delete", args=[reader.pk]), post={"post": "yes"})
    assert "No role has it" in page
    staff = page_of(cast.manager, reverse("admin:members_member_change", args=[cast.editor.pk]), post={"name": "X"})
    assert "not this one" in staff
    assert MEMBERSHIP_MANAGERS not in staff


def test_on_the_site_it_is_one_plain_page_that_names_nobody(cast: Cast, rf: RequestFactory) -> None:
    request: Any = rf.get("/account/")
    request.user = cast.member
    for said in ("articles.publish_article", ""):
        page = forbidden.forbidden(_as_reader(request, cast), PermissionDenied(said)).content.decode()
        assert "This door is closed" in page
        assert "publish_article" not in page
        assert EDITORS not in page
    assert "Not today" not in page
    said_so = forbidden.forbidden(_as_reader(request, cast), PermissionDenied("Not today, sorry.")).content.decode()
    assert "Not today, sorry." in said_so


def test_readers_and_strangers_on_the_desk_learn_no_names(cast: Cast) -> None:
    path = reverse("admin:members_staffinvitation_changelist")
    assert Client().get(path).status_code == 302
    client = Client()
    client.force_login(cast.member)
    assert "Paula Publisher" not in client.get(path, follow=True).content.decode()


@pytest.mark.parametrize("name", list(DESK_GROUPS))
def test_every_refusal_of_a_list_is_a_page_with_a_sentence(name: str, cast: Cast) -> None:
    from django.contrib import admin

    client = Client()
    client.force_login(MemberFactory(group=name))
    for model in admin.site._registry:
        answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), follow=True)
        assert answer.status_code in (200, 403)
        if answer.status_code == 403:
            page = answer.content.decode()
            assert "This is not open to you" in page
            assert "people with the role" in page or "No role has it" in page, model


def _as_reader(request: Any, cast: Cast) -> Any:
    """The request as the site's middleware would hand it on."""
    from django.utils import timezone

    from members.gate import Reader
    from newsroom import furniture

    request.now, request.member, request.reader = timezone.now(), cast.member, Reader(member_id=cast.member.pk)
    request.furniture = furniture.snapshot.get()
    return request
