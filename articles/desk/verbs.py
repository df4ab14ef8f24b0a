"""What may be done with a story on the desk, by whom, and the POST views that do it.

Each verb has its own address. Posted with the story's fields, they are stored first, in the same
transaction; posted alone, only the verb runs. A refusal keeps the fields and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.desk.base import StoryPart, Wrap
from articles.desk.fields import MomentField, zone_name
from articles.desk.rights import CHANGE, PUBLISH, WITHDRAW, may_change
from articles.desk.states import DRAFT, LIVE, SCHEDULED, UNPUBLISHED, WITHDRAWN, State, state_of, state_sentence
from articles.models import Article
from articles.publishing import PublishError


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do with a story: from which states, with which permission, and what it says after."""

    name: str
    label: Any
    done: Any
    permission: str
    states: frozenset[State]
    run: Callable[[Article, HttpRequest, datetime], None]


def _submit(article: Article, request: Any, now: datetime) -> None:
    publishing.submit(article, by=request.user, now=now)


def _publish(article: Article, request: Any, now: datetime) -> None:
    if article.published_at and article.published_at > now and state_of(article, now) != SCHEDULED:
        raise PublishError(
            _("“Publish at” names a time to come: press “Schedule”, or empty it to publish now."),
        )
    publishing.publish(article, by=request.user, now=now)


def _schedule(article: Article, request: Any, now: datetime) -> None:
    at = MomentField(required=False).clean(request.POST.get("published_at", "")) or article.published_at
    if at is None or at <= now:
        raise PublishError(_("Say when: “Publish at” needs a time to come (%(zone)s time).") % {"zone": zone_name()})
    publishing.schedule(article, at=at, by=request.user, now=now)


def _unschedule(article: Article, request: Any, now: datetime) -> None:
    publishing.unschedule(article, by=request.user, now=now)


def _withdraw(article: Article, request: Any, now: datetime) -> None:
    reason = request.POST.get("reason", "").strip()[:300]
    if not reason:
        raise PublishError(_("Say why it is withdrawn: readers with its address see the reason."))
    publishing.withdraw(article, reason=reason, by=request.user, now=now)


def _restore(article: Article, request: Any, now: datetime) -> None:
    publishing.restore(article, by=request.user, now=now)


VERBS = {
    verb.name: verb
    for verb in (
        Verb("submit", gettext_lazy("Hand in"), gettext_lazy("Handed in: editors see it under “Ready to publish”."),
             CHANGE, frozenset({DRAFT}), _submit),
        Verb("publish", gettext_lazy("Publish now"), gettext_lazy("Published."),
             PUBLISH, UNPUBLISHED | {SCHEDULED}, _publish),
        Verb("schedule", gettext_lazy("Schedule"), gettext_lazy("Scheduled."),
             PUBLISH, UNPUBLISHED | {SCHEDULED}, _schedule),
        Verb("unschedule", gettext_lazy("Take back"), gettext_lazy("Taken back."),
             PUBLISH, frozenset({SCHEDULED}), _unschedule),
        Verb("withdraw", gettext_lazy("Withdraw"), gettext_lazy("Withdrawn. Its address says why."),
             WITHDRAW, frozenset({LIVE}), _withdraw),
        Verb("restore", gettext_lazy("Restore"), gettext_lazy("Restored."),
             WITHDRAW, frozenset({WITHDRAWN}), _restore),
    )
}  # fmt: skip


def may(request: HttpRequest, verb: Verb, article: Article | None, now: datetime) -> bool:
    """Whether this member may do `verb` with the story as it stands."""
    if not request.user.has_perm(verb.permission):
        return False
    return state_of(article, now) in verb.states and may_change(request, article, now)


class VerbViews(StoryPart):
    """The verbs' POST views, for the story's ModelAdmin."""

    changeform_view: Callable[..., HttpResponseBase]
    get_object: Callable[..., Any]

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """One address a verb, and one for a story that is no row yet."""
        own = [path("add/<slug:verb>/", wrap(self.verb_view), name="articles_article_add_and")]
        for verb in VERBS:
            route = f"<int:object_id>/{verb}/"
            own.append(path(route, wrap(self.verb_view), {"verb": verb}, name=f"articles_article_{verb}"))
        return own

    def verb_view(self, request: Any, verb: str, object_id: int | None = None) -> HttpResponseBase:
        """Store the fields if they came along, then do `verb`. 404 without the story, 403 without the right."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            return self._store_and_do(request, verb, object_id)

    def _store_and_do(self, request: Any, verb: str, object_id: int | None) -> HttpResponseBase:
        article = self.get_object(request, str(object_id)) if object_id else None
        if verb not in VERBS or (object_id and article is None):
            raise Http404
        if not may(request, VERBS[verb], article, request.now):
            raise PermissionDenied
        request.desk_verb = VERBS[verb]
        if "headline" in request.POST:
            return self.changeform_view(request, str(object_id) if object_id else None)
        if article is None:  # without fields there is nothing to add
            return redirect("admin:articles_article_add")
        return self.carry_out(request, article)

    def carry_out(self, request: Any, article: Article) -> HttpResponse:
        """Run the asked verb and return to the story (or to where the button was), saying what happened."""
        verb: Verb = request.desk_verb
        try:
            with transaction.atomic():
                verb.run(article, request, request.now)
        except PublishError as error:
            article.refresh_from_db()
            messages.error(request, str(error))
        else:
            article.refresh_from_db()
            messages.success(request, f"{verb.done} {state_sentence(article, timezone.now())}.")
        if request.POST.get("back") == "home":
            return redirect("admin:index")
        return redirect("admin:articles_article_change", article.pk)
