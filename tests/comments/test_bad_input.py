"""Whatever is sent to any door of writing: one sentence, the text still in the box, and no row."""

import html
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from comments.models import Reply, Version
from tests.comments.conftest import SAME_ORIGIN, say
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db

REFUSED = {
    "nothing": "",
    "spaces": " \n\t ",
    "zero width": "\u200b\u2060\u3164",
    "overrides": "\u202e\u2066",
    "NUL": "\0",
    "one word": "x" * 100_000,
    "1 MB": "word " * 200_000,
    "too long": "x" * 3001,
}
TAKEN = {
    "zalgo": "Z" + "\u0335\u0301" * 300 + "algo",
    "override": "abc \u202e def",
    "look-alikes": "Рауpаl ｓｃａｍ 𝐟𝐫𝐞𝐞",
    "quotes": ">" * 1500 + " deep\n" + "> " * 400 + "deeper",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)> </textarea> javascript:alert(1)",
    "links": "https://a.example/ https://b.example/",
    "NUL within": "a\0b",
}
BODY = '--x\r\nContent-Disposition: form-data; name="comment"\r\n\r\n%s\r\n--x--\r\n'
IN_PLACE = {"X-Fragment": "1"}


def box_of(page: str) -> str:
    """What stands in the box, as a browser reads it."""
    start = page.index(">", page.index("<textarea")) + 1
    return html.unescape(page[start : page.index("</textarea>")]).removeprefix("\n")


@pytest.mark.parametrize("headers", [{}, IN_PLACE], ids=["page", "in place"])
def test_what_cannot_be_posted_is_one_sentence_with_the_text_still_there(
    story: Any, signed_in: Any, open_rules: Any, headers: dict[str, str]
) -> None:
    member = MemberFactory()
    own = say(story, "my own", by=member)
    write, edit = f"/replies/to/story/{story.pk}/", f"/replies/{own.pk}/edit/"
    client, stranger = signed_in(member), Client(**SAME_ORIGIN)
    for name, text in list(REFUSED.items())[-2 if headers else 0 :]:
        doors = [(client, write)] if name == "1 MB" else [(client, write), (client, edit), (stranger, write)]
        for browser, path in doors[: 2 if name == "too long" else 3]:  # a stranger is told after signing in
            response = browser.post(path, {"comment": text}, headers=headers)
            page = response.content.decode()
            assert response.status_code == 422, (name, path)
            assert 'class="errorlist' in page, (name, path)
            assert box_of(page) == text.replace("\0", ""), (name, path)
    assert [reply.comment for reply in Reply.objects.all()] == ["my own"]
    assert not Version.objects.exists()


def test_what_looks_odd_is_posted_as_plain_text(story: Any, signed_in: Any, open_rules: Any) -> None:
    path, stranger = f"/replies/to/story/{story.pk}/", Client(**SAME_ORIGIN)
    for text in TAKEN.values():
        preview = stranger.post(path, {"comment": text, "do": "preview"}, headers=IN_PLACE)
        assert preview.status_code == 200
        assert box_of(preview.content.decode()) == text.replace("\0", "")
        assert signed_in(MemberFactory()).post(path, {"comment": text}).status_code == 303
    assert Reply.objects.published().count() == len(TAKEN)
    page = Client().get(story.get_absolute_url()).content.decode()
    replies = page[page.index('id="replies"') :]
    assert escape(TAKEN["script"].split(" <")[0]) in replies
    assert "<img src=x" not in replies
    assert "\u202e" not in replies


def test_an_answer_to_what_is_not_there_says_so_and_can_then_stand_by_itself(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    gone, held = say(story, "removed", status=Reply.Status.REMOVED), say(story, "held", status=Reply.Status.HELD)
    others = [str(reply.pk) for reply in (gone, held, say(make_article(), "elsewhere"))]
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    for to in ("-5", "999999999999", "9" * 40, "abc", "\0", "٣", *others):
        refused = client.post(path, {"comment": "my answer", "reply_to": to})
        page = refused.content.decode()
        assert refused.status_code == 422, to
        assert box_of(page) == "my answer"
        assert 'class="errorlist' in page
        assert 'name="reply_to"' not in page  # sent again, it stands by itself
    assert not Reply.objects.filter(comment="my answer").exists()


def test_no_other_kind_of_body_and_no_key_breaks_a_door(story: Any, signed_in: Any, open_rules: Any) -> None:
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    bodies = [
        ("application/json", '{"comment": "hello"}'),
        ("text/plain", "comment=hello"),
        ("application/x-www-form-urlencoded", "comment=%ED%A0%80%00&reply_to=%00"),
        ("multipart/form-data; boundary=x", BODY % ""),
        ("multipart/form-data; charset=unicode_escape; boundary=x", BODY % "\\ud800"),
    ]
    for kind, body in bodies:
        assert client.post(path, body, content_type=kind).status_code == 422, kind
    for address in (f"/replies/to/story/{10**30}/", f"/replies/{10**30}/edit/", f"/replies/{10**30}/mute/"):
        assert client.post(address, {"comment": "hello"}).status_code == 404
    for asked in ("?to=" + "9" * 30, "?to=-1", "?to=%00", "?to=٣", "?quote=1", "?to=1&to=2&quote"):
        assert client.get(path + asked).status_code == 200
    assert not Reply.objects.exists()
