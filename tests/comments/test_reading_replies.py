"""The first page under a story, later pages, branches, permalinks, feed."""

import re
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from comments.models import Reply
from members.readers import ReaderMiddleware
from newsroom.furniture import FurnitureMiddleware
from tests.comments.conftest import discussion_of, say
from tests.factories import MemberFactory, make_article, make_patron

pytestmark = pytest.mark.django_db


def section(story: Any, member: Any = None, *, seconds: int | None = 600) -> tuple[str, Any]:
    """What `{% replies story %}` prints on the story's page, and the request afterwards."""
    kept: dict[str, Any] = {}

    def view(request: Any) -> Any:
        request.edge_seconds = seconds
        kept["request"] = request
        kept["html"] = Template("{% load replies %}{% replies story %}").render(
            Context({"request": request, "story": story})
        )
        from django.http import HttpResponse

        return HttpResponse()

    request = RequestFactory().get("/")
    if member is not None:
        from django.conf import settings

        from members.models import Member

        request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
        request.user = Member.objects.with_standing(timezone.now()).get(pk=member.pk)
    FurnitureMiddleware(ReaderMiddleware(view))(request)
    return kept["html"], kept["request"]


def test_a_story_without_replies_invites_the_first_one(story: Any) -> None:
    html, _request = section(story)
    assert "Be the first to reply" in html
    assert f"/replies/to/story/{story.pk}/" in html
    assert "<form" not in html


def test_replies_are_counted_and_named_by_their_cache_key(story: Any) -> None:
    reply = say(story, "The harbour is quiet.", by=MemberFactory(name="Nadia R."))
    html, request = section(story)
    assert "Be the first" not in html
    assert re.search(r'<span class="number">1</span>\s*reply', html)
    assert "The harbour is quiet." in html
    assert "Nadia R." in html
    assert f'id="reply-{reply.pk}"' in html
    assert request.edge_extra_keys == {f"replies-{reply.discussion_id}"}


def test_addresses_hold_plain_numbers_past_a_thousand(story: Any, signed_in: Any, cast: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('django_comments', 'id'), 41234567)")
    member = MemberFactory()
    reply = say(story, "said", by=member)
    say(story, "answer", by=member, under=reply)
    assert reply.pk > 41_000_000
    pages = [
        section(story, cast.moderator)[0],
        section(story, member)[0],
        signed_in(member).get(f"/replies/to/story/{story.pk}/?to={reply.pk}").content.decode(),
        signed_in(cast.moderator).get(f"/admin/comments/reply/{reply.pk}/change/").content.decode(),
    ]
    assert f'id="reply-{reply.pk}"' in pages[0]
    assert all("41,23" not in page and str(reply.pk) in page for page in pages)


def test_lists_nest_as_the_replies_do(story: Any) -> None:
    first = say(story, "one")
    child = say(story, "two", under=first)
    say(story, "three", under=child)
    say(story, "four", under=first)
    say(story, "five")
    html, _request = section(story)
    listed = html[html.index("<ol") :]
    assert listed.count("<ol") == listed.count("</ol>") == 3
    assert listed.count("<li") == listed.count("</li>") == 5
    assert re.findall(r"<p>(one|two|three|four|five)</p>", html) == ["one", "two", "three", "four", "five"]


def test_a_signed_in_reader_gets_the_form_and_sees_their_own_held_reply(story: Any) -> None:
    member = MemberFactory(name="Mina")
    say(story, "mine to be read first", by=member, status=Reply.Status.HELD)
    html, _request = section(story, member)
    assert "<textarea" in html
    assert "csrfmiddlewaretoken" not in html
    assert "mine to be read first" in html
    assert "Only you can see this" in html
    assert "mine to be read first" not in section(story)[0]
    assert "mine to be read first" not in section(story, MemberFactory())[0]


def test_badges_are_words(story: Any) -> None:
    say(story, "a", by=make_patron(MemberFactory()))
    say(story, "b", badge=Reply.Badge.STAFF)
    say(story, "c", badge=Reply.Badge.AUTHOR)
    html, _request = section(story)
    year = timezone.localtime().year
    assert re.findall(r"<small>([\w ]+)<", html) == [f"Patron since {year}", "Staff", "Author"]


@pytest.mark.parametrize("number", [0, 3, 50, 130])
def test_the_section_costs_the_same_queries_at_any_number(
    story: Any, number: int, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    member = MemberFactory()
    for index in range(number):
        say(story, f"reply {index}", by=member, at=timezone.now() - timezone.timedelta(days=index + 1))
    warm_furniture()
    with django_assert_max_num_queries(4):
        html, _request = section(story)
    assert html.count('class="reply-body"') == (50 if number > 100 else number)


def test_fifty_replies_weigh_at_most_forty_kilobytes(story: Any) -> None:
    for index in range(50):
        writer = MemberFactory(name="Somebody With Name")
        say(story, "x" * 150, by=make_patron(writer) if index % 3 else writer, at=timezone.now())
    assert len(section(story)[0].encode()) <= 40_000
    html, _request = section(story, MemberFactory())
    assert len(html.encode()) <= 64_000


def test_a_large_discussion_shows_first_replies_and_leads_to_the_rest(story: Any, client: Client) -> None:
    roots = [say(story, f"root {number}") for number in range(96)]
    children = [say(story, f"child {number}", under=roots[2]) for number in range(7)]
    html, _request = section(story)
    assert "child 2" in html
    assert "<p>child 3" not in html
    assert "4 more replies" in html
    assert html.count("<ol") == html.count("</ol>")
    discussion = discussion_of(story)
    branch = client.get(f"/replies/in/{discussion.pk}/?branch={roots[2].pk}").content.decode()
    assert re.findall(r"child \d", branch) == [f"child {number}" for number in range(7)]
    assert f'id="reply-{children[6].pk}"' in branch
    next_url = re.search(r'href="(/replies/in/[^"]+after=[^"]+)"', html)
    assert next_url
    second = client.get(next_url[1]).content.decode()
    assert "root 50" in second
    assert "root 49" not in second
    last = client.get(f"/replies/{children[6].pk}/")
    assert last.headers["Location"] == f"/replies/in/{discussion.pk}/?branch={roots[2].pk}#reply-{children[6].pk}"
    late = client.get(f"/replies/{roots[70].pk}/").headers["Location"]
    assert f'id="reply-{roots[70].pk}"' in client.get(late).content.decode()


def test_a_fragment_of_a_page_is_its_rows_alone(story: Any, client: Client) -> None:
    say(story, "said")
    response = client.get(f"/replies/in/{discussion_of(story).pk}/", HTTP_X_FRAGMENT="1")
    assert "<html" not in response.content.decode()
    assert "said" in response.content.decode()
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_permalink_leads_to_the_reply_under_the_story(story: Any, client: Client) -> None:
    reply = say(story, "said")
    assert client.get(f"/replies/{reply.pk}/").headers["Location"] == f"{story.get_absolute_url()}#reply-{reply.pk}"


def test_the_feed_holds_what_readers_see(story: Any, client: Client) -> None:
    say(story, "seen by all <b>", by=MemberFactory(name="Nadia"))
    say(story, "not seen", status=Reply.Status.HELD)
    response = client.get(f"/replies/feed/{discussion_of(story).pk}/")
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    assert "seen by all" in response.content.decode()
    assert "not seen" not in response.content.decode()


@pytest.mark.parametrize("audience", ["members", "patrons"])
def test_who_may_not_read_the_story_sees_no_replies(audience: str, client: Client, cast: Any, signed_in: Any) -> None:
    story = make_article(audience=audience)
    reply = say(story, "quoting what is paid for")
    discussion = discussion_of(story)
    assert section(story)[0] == ""
    for address in (f"/replies/in/{discussion.pk}/", f"/replies/feed/{discussion.pk}/", f"/replies/{reply.pk}/report/"):
        assert client.get(address).status_code == 404
        assert signed_in(cast.patron).get(address).status_code == 200
    assert client.get(f"/replies/{reply.pk}/").headers["Location"].startswith(story.get_absolute_url())
    assert "quoting" not in client.get(f"/replies/to/story/{story.pk}/?to={reply.pk}").content.decode()
    assert "quoting" in section(story, cast.patron)[0]


def test_a_cached_page_of_a_metered_story_shows_no_replies_once_the_meter_is_on(story: Any, open_rules: Any) -> None:
    metered = make_article(audience="metered")
    say(metered, "said")
    assert "said" in section(metered)[0]
    open_rules.meter_limit = 3
    open_rules.save()
    assert section(metered)[0] == ""
    assert section(metered, make_patron(MemberFactory()))[0] != ""


def test_nobody_but_the_desk_sees_replies_of_a_story_that_is_not_live(client: Client, cast: Any) -> None:
    story = make_article()
    reply = say(story, "said")
    story.status = story.Status.WITHDRAWN
    story.save()
    for address in (f"/replies/{reply.pk}/", f"/replies/to/story/{story.pk}/", f"/replies/in/{reply.discussion_id}/"):
        assert client.get(address).status_code == 404


def test_an_unknown_cursor_or_branch_is_no_error(story: Any, client: Client) -> None:
    say(story, "said")
    address = f"/replies/in/{discussion_of(story).pk}/"
    assert client.get(f"{address}?after=nonsense").status_code == 200
    assert client.get(f"{address}?branch=nonsense").status_code == 404
    assert client.get(f"{address}?branch=99999999999999999999").status_code == 404
    assert client.get("/replies/99999999999999999999/").status_code == 404
