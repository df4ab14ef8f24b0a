"""Live entries on the desk: one page to write them fast, on a phone as well, and to put them right."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from js_asset import Media

from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.rights import ask_to_change
from articles.desk.states import LIVE, state_of
from articles.desk.story.editor_field import StoryEditorField
from articles.live import coverage, stream
from articles.live.coverage import CoverageError
from articles.models import Article, LiveEntry
from articles.models.article import UNSEEN_BY_LISTS

Verb = Callable[..., None]


class EntryForm(forms.Form):
    """An entry's words. `seen` is the `changed_at` its writer looked at: it refuses a silent overwrite."""

    headline = forms.CharField(
        label=gettext_lazy("Headline"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Headline, if it needs one")}),
    )
    text = StoryEditorField(label=gettext_lazy("Text"), required=False)
    is_key = forms.BooleanField(label=gettext_lazy("A key point: also stands above the entries"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, entry: LiveEntry) -> "EntryForm":
        """The form as an entry stands."""
        seen = entry.changed_at.isoformat() if entry.changed_at else ""
        return cls(initial={name: getattr(entry, name) for name in ("headline", "text", "is_key")} | {"seen": seen})

    @property
    def words(self) -> dict[str, Any]:
        """What the verbs of `articles.coverage` take. The text as it was typed: they make it clean."""
        data = self.cleaned_data
        typed = str(self.data.get("text", ""))
        return {"headline": data["headline"], "text": typed, "is_key": data["is_key"]}

    @property
    def seen_at(self) -> datetime | None:
        """The moment in `seen`; None for an entry nobody had changed, and for what is no moment."""
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None


class CoverageViews(StoryPart):
    """The stream of a live story, for the story's ModelAdmin."""

    admin_site: Any

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The page, beginning and ending, and an entry's form and verbs."""
        base, name = "<int:object_id>/coverage/", "articles_article_coverage"
        entry = f"{base}<int:entry_id>/"
        return [
            path(base, wrap(self.coverage), name=name),
            path(f"{base}start/", wrap(self.coverage_turn), {"verb": coverage.start}, name=f"{name}_start"),
            path(f"{base}end/", wrap(self.coverage_turn), {"verb": coverage.end}, name=f"{name}_end"),
            path(entry, wrap(self.coverage_entry), name=f"{name}_entry"),
            path(f"{entry}mark/", wrap(self.coverage_mark), name=f"{name}_mark"),
            path(f"{entry}remove/", wrap(self.coverage_remove), name=f"{name}_remove"),
        ]

    def part_context(self, request: Any, article: Any) -> dict[str, Any]:
        """Whether the form leads to the entries: only where the newsroom tells stories live. No query."""
        return {"tells_live": article is not None and request.furniture.rules.live_coverage}

    def coverage(self, request: Any, object_id: int) -> HttpResponse:
        """The stream, newest first, under the form for a new entry; POST adds it."""
        article = told_live(request, object_id)
        form = EntryForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                coverage.add_entry(article, **form.words, by=request.user, now=request.now)
            except CoverageError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, said_of(article, request, _("Out."), _("Stored.")))
                return back_to(article)
        return self._coverage_page(request, article, form)

    def coverage_entry(self, request: Any, object_id: int, entry_id: int) -> HttpResponse:
        """An entry's form; POST puts it right."""
        article = told_live(request, object_id)
        entry = entry_of(article, entry_id)
        form = EntryForm(request.POST) if request.method == "POST" else EntryForm.of(entry)
        if request.method == "POST" and form.is_valid():
            try:
                coverage.change_entry(entry, **form.words, seen=form.seen_at, by=request.user, now=request.now)
            except CoverageError as refusal:
                form.add_error(None, str(refusal))
                entry.refresh_from_db()
                form.data = {**request.POST.dict(), "seen": EntryForm.of(entry).initial["seen"]}
            else:
                messages.success(request, said_of(article, request, _("Changed. Readers see it now."), _("Changed.")))
                return back_to(article)
        return self._coverage_page(request, article, form, entry)

    def coverage_turn(self, request: Any, object_id: int, verb: Verb) -> HttpResponse:
        """POST: start or end the coverage."""
        return carried_out(request, object_id, lambda article: verb(article, by=request.user, now=request.now))

    def coverage_mark(self, request: Any, object_id: int, entry_id: int) -> HttpResponse:
        """POST: make an entry a key point (`is_key`), or no longer."""
        is_key = request.POST.get("is_key") == "1"

        def act(article: Article) -> None:
            entry = entry_of(article, entry_id)
            coverage.mark_entry(entry, is_key=is_key, by=request.user, now=request.now)

        return carried_out(request, object_id, act)

    def coverage_remove(self, request: Any, object_id: int, entry_id: int) -> HttpResponse:
        """POST: take an entry off the page."""

        def act(article: Article) -> None:
            coverage.remove_entry(entry_of(article, entry_id), by=request.user, now=request.now)

        return carried_out(request, object_id, act)

    def _coverage_page(
        self, request: Any, article: Article, form: EntryForm, entry: LiveEntry | None = None
    ) -> HttpResponse:
        """The page; `entry` is the one whose form it is."""
        begin = request.GET.get("from", "")
        try:
            shown = stream.stream_of(article, begin=int(begin) if begin.isdecimal() and len(begin) < 19 else 0)
        except LiveEntry.DoesNotExist as error:
            raise Http404 from error
        context = {
            **self.admin_site.each_context(request),
            "title": _("Live entries"),
            "article": article,
            "form": form,
            "entry": entry,
            "page": shown,
            "is_out": state_of(article, request.now) == LIVE,
            "media": Media.from_media(form.media).with_nonce(request.csp_nonce),
        }
        return render(request, "admin/articles/article/coverage.html", context)


def told_live(request: Any, object_id: int) -> Article:
    """The story, for who may change it. 404 where the newsroom tells no stories live, 403 without the right."""
    if not request.furniture.rules.live_coverage:
        raise Http404
    article = get_object_or_404(Article.objects.defer(*UNSEEN_BY_LISTS), pk=object_id)
    ask_to_change(request, article)
    return article


def entry_of(article: Article, entry_id: int) -> LiveEntry:
    """An entry of the story that readers see, or 404."""
    entry: LiveEntry = get_object_or_404(article.live_entries.shown(), pk=entry_id)
    entry.article = article
    return entry


def said_of(article: Article, request: Any, out: str, kept: str) -> str:
    """What a verb meant: `out` where readers see it now."""
    return out if state_of(article, request.now) == LIVE else kept


def back_to(article: Article) -> HttpResponse:
    """To the stream, as a page."""
    return respond(redirect("admin:articles_article_coverage", article.pk))


@require_POST
def carried_out(request: Any, object_id: int, act: Callable[[Article], None]) -> HttpResponse:
    """Do one thing to a story's stream, say what was refused, and go back to it."""
    article = told_live(request, object_id)
    try:
        act(article)
    except CoverageError as refusal:
        messages.error(request, str(refusal))
    return back_to(article)
