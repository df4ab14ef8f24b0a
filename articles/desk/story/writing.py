"""Autosave, rescue, presence and the choice between two texts."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from csp.constants import SELF
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.rights import ask_to_change, ask_to_see
from articles.desk.states import LIVE, state_of
from articles.desk.story.clash import SET_ASIDE, Stored, clash_page, keep_aside, key_or_none, settled
from articles.desk.story.sent import as_posted, edition_in, from_post, key_in, words_in
from articles.drafts import writing
from articles.drafts.writing import WritingError
from articles.editor import clean_story
from articles.models import Article, WorkingCopy
from articles.models.article import UNSEEN_BY_LISTS


@dataclass(frozen=True, slots=True)
class Offered:
    """A text that was not saved, as the form offers it. `copy` is its key."""

    copy: str
    said: str
    back: str
    compare: str


class WritingViews(StoryPart):
    """Working copies, heartbeats and clashes, for the story's ModelAdmin."""

    admin_site: Any
    get_object: Callable[..., Any]
    has_add_permission: Callable[..., bool]

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """Keeping and dropping a copy, the heartbeat, and the two texts side by side."""
        return [
            path("working-copy/", wrap(self.working_copy), name="articles_article_new_working_copy"),
            path("working-copy/drop/", wrap(self.drop_working_copy), name="articles_article_drop_working_copy"),
            path("<int:object_id>/working-copy/", wrap(self.working_copy), name="articles_article_working_copy"),
            path("<int:object_id>/heartbeat/", wrap(self.heartbeat), name="articles_article_heartbeat"),
            path("<int:object_id>/clash/", wrap(self.clash), name="articles_article_clash"),
        ]

    def working_copy(self, request: Any, object_id: int | None = None) -> HttpResponse:
        """POST the form: keep what it holds, unsaved. Answers a script with JSON, a button with the story."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        article = self._open_to_me(request, object_id)
        is_asked_by_script = request.headers.get("Accept", "").startswith("application/json")
        try:
            copy = kept(request, article)
        except WritingError as refusal:
            if is_asked_by_script:
                return JsonResponse({"said": str(refusal)}, status=409)
            messages.error(request, str(refusal))
            return respond(redirect(_form_address(article)))
        if is_asked_by_script:
            return JsonResponse(
                {"said": _("Not saved yet; kept %(time)s") % {"time": _time(copy.kept_at)} if copy else ""}
            )
        messages.success(request, _("Kept. Readers see the text that was there before."))
        return respond(redirect(f"{_form_address(article)}?copy={copy.key}" if copy else _form_address(article)))

    def drop_working_copy(self, request: Any) -> HttpResponse:
        """POST `copy`: throw away that text of mine; back to the story as it is stored."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        copy = get_object_or_404(
            WorkingCopy.objects.defer("content"), key=key_in(request.POST, "copy"), member=request.user
        )
        writing.drop_copy(request.user, key=copy.key)
        messages.success(request, _("Thrown away."))
        return respond(redirect(_form_address(Article(pk=copy.article_id) if copy.article_id else None)))

    def heartbeat(self, request: Any, object_id: int) -> HttpResponse:
        """POST `writing` or `leaving`: I have this story open. Who else has, and whether somebody saved it since."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        article = _story(object_id)
        ask_to_see(request, article)
        if "leaving" in request.POST:
            writing.look_away(request.user, article)
            return JsonResponse({})
        is_writing = "writing" in request.POST
        others = writing.look_in(request.user, article, is_writing=is_writing, now=request.now)
        return JsonResponse({
            "present": " ".join(_present(other) for other in others),
            "newer": newer(article, edition_in(request.POST), request.user),
        })  # fmt: skip

    def clash(self, request: Any, object_id: int) -> HttpResponse:
        """GET: my unsaved text beside the stored one, with choices; what is chosen is posted to the form."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        article = get_object_or_404(Article, pk=object_id)
        ask_to_change(request, article)
        copy = writing.copy_of(request.user, article=article)
        if copy is None:
            return redirect(_form_address(article))
        stored = Stored(self, request, article)
        return clash_page(self, request, stored, copy.content, seen=copy.edition, key=str(copy.key))

    # -- The form --------------------------------------------------------------------------------

    def changeform_view(self, request: Any, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The form: with `?copy=` filled with that unsaved text, after a clash with what was chosen."""
        if request.method == "GET" and (key := key_in(request.GET, "copy")):
            article_id = int(object_id) if object_id and object_id.isdigit() else None
            request.desk_copy = writing.copy_called(key, member=request.user, article_id=article_id)
        if request.method == "POST" and "_settle" in request.POST and object_id:
            with transaction.atomic():
                self._settle(request, object_id)
                return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]  # likewise

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Rows from the unsaved text that is brought back."""
        options: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)  # type: ignore[misc]  # likewise
        copy = getattr(request, "desk_copy", None)
        if copy is not None and f"{prefix}-TOTAL_FORMS" in copy.content and copy.edition == (obj.edition if obj else 0):
            options["data"] = as_posted(copy.content)
        return options

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The form, the clash page where the story moved on, or the form filled with what was not saved."""
        article, form, copy = options.get("obj"), context["adminform"].form, getattr(request, "desk_copy", None)
        if form.is_bound and article is not None and form.has_error("__all__", "overtaken"):
            return self._overtaken(request, article.pk)
        if copy is not None and article is not None and copy.edition != article.edition:
            return redirect("admin:articles_article_clash", article.pk)
        if copy is not None:
            form.initial |= {name: copy.content.get(name, "") for name in form.fields if name != "seen"}
        response = super().render_change_form(request, context, *args, **options)  # type: ignore[misc]  # likewise
        response._csp_replace = {**getattr(response, "_csp_replace", {}), "frame-src": [SELF]}  # the sign-in dialog's
        return response

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Saving makes the form's unsaved text needless: its copy goes in the same transaction."""
        keep_aside(form.instance, getattr(request, "desk_aside", {}), by=request.user, now=request.now)
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # likewise
        if key := key_in(request.POST):
            writing.drop_copy(request.user, key=key)

    def part_context(self, request: Any, article: Any) -> dict[str, Any]:
        """The form's key, what was not saved, and what the script needs. One query."""
        brought = getattr(request, "desk_copy", None)
        key = str(brought.key) if brought else key_or_none(request.POST) or str(uuid.uuid4())
        is_stored = article is not None and article.pk is not None
        waiting = None
        if request.method == "GET" and brought is None:
            waiting = writing.copy_of(request.user, article=article if is_stored else None)
        is_live = is_stored and state_of(article, request.now) == LIVE
        return {
            "writing": {
                "key": key,
                "offered": offered(waiting, article if is_stored else None, is_live=is_live) if waiting else None,
                "is_brought_back": brought is not None,
                "is_live": is_live,
                "keep_address": _keep_address(article if is_stored else None),
                "about": json.dumps(_about(request, article if is_stored else None, key, waiting)),
            }
        }

    def _settle(self, request: Any, object_id: str) -> None:
        """Put what was chosen in place of what was sent; both texts go into the editor unsaved."""
        article = self.get_object(request, object_id)
        if article is None:
            raise Http404
        ask_to_change(request, article)
        choices = request.POST
        request.POST, request.desk_aside = settled(Stored(self, request, article), choices)
        if choices.get("choice-full_text") == "both" and edition_in(request.POST) == article.edition:
            request.desk_refusal = _("Both texts are in the editor, theirs first. Nothing is stored yet.")
            _try_to_keep(request, article)
            keep_aside(article, request.desk_aside, by=request.user, now=request.now)
            request.desk_aside = {}

    def _overtaken(self, request: Any, pk: int) -> HttpResponse:
        article = self.get_object(request, str(pk))  # as it is stored: the form wrote into the other instance
        _try_to_keep(request, article)
        mine, seen = from_post(request.POST), edition_in(request.POST)
        stored = Stored(self, request, article)
        response = clash_page(self, request, stored, mine, seen=seen, key=key_or_none(request.POST))
        response.status_code = 409
        return response

    def _open_to_me(self, request: Any, object_id: int | None) -> Article | None:
        """The story whose text is kept, None for a new one. 404, or 403 where this member may not write."""
        article = _story(object_id) if object_id else None
        if article is not None:
            ask_to_change(request, article)
        elif not self.has_add_permission(request):
            raise PermissionDenied("articles.add_article")
        return article


def kept(request: Any, article: Article | None) -> WorkingCopy | None:
    """Keep the posted form as this member's copy; None where the story already says the same.

    Raises WritingError when somebody else is signed in by now, or another text waits.
    """
    data = request.POST
    if data.get("written_by", str(request.user.pk)) != str(request.user.pk):
        raise WritingError(_("You are signed in as %(name)s now, who did not write this.") % {"name": request.user})
    content = from_post(data)
    if "leftover" in data and is_stored_already(content, article, request.user):
        return None
    key = key_in(data) or uuid.uuid4()
    return writing.keep_copy(
        request.user, article=article, key=key, edition=edition_in(data), content=content, now=request.now
    )


def is_stored_already(content: dict[str, Any], article: Article | None, member: Any) -> bool:
    """Whether a text left over in a browser was saved after all: the story holds its very words."""
    headline = " ".join(str(content.get("headline", "")).split())
    own = Article.objects.filter(created_by=member, headline=headline).order_by("-pk")
    rows = Article.objects.filter(pk=article.pk) if article else own
    stored = rows.only("headline", "standfirst", "full_text").first()
    if stored is None:
        return False
    written = (headline, _line(content.get("standfirst", "")), clean_story(str(content.get("full_text", ""))))
    return written == (stored.headline, _line(stored.standfirst), stored.full_text)


def newer(article: Article, seen: int, member: Any) -> str:
    """Who saved after edition `seen`, in words; empty where nobody did. One query where somebody did."""
    if seen >= article.edition:
        return ""
    latest = article.revisions.select_related("made_by").defer("content").order_by("-made_at", "-pk").first()
    if latest is None:
        return _("Somebody saved a newer version.")
    who = _("You, in another window,") if latest.made_by_id == member.pk else str(latest.made_by or _("Somebody"))
    return _("%(who)s saved a newer version %(time)s.") % {"who": who, "time": _time(latest.made_at)}


def offered(copy: WorkingCopy, article: Article | None, *, is_live: bool) -> Offered:
    """How the form offers a text that was not saved; one on an older edition goes to the two texts."""
    said = _("%(time)s, %(words)s words") % {"time": _time(copy.kept_at), "words": words_in(copy.content)}
    back = f"{_form_address(article)}?copy={copy.key}"
    if article is None:
        return Offered(str(copy.key), said, back, "")
    compare = reverse("admin:articles_article_clash", args=[article.pk])
    return Offered(str(copy.key), said, back if copy.edition == article.edition else compare, compare)


def _about(request: Any, article: Article | None, key: str, waiting: WorkingCopy | None) -> dict[str, Any]:
    """What the script is told."""
    brought = getattr(request, "desk_copy", None)
    staff = "staff&" if settings.STAFF_NEED_MFA else ""
    return {
        "member": request.user.pk,
        "story": article.pk if article else None,
        "key": key,
        "keep": _keep_address(article),
        "keepNew": _keep_address(None),
        "heartbeat": reverse("admin:articles_article_heartbeat", args=[article.pk]) if article else "",
        "look": reverse("admin:articles_article_versions", args=[article.pk]) if article else "",
        "form": _form_address(article),
        "session": reverse("desk_session"),
        "signIn": f"{reverse('account_login')}?{staff}next={reverse('desk_signed_in')}",
        "waiting": str(waiting.key) if waiting else "",
        "brought": brought.kept_at.timestamp() if brought else 0,
        "words": {name: str(word) for name, word in _words(request.user).items()},
    }


def _words(member: Any) -> dict[str, str]:
    return {
        "offline": _("Offline. What you write is kept in this browser."),
        "signedOut": _("You are signed out. What you write is kept in this browser."),
        "signIn": _("Sign in"),
        "signInHere": _("Sign in, and it goes on by itself"),
        "somebodyElse": _("Somebody else is signed in in this browser. Sign in as %(name)s to save.")
        % {"name": member},
        "refused": _("You may not change this story any more. What you write is kept in this browser."),
        "failed": _("The desk could not keep this just now. It is kept in this browser."),
        "full": _("This browser keeps no copy: its storage is full."),
        "tab": _("Open in another tab of yours."),
        "look": _("Look"),
        "cancel": _("Not now"),
        "bring": _("Bring back what this browser kept"),
        "left": _("This browser kept what you had not saved."),
    }


def _story(pk: int) -> Article:
    return get_object_or_404(Article.objects.defer(*UNSEEN_BY_LISTS), pk=pk)


def _form_address(article: Article | None) -> str:
    if article is None:
        return reverse("admin:articles_article_add")
    return reverse("admin:articles_article_change", args=[article.pk])


def _keep_address(article: Article | None) -> str:
    if article is None:
        return reverse("admin:articles_article_new_working_copy")
    return reverse("admin:articles_article_working_copy", args=[article.pk])


def _try_to_keep(request: Any, article: Article) -> None:
    """Keep what was sent on the desk as well; where another text of theirs waits, among the versions."""
    try:
        kept(request, article)
    except WritingError as refusal:
        messages.warning(request, str(refusal))
        words = {name: request.POST[name] for name in SET_ASIDE if name in request.POST}
        keep_aside(article, words, by=request.user, now=request.now)


def _present(presence: Any) -> str:
    if presence.is_writing:
        return _("%(name)s is writing here.") % {"name": presence.member}
    return _("%(name)s has it open.") % {"name": presence.member}


def _line(text: Any) -> str:
    return " ".join(str(text).split())


def _time(moment: Any) -> str:
    """The time of day in the site's zone; before today with its day."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "H:i" if is_today else "j M, H:i")
