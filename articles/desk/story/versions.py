"""Versions of a story: who saved what and when, any two of them compared, and going back to one."""

from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, NullIf
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.rights import ask_to_change, ask_to_see, may_change
from articles.desk.states import UNPUBLISHED, WITHDRAWN, state_of
from articles.drafts.comparing import Line, compare_html, compare_words
from articles.models import Article, Author, Byline, Picture, RelatedLink, Revision, Section, Tag
from articles.models.article import UNSEEN_BY_LISTS
from articles.publishing import PublishError

BROUGHT_BACK = (
    "headline",
    "search_headline",
    "social_headline",
    "kicker",
    "standfirst",
    "full_text",
    "dateline",
    "republished_from",
    "republished_url",
)
ROWS = 100
VERB_WORDS = {
    "save": gettext_lazy("saved"),
    "submit": gettext_lazy("handed in"),
    "publish": gettext_lazy("published"),
    "schedule": gettext_lazy("scheduled"),
    "unschedule": gettext_lazy("taken back"),
    "correct": gettext_lazy("changed, live at once"),
    "withdraw": gettext_lazy("withdrawn"),
    "restore": gettext_lazy("put back"),
    "review": gettext_lazy("approved in review"),
    "clear": gettext_lazy("cleared legally"),
    "aside": gettext_lazy("set aside after a clash"),
}
COMPARED = {
    "headline": gettext_lazy("Headline"),
    "search_headline": gettext_lazy("Headline for search"),
    "social_headline": gettext_lazy("Headline for social media"),
    "kicker": gettext_lazy("Kicker"),
    "standfirst": gettext_lazy("Standfirst"),
    "dateline": gettext_lazy("Place"),
    "section_id": gettext_lazy("Section"),
    "bylines": gettext_lazy("Bylines"),
    "tags": gettext_lazy("Tags"),
    "related_links": gettext_lazy("Related links"),
    "lead_picture_id": gettext_lazy("Lead picture"),
    "audience": gettext_lazy("Audience"),
    "kind": gettext_lazy("Kind"),
    "published_at": gettext_lazy("Publish at"),
    "embargo_until": gettext_lazy("Embargo until"),
    "republished_from": gettext_lazy("Republished from"),
    "republished_url": gettext_lazy("Address of the first publication"),
    "canonical_url": gettext_lazy("Canonical address"),
    "original_id": gettext_lazy("Translation of"),
}
NAMED = {
    "section_id": Section,
    "bylines": Author,
    "tags": Tag,
    "related_links": Article,
    "original_id": Article,
    "lead_picture_id": Picture,
}


class VersionViews(StoryPart):
    """The versions' views, for the story's ModelAdmin."""

    admin_site: Any

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The list, two compared, and going back to one."""
        restore = "<int:object_id>/versions/<int:version>/restore/"
        return [
            path("<int:object_id>/versions/", wrap(self.versions), name="articles_article_versions"),
            path("<int:object_id>/versions/compare/", wrap(self.compare), name="articles_article_compare"),
            path(restore, wrap(self.restore_version), name="articles_article_restore_version"),
        ]

    def versions(self, request: Any, object_id: int) -> HttpResponse:
        """The latest versions, newest first, without their texts; one of them in full with `?version=`."""
        article = _seen_by(request, object_id)
        rows = list(listed(article)[:ROWS])
        for place, row in enumerate(rows):
            before = rows[place + 1].words if place + 1 < len(rows) else None
            row.said = VERB_WORDS.get(row.verb, row.verb)
            row.change = row.words - before if before is not None and row.words is not None else None
        wanted = request.GET.get("version", "")
        shown = article.revisions.filter(pk=int(wanted)).select_related("made_by").first() if wanted.isdigit() else None
        context = {
            **self._page(request, article),
            "title": _("Versions"),
            "rows": rows,
            "chosen": [row.pk for row in rows[:2]],
            "shown": shown,
            "lines": compare_html(*[shown.content.get("full_text", "")] * 2) if shown else [],
        }
        return render(request, "admin/articles/article/versions.html", context)

    def compare(self, request: Any, object_id: int) -> HttpResponse:
        """Two versions, `?from=` and `?to=`, the older first whichever way round; without them the latest two."""
        article = _seen_by(request, object_id)
        rows = article.revisions.select_related("made_by").order_by("-made_at", "-pk")
        asked = [int(key) for name in ("from", "to") if (key := request.GET.get(name, "")).isdigit() and len(key) < 19]
        chosen = list(rows.filter(pk__in=asked) if asked else rows[:2])
        if not chosen:
            messages.info(request, _("There is nothing to compare yet."))
            return redirect("admin:articles_article_versions", article.pk)
        newer, older = chosen[0], chosen[-1]
        context = {
            **self._page(request, article),
            "title": _("Two versions"),
            "older": older,
            "newer": newer,
            "fields": compared(older.content, newer.content),
            "lines": compare_html(older.content.get("full_text", ""), newer.content.get("full_text", "")),
            "is_formatting": older.content.get("full_text") != newer.content.get("full_text"),
        }
        context["is_text_changed"] = any(line.is_changed for line in context["lines"])
        return render(request, "admin/articles/article/compare.html", context)

    def restore_version(self, request: Any, object_id: int, version: int) -> HttpResponse:
        """POST: make the story what it was in a version; what it is now stays a version of its own."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            with transaction.atomic():
                article = get_object_or_404(Article.objects.select_for_update(), pk=object_id)
                ask_to_change(request, article)
                bring_back(article, get_object_or_404(Revision, pk=version, article=article), request)
        except PublishError as refusal:
            messages.error(request, str(refusal))
            return respond(redirect("admin:articles_article_versions", object_id))
        messages.success(request, _("That version is back. The one before it is among the versions."))
        return respond(redirect("admin:articles_article_change", object_id))

    def _page(self, request: Any, article: Article) -> dict[str, Any]:
        """What both pages have."""
        may = may_change(request, article, request.now)
        return {**self.admin_site.each_context(request), "article": article, "may_restore": may}


def _seen_by(request: Any, pk: int) -> Article:
    """The story without its text. 404, or 403 where this member may not see it."""
    article = get_object_or_404(Article.objects.defer(*UNSEEN_BY_LISTS), pk=pk)
    ask_to_see(request, article)
    return article


def listed(article: Article) -> Any:
    """Its versions, newest first, with who made them, their headline and `words`, and no text. One query."""
    words = Cast(NullIf(KT("content__word_count"), models.Value("")), models.IntegerField())
    rows = article.revisions.select_related("made_by").defer("content")
    return rows.annotate(headline=KT("content__headline"), words=words).order_by("-made_at", "-pk")


def compared(older: dict[str, Any], newer: dict[str, Any]) -> list[tuple[str, Line]]:
    """The fields in which two versions differ, with their names. At most one query for each kind of thing named."""
    found = []
    for name, label in COMPARED.items():
        if name in older and name in newer and older[name] != newer[name]:
            before, after = _in_words(name, older[name], newer[name])
            found.append((str(label), Line("p", compare_words(before, after))))
    return found


def bring_back(article: Article, revision: Revision, request: Any) -> None:
    """Make the story what it was, as far as what it named still exists, and let the publishing verbs follow."""
    content = revision.content
    for name in BROUGHT_BACK:
        if name in content:
            setattr(article, name, content[name])
    if "lead_picture_id" in content:
        article.lead_picture = Picture.objects.filter(pk=content["lead_picture_id"]).first()
    _bring_back_rows(article, content)
    article.save()
    if state_of(article, request.now) in UNPUBLISHED | {WITHDRAWN}:
        publishing.save_draft(article, by=request.user, now=request.now)
    else:
        publishing.correct(article, by=request.user, now=request.now, stamp=False)


def _bring_back_rows(article: Article, content: dict[str, Any]) -> None:
    """Bylines, tags and related links as they were, without those whose author, tag or story is gone."""
    if "tags" in content:
        article.tags.set(Tag.objects.filter(pk__in=content["tags"]))
    if "bylines" in content:
        known = set(
            Author.objects.filter(pk__in=[row["author_id"] for row in content["bylines"]]).values_list("pk", flat=True)
        )
        article.bylines.all().delete()
        Byline.objects.bulk_create(
            Byline(article=article, **row) for row in content["bylines"] if row["author_id"] in known
        )
    if "related_links" in content:
        links = content["related_links"]
        known = set(
            Article.objects.filter(pk__in=[row["story_id"] for row in links if row["story_id"]]).values_list(
                "pk", flat=True
            )
        )
        article.related_links.filter(in_body=False).delete()
        RelatedLink.objects.bulk_create(
            RelatedLink(article=article, **row) for row in links if row["story_id"] is None or row["story_id"] in known
        )


def _existing(model: Any, keys: list[int]) -> set[int]:
    return set(model.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _in_words(name: str, *values: Any) -> list[str]:
    """Values of a version's field as people read them; keys become names."""
    model = NAMED.get(name)
    if model is None:
        return [str("" if value is None else value) for value in values]
    keys = {key for value in values for key in _keys(name, value)}
    rows = model._default_manager.filter(pk__in=keys)
    names = {row.pk: str(row) for row in (rows.defer(*UNSEEN_BY_LISTS) if model is Article else rows)}
    return ["\n".join(_named(name, value, names)) for value in values]


def _keys(name: str, value: Any) -> list[int]:
    match name:
        case "tags":
            return list(value)
        case "bylines":
            return [row["author_id"] for row in value]
        case "related_links":
            return [row["story_id"] for row in value if row["story_id"]]
    return [value] if value else []


def _named(name: str, value: Any, names: dict[int, str]) -> list[str]:
    """One line for each thing the value names; what is gone says so."""
    gone = _("(gone)")
    match name:
        case "bylines":
            return [", ".join(filter(None, (names.get(row["author_id"], gone), row["role"]))) for row in value]
        case "related_links":
            return [
                " · ".join(
                    filter(
                        None, (names.get(row["story_id"], gone) if row["story_id"] else "", row["title"], row["url"])
                    )
                )
                for row in value
            ]
    return [names.get(key, gone) for key in _keys(name, value)]
