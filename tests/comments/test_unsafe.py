"""Whatever people call themselves and write, no face that prints it has an element, attribute or address of theirs."""

import json
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from comments.models import Reply, Report, Sanction, Version
from comments.moderation import verbs
from comments.writing import texts
from members.models import Member, SiteRules
from tests.comments.conftest import discussion_of, say
from tests.factories import MemberFactory, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
EVIL = (
    "<script>zq()</script>", "<img src=x onerror=zq()>", "<svg/onload=zq()>", "</textarea><b zq>", "</title><zq>",
    "\"' onmouseover=zq() x='", "</script><script>zq()", "<!--", "-->", "]]>", "<![CDATA[", "&lt;zq&gt;", "&#60;zq>",
    "javascript:zq()", "data:text/html,<zq>", "https://e.example/\"onclick=zq()", "http://e.example/<zq>", "{{ zq }}",
    "{% zq %}", "<!--foot-->", "<!--face-->", "0-key-0", "0-name-0", "\u2028", "</details></li></ol><form>", "\\u003c",
)  # fmt: skip
BODIES = st.lists(st.one_of(st.sampled_from(EVIL), st.sampled_from(["> ", "\n", "\n\n", " "]), st.text(max_size=4)))
NAMES = st.lists(st.sampled_from(EVIL), min_size=1, max_size=2).map(lambda parts: "".join(parts)[:80])
SCHEMES = re.compile(r"(https?://|mailto:|/|#|\?|\.\.?/|[\w-]+/?$|$)")
IN_PARTS = ("/replies/in/", "/replies/to/", "/admin/comments/reply/?")  # to a script they answer something else
LOADS = ("href", "src", "action", "formaction", "data-undo", "poster", "srcset")
BLOCKS = {"p": set(), "br": set(), "blockquote": set(), "a": {"href", "rel"}}


def wrong_with(markup: str) -> list[str]:
    """Elements, attributes and addresses that none of our templates prints."""
    tree, found = html.fromstring(markup), []
    for element in tree.iter(etree.Element):
        tag = str(element.tag)
        inside = (element.text or "") if tag in ("script", "style") else ""
        kind = element.get("type", "")
        found += [f"<{tag}>"] * (tag == "zq" or "zq" in element.attrib or (tag == "script" and not element.get("src")))
        if tag == "script" and kind in ("application/ld+json", "application/json", "importmap"):
            found.remove("<script>")
            json.loads(inside)
        found += [f"{tag} {name}" for name in element.attrib if name.startswith("on") or name == "style"]
        found += [
            f"{tag} {name}={element.get(name)}" for name in LOADS if not SCHEMES.match(element.get(name, "").strip())
        ]
    for text in tree.iter("div"):
        if "reply-text" in text.get("class", "").split():
            found += [f"in the text: {each.tag}" for each in text.iterdescendants() if each.tag not in BLOCKS]
    return found


@given(BODIES.map("".join))
def test_a_body_is_four_elements_and_web_addresses(text: str) -> None:
    tree = html.fragment_fromstring(texts.to_html(texts.tidy(text)), create_parent="div")
    for element in tree.iterdescendants():
        assert set(element.attrib) == BLOCKS[str(element.tag)]
        if element.tag == "a":
            assert re.match(r"https?://", element.get("href", ""))
            assert element.get("rel") == "ugc nofollow"


QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # a page is not made a hundred times over to find a shorter fault


@settings(max_examples=6, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODIES.map("".join), NAMES)
def test_no_page_prints_what_somebody_wrote_or_is_called_as_markup(cast: Any, text: str, name: str) -> None:
    told = texts.tidy(text) or "said"
    name = texts.tidy(name).replace("\n", " ") or "x"
    with transaction.atomic():
        paths = faces_of(told, name, cast)
    people = {"": None, "member": cast.member, "moderator": cast.moderator}
    for who, path in paths:
        client = Client()
        if people[who]:
            client.force_login(people[who])
        for headers in ({}, {"X-Fragment": "1"})[: 1 + path.startswith(IN_PARTS)]:
            answer = client.get(path, headers=headers)
            assert answer.status_code == 200, path
            page = answer.content.decode()
            if "/feed/" in path:
                for summary in etree.fromstring(answer.content).iter("{*}summary"):
                    assert wrong_with(f"<div>{summary.text}</div>") == []
            elif page.strip():
                assert wrong_with(page) == [], path


def faces_of(text: str, name: str, cast: Any) -> list[tuple[str, str]]:
    """Everything that prints a reply or a name, with who looks at it."""
    now, story = timezone.now(), make_article()
    SiteRules.objects.get_or_create(pk=1)
    writer: Member = MemberFactory(name=name)
    root = say(story, text, by=writer, is_featured=True)
    say(story, text, by=cast.member, under=root)
    say(story, f"{text} held", by=writer, under=root, status=Reply.Status.HELD)
    refused = say(story, f"{text} refused", by=cast.member)
    Version.objects.create(reply=root, text=text)
    Report.objects.create(reply=root, member=writer, reason="hate", note=text)
    ruling = verbs.remove(refused, by=cast.moderator, now=now, reason=text[:300], message=text)
    assert ruling is not None
    Sanction.objects.create(member=cast.member, kind="warn", reason=text[:300], note=text)
    verbs.pin(root, by=cast.moderator, now=now)
    discussion = discussion_of(story)
    reply = {kind: reverse(f"reply_{kind}", args=[root.pk]) for kind in ("report", "mute")}
    within = reverse("reply_page", args=[discussion.pk])
    asking = f"{reverse('reply_write', args=['story', story.pk])}?to={root.pk}"
    desk = reverse("admin:comments_reply_changelist")
    return [
        *[(who, path) for who in ("", "member") for path in (story.get_absolute_url(), within, asking)],
        ("", f"{within}?order=picks"), ("", f"{within}?branch={root.pk}"), ("", f"/replies/feed/{discussion.pk}/"),
        ("member", reply["report"]), ("member", reply["mute"]), ("member", reverse("reply_mine")),
        ("member", f"/replies/follow/story/{story.pk}/?branch={root.pk}"),
        ("member", reverse("reply_appeal", args=["ruling", ruling.pk])),
        ("moderator", f"{desk}?queue=all"), ("moderator", f"{desk}?queue=reported"),
        ("moderator", reverse("admin:comments_reply_change", args=[root.pk])),
        ("moderator", reverse("admin:comments_report_changelist")),
        ("moderator", reverse("admin:comments_sanction_changelist")),
        ("moderator", reverse("admin:comments_reply_conduct", args=[cast.member.pk])),
    ]  # fmt: skip
