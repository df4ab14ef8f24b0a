"""What may be done with a story on the desk, by whom, and the POST views that do it.

Each verb has its own address. Posted with the story's fields, they are stored first, in the same
transaction; posted alone, only the verb runs. A refusal keeps the fields and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.desk.base import StoryPart, Wrap, respond
from articles.desk.fields import MomentField, zone_name
from articles.desk.rights import CHANGE, CLEAR, PUBLISH, REVIEW, WITHDRAW, lacking, refused
from articles.desk.states import DRAFT, LIVE, SCHEDULED, UNPUBLISHED, WITHDRAWN, State, state_of, state_sentence
from articles.models import Article
from articles.publishing import PublishError
from articles.workflow import checklist, reviewing
from members.models import SiteRules


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do with a story: from which states, with which permission, and what it says after.

    `wanted`: whether the newsroom's rules and the story call for it at all; None: always.
    """

    name: str
    label: Any
    done: Any
    permission: str
    states: frozenset[State]
    run: Callable[[Article, HttpRequest, datetime], None]
    wanted: Callable[[Article, SiteRules], bool] | None = None

    def fits(self, article: Article | None, rules: SiteRules, now: datetime) -> bool:
        """Whether the story stands where this can be done."""
        if state_of(article, now) not in self.states:
            return False
        return self.wanted is None or (article is not None and self.wanted(article, rules))


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
    said = request.POST
    answer = said.get("answer") or Article.Answer.NOTICE
    if answer not in Article.Answer.values:
        raise PublishError(_("Say what its address answers from now on."))
    reason, target = said.get("reason", ""), said.get("target", "")
    publishing.withdraw(article, reason=reason, answer=answer, target=target, by=request.user, now=now)


def _restore(article: Article, request: Any, now: datetime) -> None:
    publishing.restore(article, by=request.user, now=now)


def _review(article: Article, request: Any, now: datetime) -> None:
    reviewing.review(article, by=request.user, now=now, remark=request.POST.get("remark", "")[:300])


def _clear(article: Article, request: Any, now: datetime) -> None:
    reviewing.clear(article, by=request.user, now=now, remark=request.POST.get("remark", "")[:300])


def _lift(article: Article, request: Any, now: datetime) -> None:
    until = MomentField(required=False).clean(request.POST.get("lift_until", ""))
    reason = request.POST.get("lift_reason", "").strip()[:300]
    publishing.lift_embargo(article, until=until, reason=reason, by=request.user, now=now)


def _waits_for_review(article: Article, rules: SiteRules) -> bool:
    return rules.review_step and article.reviewed_at is None


def _waits_for_lawyer(article: Article, rules: SiteRules) -> bool:
    return rules.legal_step and article.legal_flag and article.legal_cleared_at is None


def _has_embargo(article: Article, rules: SiteRules) -> bool:
    return article.embargo_until is not None


BEFORE_OUT = UNPUBLISHED | {SCHEDULED}
VERBS = {
    verb.name: verb
    for verb in (
        Verb("submit", gettext_lazy("Hand in"), gettext_lazy("Handed in: editors see it under “Ready to publish”."),
             CHANGE, frozenset({DRAFT}), _submit),
        Verb("publish", gettext_lazy("Publish now"), gettext_lazy("Published."),
             PUBLISH, BEFORE_OUT, _publish),
        Verb("schedule", gettext_lazy("Schedule"), gettext_lazy("Scheduled."),
             PUBLISH, BEFORE_OUT, _schedule),
        Verb("unschedule", gettext_lazy("Take back"), gettext_lazy("Taken back."),
             PUBLISH, frozenset({SCHEDULED}), _unschedule),
        Verb("withdraw", gettext_lazy("Withdraw"), gettext_lazy("Readers cannot open it any more."),
             WITHDRAW, frozenset({LIVE}), _withdraw),
        Verb("restore", gettext_lazy("Restore"), gettext_lazy("Restored."),
             WITHDRAW, frozenset({WITHDRAWN}), _restore),
        Verb("review", gettext_lazy("Approve the words"), gettext_lazy("Approved, as the words stand now."),
             REVIEW, BEFORE_OUT | {WITHDRAWN}, _review, _waits_for_review),
        Verb("clear", gettext_lazy("Clear it legally"), gettext_lazy("Cleared, as the words stand now."),
             CLEAR, BEFORE_OUT | {WITHDRAWN}, _clear, _waits_for_lawyer),
        Verb("lift", gettext_lazy("Lift the embargo"), gettext_lazy("The embargo is changed."),
             PUBLISH, BEFORE_OUT, _lift, _has_embargo),
    )
}  # fmt: skip


def may(request: Any, verb: Verb, article: Article | None, now: datetime) -> bool:
    """Whether this member may do `verb` with the story as it stands."""
    return not _denied(request, verb, article, now) and verb.fits(article, request.furniture.rules, now)


def _denied(request: HttpRequest, verb: Verb, article: Article | None, now: datetime) -> str:
    """The permission that is missing, wherever the story stands; empty where none is."""
    return lacking(request, article, now) if request.user.has_perm(verb.permission) else verb.permission


class VerbViews(StoryPart):
    """The verbs' POST views and the checklist, for the story's ModelAdmin."""

    changeform_view: Callable[..., HttpResponseBase]
    get_object: Callable[..., Any]

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """One address a verb, and one for a story that is no row yet."""
        own = [path("add/<slug:verb>/", wrap(self.verb_view), name="articles_article_add_and")]
        for verb in VERBS:
            route = f"<int:object_id>/{verb}/"
            own.append(path(route, wrap(self.verb_view), {"verb": verb}, name=f"articles_article_{verb}"))
        return own

    def part_context(self, request: Any, article: Article | None) -> dict[str, Any]:
        """What the story still needs, and the answers a withdrawn one may give. One query for a stored story."""
        if article is None or article.pk is None:
            return {"findings": []}
        found = checklist.findings(article, rules=request.furniture.rules, now=request.now)
        return {"findings": found, "undone": checklist.hard(found), "answers": Article.Answer.choices}

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
        if missing := _denied(request, VERBS[verb], article, request.now):
            raise refused(request, missing)
        if VERBS[verb].fits(article, request.furniture.rules, request.now):
            request.desk_verb = VERBS[verb]
        else:
            request.desk_refusal = _("That cannot be done now. The story stands at “%(state)s”.") % {
                "state": state_sentence(article, request.now)
            }
        if "headline" in request.POST:  # with a refusal the form comes back with all that was typed
            return self.changeform_view(request, str(object_id) if object_id else None)
        if article is None:  # without fields there is nothing to add
            return respond(redirect("admin:articles_article_add"))
        return self.carry_out(request, article)

    def carry_out(self, request: Any, article: Article) -> HttpResponse:
        """Run the asked verb and return to the story (or to where the button was), saying what happened.

        Raises PublishError where the fields that came along are refused with it: nothing is stored then.
        """
        verb: Verb | None = getattr(request, "desk_verb", None)
        try:
            with transaction.atomic():
                if verb is None:
                    raise PublishError(request.desk_refusal)
                verb.run(article, request, request.now)
        except (PublishError, ValidationError) as error:
            article.refresh_from_db()
            _keep_fields(request, article, error)
            messages.error(request, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        else:
            article.refresh_from_db()
            messages.success(request, f"{verb.done} {state_sentence(article, timezone.now())}.")
        to_home = request.POST.get("back") == "home"
        return respond(redirect("admin:index") if to_home else redirect("admin:articles_article_change", article.pk))


def _keep_fields(request: Any, article: Article, error: Exception) -> None:
    """Fields stored before a refused verb become a version of the draft; readers' stories take none by halves."""
    if "headline" not in request.POST:
        return
    if state_of(article, request.now) not in UNPUBLISHED | {WITHDRAWN}:
        raise PublishError(str(error)) from error
    publishing.save_draft(article, by=request.user, now=request.now)
