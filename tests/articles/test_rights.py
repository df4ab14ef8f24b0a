"""The permission matrix: every address of the desk for articles, members and replies × every role × every state.

The walk finds the addresses by itself: a new one fails here until somebody says who may open it. And the limits
that rest on the story: whose it is, and which section it is in.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLResolver, reverse

from articles.models import Article, Author, Byline, Revision, SectionLimit
from members.models import SiteRules
from tests.articles.test_desk import TEXT, draft, form_of, signed_in, stored
from tests.factories import ArticleFactory, Cast, MemberFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db
APPS = ("articles_", "members_", "comments_")
LETTERS = {"writer": "w", "editor": "e", "publisher": "p", "moderator": "m", "manager": "a"}
OUTSIDE = ("member", "nobody")
NOWHERE = "999999"

# Model → who sees its list and its rows, who adds, who deletes: writer, editor, publisher, moderator, manager (a).
MODELS: dict[str, tuple[str, str, str]] = {
    "articles_article": ("wep", "wep", "ep"),
    "articles_author": ("wep", "ep", ""),
    "articles_page": ("wep", "ep", ""),
    "articles_picture": ("wep", "wep", ""),
    "articles_redirect": ("ep", "ep", ""),
    "articles_revision": ("wep", "", ""),
    "articles_section": ("wep", "ep", ""),
    "articles_series": ("wep", "ep", ""),
    "articles_tag": ("wep", "wep", ""),
    "comments_discussion": ("pm", "", ""),
    "comments_reply": ("pm", "", ""),
    "comments_report": ("pm", "", ""),
    "comments_sanction": ("pm", "pm", ""),
    "members_auditentry": ("ep", "", ""),
    "members_checkoutattempt": ("pa", "", ""),
    "members_complimentary": ("pa", "pa", ""),
    "members_gift": ("pa", "", ""),
    "members_grant": ("pa", "", ""),
    "members_issue": ("", "", ""),
    "members_letter": ("pa", "p", ""),
    "members_lettersubscription": ("", "", ""),
    "members_mailing": ("", "", ""),
    "members_member": ("pma", "", ""),
    "members_menuitem": ("p", "p", "p"),
    "members_offlinepayment": ("pa", "pa", ""),
    "members_payment": ("pa", "", ""),
    "members_price": ("pa", "pa", ""),
    "members_round": ("ep", "p", ""),
    "members_siterules": ("p", "", ""),
    "members_stripecustomer": ("pa", "pa", ""),
    "members_stripeevent": ("pa", "", ""),
    "members_subscription": ("pa", "", ""),
    "members_tier": ("pa", "pa", ""),
    "members_topic": ("wep", "ep", ""),
}
PAGES = ("changelist", "add", "change", "delete", "history")

LEADS_ON = {"members_siterules_changelist"}  # one row: its list leads to its form

# Address → method, arguments, who may; and what it answers them when there is no such row. Money's buttons answer
# nobody without a row: their own tests press them.
OTHERS: dict[str, tuple[str, list[Any], str, int]] = {
    "articles_article_lookup": ("get", [], "wep", 200),
    "articles_article_several": ("get", ["publish"], "ep", 200),
    "articles_picture_lookup": ("get", [], "wep", 200),
    "articles_picture_upload": ("post", [], "wep", 400),
    "articles_tag_lookup": ("get", [], "wep", 200),
    "comments_reply_decide": ("post", [999999, "approve"], "pm", 404),
    "comments_report_settle": ("post", [999999, "settle"], "pm", 404),
    "members_complimentary_do": ("post", [999999, "end"], "", 403),
    "members_offlinepayment_do": ("post", [999999, "end"], "", 403),
    "members_payment_do": ("post", [999999, "refund"], "", 403),
    "members_stripeevent_do": ("post", [999999, "retry"], "", 403),
    "members_subscription_do": ("post", [999999, "sync"], "", 403),
    "members_topic_do": ("post", [999999, "admit"], "ep", 404),
}

# A story's own addresses: method, and what each role is answered in what is not approved yet, and in the rest.
# Roles: a writer on a story of their own, on somebody else's, editor, publisher. 302: shown the preview instead.
STATES = ("draft", "ready", "scheduled", "live", "withdrawn")
STORY: dict[str, tuple[str, tuple[int, int, int, int], tuple[int, int, int, int]]] = {
    "change": ("get", (200, 302, 200, 200), (302, 302, 200, 200)),
    "preview": ("get", (200, 200, 200, 200), (200, 200, 200, 200)),
    "versions": ("get", (200, 200, 200, 200), (200, 200, 200, 200)),
    "history": ("get", (200, 200, 200, 200), (200, 200, 200, 200)),
    "delete": ("get", (403, 403, 200, 200), (403, 403, 403, 403)),
    "submit": ("post", (303, 403, 303, 303), (403, 403, 303, 303)),
    "publish": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "schedule": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "unschedule": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "withdraw": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "restore": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "review": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "clear": ("post", (403, 403, 403, 303), (403, 403, 403, 303)),
    "lift": ("post", (403, 403, 303, 303), (403, 403, 303, 303)),
    "restore_version": ("post", (302, 403, 302, 302), (403, 403, 302, 302)),
}
PRIVATE = {"add_and"}  # tested by its own sentence below


def names(patterns: Any) -> Iterator[str]:
    """The names of the desk's addresses for our three apps."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif pattern.name and pattern.name.startswith(APPS):
            yield pattern.name


def browser(cast: Cast, who: str) -> Client:
    """A browser, signed in unless nobody is."""
    return Client() if who == "nobody" else signed_in(getattr(cast, who))


def wrong(answer: Any, wanted: int, where: str) -> list[str]:
    """What to complain of; a refusal is a page, never a traceback."""
    said = [] if answer.status_code == wanted else [f"{where}: {answer.status_code} instead of {wanted}"]
    return said + ([f"{where}: traceback"] if b"Traceback" in answer.content else [])


def test_every_address_of_the_desk_is_in_the_matrix() -> None:
    known = {f"{model}_{page}" for model in MODELS for page in PAGES} | set(OTHERS)
    known |= {f"articles_article_{view}" for view in (*STORY, *PRIVATE)}
    assert set(names(admin.site.get_urls())) == known


@pytest.mark.parametrize("who", [*LETTERS, *OUTSIDE])
def test_every_list_and_every_other_address_opens_to_its_roles_alone(who: str, cast: Cast) -> None:
    client, complaints = browser(cast, who), []
    letter = LETTERS.get(who, "")
    for model, (see, add, delete) in MODELS.items():
        asked = [("changelist", [], see, 200), ("add", [], add, 200), ("delete", [NOWHERE], delete, 302)]
        for page, arguments, roles, status in asked:
            name = f"admin:{model}_{page}"
            status = 302 if f"{model}_{page}" in LEADS_ON else status
            wanted = 302 if who in OUTSIDE else status if letter in roles else 403
            complaints += wrong(client.get(reverse(name, args=arguments)), wanted, f"{who} {name}")
    for name, (method, arguments, roles, status) in OTHERS.items():
        wanted = 302 if who in OUTSIDE else status if letter in roles else 403
        answer = getattr(client, method)(reverse(f"admin:{name}", args=arguments))
        complaints += wrong(answer, wanted, f"{who} {name}")
    assert not complaints


def story_at(state: str, now: datetime, **fields: Any) -> Article:
    """A story in this state."""
    if state in ("draft", "ready"):
        story = draft(status=state, **fields)
    else:
        when = now + timedelta(hours=1 if state == "scheduled" else -1)
        status = "withdrawn" if state == "withdrawn" else "published"
        story = make_article(status=status, published_at=when, full_text=TEXT, **fields)
    Revision.objects.create(article=story, verb="save", content={"headline": "Before"})
    return story


WHO = [("writer", 0), ("writer", 1), ("editor", 2), ("publisher", 3)]
WHO += [(who, 4) for who in ("moderator", "manager", *OUTSIDE)]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("who", "place"), WHO)
def test_every_view_of_a_story_answers_as_role_and_state_say(
    who: str, place: int, state: str, cast: Cast, now: datetime
) -> None:
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True)
    client, complaints = browser(cast, who), []
    for view, (method, unapproved, approved) in STORY.items():
        story = story_at(state, now, created_by=cast.writer if place == 0 else cast.editor)
        arguments = [story.pk, story.revisions.get().pk] if view == "restore_version" else [story.pk]
        answers = unapproved if state in ("draft", "ready") else approved
        wanted = answers[place] if place < 4 else 302 if who in OUTSIDE else 403
        answer = getattr(client, method)(reverse(f"admin:articles_article_{view}", args=arguments))
        complaints += wrong(answer, wanted, f"{who} {view} {state}")
        if wanted in (302, 403) and view != "restore_version":
            now_is = Article.objects.get(pk=story.pk)
            assert (now_is.status, now_is.headline) == (story.status, story.headline)
    assert not complaints


@pytest.mark.parametrize("verb", ["publish", "schedule", "submit"])
def test_a_new_story_goes_only_where_its_writer_may_send_it(verb: str, cast: Cast) -> None:
    path = reverse("admin:articles_article_add_and", args=[verb])
    for who, wanted in {"writer": 303 if verb == "submit" else 403, "editor": 303, "moderator": 403}.items():
        assert browser(cast, who).post(path).status_code == wanted
    assert not Article.objects.exists()


def test_a_story_somebody_signs_is_theirs_too(cast: Cast) -> None:
    story = draft(created_by=cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    client = signed_in(cast.writer)
    assert client.get(path).status_code == 302
    assert client.post(path, {"headline": "Mine"}).status_code == 403
    Byline.objects.create(article=story, author=Author.objects.create(name="W", slug="w", member=cast.writer))
    stored(client.post(path, form_of(client, story, headline="Ours")))
    assert Article.objects.get().headline == "Ours"


@pytest.fixture
def limited(cast: Cast) -> Any:
    """An editor limited to the city."""
    SectionLimit.objects.create(member=cast.editor, section=SectionFactory(slug="city"))
    return cast.editor


def test_a_limit_to_sections_holds_on_every_face_of_a_story(limited: Any, cast: Cast, now: datetime) -> None:
    inside = draft(headline="Inside", section=SectionFactory(slug="city"))
    outside = draft(headline="Outside", section=SectionFactory(slug="sport"), created_by=limited)
    homeless = draft(headline="Homeless", section=None)
    own = draft(headline="Own", section=None, created_by=limited)
    client = signed_in(limited)
    listed = client.get(reverse("admin:articles_article_changelist")).content.decode()
    found = client.get(reverse("admin:articles_article_lookup")).json()["results"]
    for story, wanted in ((inside, True), (own, True), (outside, False), (homeless, False)):
        assert (f">{story.headline}<" in listed) is wanted
        assert (story.pk in [row["key"] for row in found]) is wanted
        for view in ("change", "preview", "versions"):
            path = reverse(f"admin:articles_article_{view}", args=[story.pk])
            assert client.get(path).status_code == (200 if wanted else 403), (story, view)
        path = reverse("admin:articles_article_publish", args=[story.pk])
        assert client.post(path).status_code == (303 if wanted else 403)
    assert set(Article.objects.live(now).values_list("headline", flat=True)) == {"Inside", "Own"}


def test_a_live_story_of_another_section_may_be_linked_to(limited: Any) -> None:
    story = make_article(section=SectionFactory(slug="sport"))
    found = signed_in(limited).get(reverse("admin:articles_article_lookup")).json()["results"]
    assert [row["key"] for row in found] == [story.pk]


def test_nobody_files_a_story_outside_their_sections(limited: Any) -> None:
    city, sport = SectionFactory(slug="city"), SectionFactory(slug="sport")
    story = draft(section=city)
    client = signed_in(limited)
    path = reverse("admin:articles_article_change", args=[story.pk])
    assert "Sport" not in client.get(path).content.decode()
    refused = client.post(path, form_of(client, story, section=sport.pk, headline="Typed"))
    assert refused.status_code == 200
    assert "Typed" in refused.content.decode()
    several = reverse("admin:articles_article_several", args=["move"])
    said = client.post(several, {"story": [story.pk], "section": sport.pk}, follow=True).content.decode()
    assert "limited to other sections" in said
    assert Article.objects.get().section == city


def test_who_has_no_limit_works_everywhere(cast: Cast) -> None:
    SectionLimit.objects.create(member=MemberFactory(), section=SectionFactory(slug="city"))
    story: Article = ArticleFactory(section=SectionFactory(slug="sport"))
    path = reverse("admin:articles_article_change", args=[story.pk])
    assert signed_in(cast.editor).get(path).status_code == 200
