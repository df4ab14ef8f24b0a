"""What somebody may not see of a story, no page of the desk shows: every address is asked for, by everybody
who works here and has no business with the story.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLResolver, reverse
from django.utils import timezone

from articles.models import (
    Article,
    Byline,
    LiveEntry,
    OutgoingLink,
    Picture,
    PreviewLink,
    RelatedLink,
    Revision,
    SectionLimit,
    Series,
    StoryNote,
    WorkingCopy,
)
from members.models import AuditEntry, SiteRules
from tests.articles.test_desk import draft, signed_in
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
OURS = ("articles_", "members_", "comments_", "staff_", "index", "app_list", "autocomplete")
TEXT, HEADLINE = "zqtext", "zqheadline"  # `TEXT`: all else that is said in, about and around the story
RECORD = "members_auditentry_"  # the record names what was done to, for editors


def patterns(found: Any, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every named address of the desk with the names of what stands in it."""
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns)
        elif pattern.name and pattern.name.startswith(OURS):
            yield pattern.name, [*pattern.pattern.converters] or [*getattr(pattern.pattern.regex, "groupindex", {})]


@pytest.fixture(params=["draft", "ready", "scheduled"])
def secret(request: Any, cast: Cast) -> Article:
    """A story of the sports pages that is not out, with everything that could hang on it."""
    now = timezone.now()
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True, live_coverage=True)
    series = Series.objects.create(name="Under water", slug="under-water")
    fields: dict[str, Any] = {
        "headline": HEADLINE, "standfirst": TEXT, "full_text": f"<p>{TEXT}</p>", "series": series,
        "section": SectionFactory(slug="sport"), "created_by": cast.publisher, "lead_picture": Picture.objects.create(),
    }  # fmt: skip
    if request.param == "scheduled":
        story = make_article(published_at=now + timedelta(hours=1), **fields)
    else:
        story = draft(status=request.param, **fields)
    Byline.objects.create(article=story, author=AuthorFactory(slug="ada"))
    Revision.objects.create(article=story, verb="save", content={"headline": TEXT, "full_text": f"<p>{TEXT}</p>"})
    StoryNote.objects.create(article=story, text=TEXT, blocks=True, by=cast.publisher)
    PreviewLink.objects.create(article=story, label=TEXT, expires_at=now + timedelta(days=1))
    LiveEntry.objects.create(article=story, headline=TEXT, text=f"<p>{TEXT}</p>")
    WorkingCopy.objects.create(article=story, member=cast.publisher, content={"headline": TEXT})
    OutgoingLink.objects.create(article=story, url=f"https://example.org/{TEXT}", failing_since=now - timedelta(days=9))
    out = make_article(section=SectionFactory(slug="city"), series=series, lead_picture=story.lead_picture)
    RelatedLink.objects.create(article=story, story=out)
    AuditEntry.objects.note("story.save", by=cast.publisher, subject=story)
    return story


@pytest.fixture
def limited(cast: Cast) -> Any:
    """An editor limited to the city."""
    SectionLimit.objects.create(member=cast.editor, section=SectionFactory(slug="city"))
    return cast.editor


def addresses(story: Article, *, of: tuple[str, ...] = ("",)) -> Iterator[tuple[str, str]]:
    """Every address of the desk whose name begins so, as (name, path): those of stories name this one and what hangs
    on it."""
    below = {"version": "revisions", "note_id": "notes", "link_id": "preview_links", "entry_id": "live_entries"}
    here = {part: getattr(story, rows).values_list("pk", flat=True).first() for part, rows in below.items()}
    rows = _a_row_of_each_model()
    for name, needed in patterns(admin.site.get_urls()):
        if not name.startswith(of):
            continue
        values: dict[str, Any] = {"verb": "publish", "name": "publish" if "several" in name else "lead", **here}
        values |= {"app_label": "articles", "step": "close", "missed_id": story.pk}
        key: Any = story.pk
        if not name.startswith("articles_article") and (row := _row(name, rows)) is not None:
            key = row
        values |= {"object_id": key, "pk": key, "price_id": key}
        yield name, reverse(f"admin:{name}", kwargs={part: values[part] for part in needed})


def _a_row_of_each_model() -> dict[str, Any]:
    """The key of some row of each model on the desk, by how its addresses are named."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}_": model for model in admin.site._registry}
    return {name: model._default_manager.values_list("pk", flat=True).first() for name, model in models.items()}


def _row(name: str, rows: dict[str, Any]) -> Any:
    """The key of some row of the model an address is of."""
    return next((key for prefix, key in rows.items() if name.startswith(prefix)), None)


def said(client: Client, path: str, known: set[str] | None = None, **query: Any) -> str:
    """All an address answers: its headers and its page, wherever it leads. What is `known` is not followed again."""
    found, seen = "", set() if known is None else known
    while path not in seen:
        answer = client.get(path, query)
        page = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # the client's
        found += f"{answer.headers} {page.decode()}"
        seen.add(path)
        path, query = urljoin(path, answer.headers.get("Location", path)), {}
    return f"{found} {path}"


@pytest.mark.parametrize("who", ["editor", "moderator", "manager"])
def test_no_page_of_the_desk_shows_a_story_to_who_may_not_see_it(
    who: str, secret: Article, limited: Any, cast: Cast
) -> None:
    client = signed_in(getattr(cast, who))
    shown, known = [], set[str]()
    for name, path in addresses(secret):
        page = said(client, path, None if name.startswith(RECORD) else known)
        shown += [(name, word) for word in (TEXT, HEADLINE) if word in page]
    assert [(name, word) for name, word in shown if word == TEXT or not name.startswith(RECORD)] == []


@pytest.mark.parametrize("who", ["editor", "moderator", "manager"])
def test_no_look_up_finds_a_story_for_who_may_not_see_it(who: str, secret: Article, limited: Any, cast: Cast) -> None:
    client = signed_in(getattr(cast, who))
    for name in ("articles_article_lookup", "articles_frontslot_changelist"):
        assert HEADLINE not in said(client, reverse(f"admin:{name}"), q="zq", keys=str(secret.pk))
    assert HEADLINE not in said(client, reverse("admin:articles_article_changelist"), q="zq")
    several = reverse("admin:articles_article_several", args=["publish"])
    assert HEADLINE not in said(client, several, story=str(secret.pk))
    for model, field in (("byline", "article"), ("relatedlink", "story"), ("frontslot", "story")):
        asked = {"app_label": "articles", "model_name": model, "field_name": field, "term": "zq"}
        assert HEADLINE not in said(client, reverse("admin:autocomplete"), **asked)


def test_nobody_limited_puts_a_story_of_others_anywhere(secret: Article, limited: Any) -> None:
    client = signed_in(limited)
    out = Article.objects.live(timezone.now()).get()
    suggested = reverse("admin:articles_article_suggestions", args=[out.pk])
    assert client.post(suggested, {"story": secret.pk}).status_code == 404
    place = reverse("admin:articles_frontslot_place")
    assert client.post(place, {"story": secret.pk, "where": "lead-1"}).status_code == 404
    parts = reverse("admin:articles_series_parts", args=[secret.series_id])
    client.post(parts, {f"part-{secret.pk}": "7"})
    look = reverse("admin:articles_article_look_again", args=[OutgoingLink.objects.get().pk])
    assert client.post(look).status_code == 404
    secret.refresh_from_db()
    assert secret.series_part is None
    assert not RelatedLink.objects.filter(story=secret).exists()
    assert not hasattr(secret, "front_slot")


def test_the_refusal_says_what_is_in_the_way_of_somebody_limited(secret: Article, limited: Any) -> None:
    client = signed_in(limited)
    for view in ("preview", "versions", "notes", "out", "suggestions"):
        refused = client.get(reverse(f"admin:articles_article_{view}", args=[secret.pk]))
        assert refused.status_code == 403
        assert "limited to other sections" in refused.content.decode()


def test_a_row_of_any_model_leads_no_colleague_to_the_address_of_a_story(secret: Article, cast: Cast) -> None:
    kind = ContentType.objects.get_for_model(Article)
    Article.objects.filter(pk=secret.pk).update(slug="zqslug")
    answer = signed_in(cast.moderator).get(f"/admin/r/{kind.pk}/{secret.pk}/")
    assert "zqslug" not in answer.headers.get("Location", "")
