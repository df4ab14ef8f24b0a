"""The story's thread of notes and its preview links, beside the form and on pages of their own.

A form cannot stand within another: beside the story's the fields name the forms of `part_forms.html`, which
stand after it. Each answers a fragment in place, and without script with the page it came from.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from articles.desk.base import StoryPart, Wrap
from articles.desk.rights import PUBLISH, ask_to_change, ask_to_see, marked, may_change
from articles.drafts import notes, preview_links
from articles.models import Article, PreviewLink, StoryNote
from newsroom.caching import FRAGMENT_HEADER

READ = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Said:
    """One note, and whether this member may settle or reopen it."""

    note: StoryNote
    may_settle: bool


@dataclass(frozen=True)
class Thread:
    """A story's notes as one member of staff sees them; `error` and `text` after a refusal."""

    waiting: list[Said]
    settled: list[Said]
    may_block: bool
    may_link: bool
    error: str = ""
    text: str = ""


class NoteViews(StoryPart):
    """Notes and preview links, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The thread, what settles a note, the links and what stops one."""
        story = "<int:object_id>"
        return [
            path(f"{story}/notes/", wrap(thread_page), name="articles_article_notes"),
            path(f"{story}/notes/<int:note_id>/resolve/", wrap(resolve), name="articles_article_note_resolve"),
            path(f"{story}/notes/<int:note_id>/reopen/", wrap(reopen), name="articles_article_note_reopen"),
            path(f"{story}/links/", wrap(links_page), name="articles_article_links"),
            path(f"{story}/links/<int:link_id>/revoke/", wrap(revoke), name="articles_article_link_revoke"),
        ]

    def part_context(self, request: Any, article: Any) -> dict[str, Any]:
        """The thread, for a story that is a row. One query."""
        return {"thread": thread_of(request, article)} if article is not None and article.pk else {}


# -- Notes -----------------------------------------------------------------------------------------


@require_http_methods(READ)
def thread_page(request: Any, object_id: int) -> HttpResponse:
    """The thread on a page of its own; POST (`text`, `blocks`) adds a note."""
    article = story_to_see(request, object_id)
    if request.method != "POST":
        return _thread(request, article)
    text, blocks = request.POST.get("text", ""), "blocks" in request.POST and request.user.has_perm(PUBLISH)
    try:
        notes.add(article, by=request.user, text=text, blocks=blocks, now=timezone.now())
    except notes.NoteError as refusal:
        return _thread(request, article, error=str(refusal), text=text, status=422)
    return _after_note(request, article)


@require_POST
def resolve(request: Any, object_id: int, note_id: int) -> HttpResponse:
    """Settle a note. A blocking one only by its author or who may publish: else 403."""
    article = story_to_see(request, object_id)
    notes.resolve(_note_to_settle(request, article, note_id), by=request.user, now=timezone.now())
    return _after_note(request, article)


@require_POST
def reopen(request: Any, object_id: int, note_id: int) -> HttpResponse:
    """Take the settling back; by whom as `resolve`."""
    article = story_to_see(request, object_id)
    notes.reopen(_note_to_settle(request, article, note_id), by=request.user)
    return _after_note(request, article)


def thread_of(request: Any, article: Article, *, error: str = "", text: str = "") -> Thread:
    """The story's notes for who is asking. One query."""
    rows = [Said(note, may_settle(request, note)) for note in article.notes.in_order().with_people()]
    now = timezone.now()
    return Thread(
        waiting=[row for row in rows if row.note.resolved_at is None],
        settled=[row for row in rows if row.note.resolved_at is not None],
        may_block=request.user.has_perm(PUBLISH),
        may_link=is_coming(article) and may_change(request, article, now),
        error=error,
        text=text,
    )


def may_settle(request: Any, note: StoryNote) -> bool:
    """Anybody settles a note; one that blocks only who wrote it or who may publish."""
    return not note.blocks or note.by_id == request.user.pk or request.user.has_perm(PUBLISH)


def story_to_see(request: HttpRequest, object_id: int) -> Article:
    """The story without its text, for who may look at stories. 403 and 404 else."""
    article: Article = get_object_or_404(marked(Article.objects.without_text(), request.user), pk=object_id)
    ask_to_see(request, article)
    return article


def back_to_story(request: Any, article: Article, part: str, own_page: str) -> HttpResponse:
    """303 to where the form stood: `part` of the story's form, or the part's own page."""
    on_form = request.POST.get("from") != "page" and may_change(request, article, timezone.now())
    name = "admin:articles_article_change" if on_form else own_page
    return HttpResponseRedirect(f"{reverse(name, args=[article.pk])}#{part}", status=303)


def part_page(request: Any, part: str, page: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A part beside the story's form: by itself for a fragment, else on a page of the desk."""
    if FRAGMENT_HEADER in request.headers:
        return render(request, f"admin/articles/article/{part}", context, status=status)
    desk = {**admin.site.each_context(request), "title": context["original"].headline}
    return render(request, f"admin/articles/article/{page}", {**desk, **context}, status=status)


def _note_to_settle(request: Any, article: Article, note_id: int) -> StoryNote:
    note: StoryNote = get_object_or_404(article.notes.select_related("article"), pk=note_id)
    if not may_settle(request, note):
        raise PermissionDenied(PUBLISH)
    return note


def _after_note(request: Any, article: Article) -> HttpResponse:
    if FRAGMENT_HEADER in request.headers:
        return _thread(request, article)
    return back_to_story(request, article, "notes", "admin:articles_article_notes")


def _thread(request: Any, article: Article, *, status: int = 200, **typed: str) -> HttpResponse:
    context = {"original": article, "thread": thread_of(request, article, **typed)}
    return part_page(request, "notes.html", "notes_page.html", context, status=status)


# -- Preview links ---------------------------------------------------------------------------------


@require_http_methods(READ)
def links_page(request: Any, object_id: int) -> HttpResponse:
    """The story's preview links; POST (`label`, `days`) makes one. For who may change the story."""
    article = _story_to_lend(request, object_id)
    if request.method != "POST":
        return _links(request, article)
    label, days = request.POST.get("label", ""), request.POST.get("days", "")
    try:
        made = preview_links.make_link(
            article,
            label=label,
            days=int(days) if days.isdecimal() and len(days) < 4 else 0,
            by=request.user,
            now=timezone.now(),
        )
    except preview_links.PreviewLinkError as refusal:
        return _links(request, article, error=str(refusal), label=label, status=422)
    return _after_link(request, article, made)


@require_POST
def revoke(request: Any, object_id: int, link_id: int) -> HttpResponse:
    """Stop a link at once."""
    article = _story_to_lend(request, object_id)
    link = get_object_or_404(article.preview_links.select_related("article"), pk=link_id)
    preview_links.revoke(link, by=request.user, now=timezone.now())
    return _after_link(request, article, None)


def is_coming(article: Article) -> bool:
    """Whether readers do not know the story yet, so that somebody may be let in before them."""
    return not article.is_live(timezone.now()) and article.status != Article.Status.WITHDRAWN


def _story_to_lend(request: Any, object_id: int) -> Article:
    article = story_to_see(request, object_id)
    ask_to_change(request, article)
    return article


def _after_link(request: Any, article: Article, made: PreviewLink | None) -> HttpResponse:
    if FRAGMENT_HEADER in request.headers:
        return _links(request, article, made=made)
    return HttpResponseRedirect(reverse("admin:articles_article_links", args=[article.pk]), status=303)


def _links(request: Any, article: Article, *, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    rows = article.preview_links.select_related("made_by").order_by("-made_at", "-pk")
    context = {
        "original": article,
        "links": [(link, preview_links.address_of(link), link.works(now)) for link in rows],
        "may_link": is_coming(article),
        "days": preview_links.DAYS,
        "default_days": preview_links.DEFAULT_DAYS,
        **more,
    }
    return part_page(request, "preview_links.html", "preview_links_page.html", context, status=status)
