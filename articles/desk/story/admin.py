"""The story's pages on the desk: list, form, verbs, versions, preview and the look-ups its pickers ask."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import arranging, corrections, publishing
from articles.desk.base import DeskAdmin, PlainMedia, StoryPart, respond
from articles.desk.fields import KnownChoiceField, tags_called, zone_name
from articles.desk.library.pictures import described
from articles.desk.redirects import DeadLinkViews
from articles.desk.rights import PUBLISH, changes_any, lacking, may_change, may_link_to, read_only_because
from articles.desk.states import DRAFT, LIVE, READY, SCHEDULED, UNPUBLISHED, WITHDRAWN, state_of, state_sentence
from articles.desk.story.buttons import others, primary
from articles.desk.story.choices import fill, not_to_choose
from articles.desk.story.coverage import CoverageViews
from articles.desk.story.limits import Limits
from articles.desk.story.notes import NoteViews
from articles.desk.story.posts import PostViews
from articles.desk.story.preview import PreviewViews
from articles.desk.story.refusals import hand_back, holds_words
from articles.desk.story.rows import BylineRows, CorrectionRows, LinkRows
from articles.desk.story.stories import StoryListViews
from articles.desk.story.story_form import StoryForm
from articles.desk.story.suggestions import SuggestionViews
from articles.desk.story.switches import SwitchViews
from articles.desk.story.verbs import VERBS, VerbViews, may
from articles.desk.story.versions import VersionViews
from articles.desk.story.writing import WritingViews
from articles.models import Article, Correction, Tag
from articles.models.article import UNSEEN_BY_LISTS
from articles.publishing import PublishError
from articles.search import stories_called
from newsroom.caching import purge

LOOKUP_ROWS = 12
FROZEN_WHEN_LIVE = ("published_at", "embargo_until")


PARTS: tuple[type[StoryPart], ...] = (
    VerbViews,
    PreviewViews,
    VersionViews,
    WritingViews,
    NoteViews,
    SuggestionViews,
    DeadLinkViews,
    CoverageViews,
    PostViews,
    SwitchViews,
    StoryListViews,
    Limits,
)


@admin.register(Article)
class StoryAdmin(*PARTS, PlainMedia, DeskAdmin):  # type: ignore[misc]  # the parts are listed once, above
    """Stories."""

    form = StoryForm
    fields = list(StoryForm.Meta.fields)
    inlines = [BylineRows, LinkRows, CorrectionRows]
    change_form_template = "admin/articles/article/change_form.html"

    def get_urls(self) -> list[Any]:
        """Those of the parts and the look-up before the admin's own."""
        wrap = self.admin_site.admin_view
        own = [path("lookup/", wrap(self.lookup), name="articles_article_lookup")]
        return own + [url for part in PARTS for url in part.part_urls(self, wrap)] + super().get_urls()

    # -- Lists -----------------------------------------------------------------------------------

    def get_queryset(self, request: Any) -> Any:
        """Lists without text and with what they show; the form's story whole."""
        stories: Any = super().get_queryset(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name == "articles_article_changelist":
            return stories.for_lists()
        stories = stories.select_related("lead_picture", "section", "minimum_tier", "series", "topic", "front_slot")
        tags = Tag.objects.filter(articles=OuterRef("pk")).order_by("pk")
        stories = stories.annotate(tag_list=ArraySubquery(tags.values("name")))
        return stories.select_for_update(of=("self",)) if request.method == "POST" else stories

    def lookup(self, request: Any) -> JsonResponse:
        """Stories by the beginnings of words (`q`) or by key (`keys`): what the pickers ask.

        `linked`: only those a link can lead to.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied("articles.view_article")
        stories = may_link_to(request).defer(*UNSEEN_BY_LISTS).select_related("section")
        if keys := request.GET.get("keys"):
            wanted = [int(key) for key in keys.split(",") if key.isdigit()][:100]
            stories = list(stories.filter(pk__in=wanted))
        else:
            with_address = "linked" in request.GET
            stories = stories_called(
                request.GET.get("q", ""), among=stories, most=LOOKUP_ROWS, with_address=with_address
            )
        return JsonResponse({"results": [found(story, request) for story in stories]})

    # -- Rights ----------------------------------------------------------------------------------

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Writers change drafts and what is ready; what is approved only those who may publish."""
        return may_change(request, obj, timezone.now())

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Only what readers never saw is deleted; the rest is withdrawn."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.was_published)

    # -- The form --------------------------------------------------------------------------------

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """Every field but those frozen once readers know the story, and those there is nothing to choose for."""
        frozen = not_to_choose(request, obj)
        if obj is not None and obj.was_published:
            frozen.add("slug")
        if state_of(obj, timezone.now()) not in (DRAFT, READY, SCHEDULED):
            frozen.update(FROZEN_WHEN_LIVE)
        return [name for name in StoryForm.Meta.fields if name not in frozen]

    def get_inlines(self, request: Any, obj: Any) -> list[Any]:
        """Corrections only for what was out."""
        return self.inlines if obj is not None and obj.was_published else [BylineRows, LinkRows]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with choices that are worth offering: one query for all of them, no pop-ups."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "desk_refusal", "")
        form.verb = getattr(getattr(request, "desk_verb", None), "name", "")
        form.opened_at = request.now
        fill(form, request, obj)
        if obj is None:
            form.base_fields["headline"].widget.attrs["autofocus"] = True
        elif obj.lead_picture:
            lead = form.base_fields["lead_picture"]
            lead.widget.attrs["data-chosen"] = json.dumps(described(obj.lead_picture))
        return form

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A plain field without the admin's pop-ups; what the story has is not looked up again."""
        if isinstance(db_field, ForeignKey):
            said = {key: kwargs[key] for key in ("label", "help_text") if key in kwargs}
            return db_field.formfield(form_class=KnownChoiceField, **said)
        return db_field.formfield(**{key: value for key, value in kwargs.items() if key != "request"})

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        """A new story starts with the site's audience."""
        return {"audience": request.furniture.rules.default_audience, **super().get_changeform_initial_data(request)}

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """A new story is signed by whoever starts it."""
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        author = getattr(request.user, "author", None) if isinstance(inline, BylineRows) and obj.pk is None else None
        return {**options, "initial": [{"author": author.pk}]} if author and request.method == "GET" else options

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The form; who may only look is shown the preview, and gets back the words they sent."""
        if request.method == "GET" and self.has_view_permission(request) and not changes_any(request):
            article = self.get_object(request, object_id)
            missing = lacking(request, article, request.now)
            if article and missing and self.has_view_permission(request, article):
                messages.info(request, read_only_because(missing))
                return redirect("admin:articles_article_preview", article.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The form with its state, its one primary button and the verbs this member may use."""
        article, now = options.get("obj"), timezone.now()
        allowed = {name: may(request, verb, article, now) for name, verb in VERBS.items()}
        chosen = primary(article, allowed, now)
        context |= {
            "state": state_of(article, now),
            "state_sentence": state_sentence(article, now),
            "may": allowed,
            "may_publish": request.user.has_perm(PUBLISH),
            "primary": chosen,
            "zone": zone_name(),
            "other_verbs": others(article, allowed, chosen, now),
            "picture_lookup": reverse("admin:articles_picture_lookup"),
        }
        for part in PARTS:
            context |= part.part_context(self, request, article)
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The form; where the publishing verb refuses what was stored, nothing is and the form says why.

        Who may not store it gets the words back, whatever they were: 403.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except PublishError as refusal:
            request.desk_refusal = str(refusal)
            return super().changeform_view(request, *args, **kwargs)
        except PermissionDenied:
            if not holds_words(request):
                raise
            return hand_back(request, self.admin_site.each_context(request))

    def verb_view(self, request: Any, verb: str, object_id: int | None = None) -> HttpResponse:
        """A verb's POST; who may not do it gets back the words that came along."""
        try:
            return super().verb_view(request, verb, object_id)  # type: ignore[misc, no-any-return]  # a part has it
        except PermissionDenied:
            if not holds_words(request):
                raise
            return hand_back(request, self.admin_site.each_context(request))

    # -- Saving ----------------------------------------------------------------------------------

    def save_model(self, request: Any, obj: Article, form: Any, change: bool) -> None:
        """Store the fields; note the pages that showed the story as it was."""
        if not change:
            obj.created_by = request.user
        elif obj.was_published:
            request.desk_keys = Article.objects.defer(*UNSEEN_BY_LISTS).get(pk=obj.pk).cache_keys()
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Store rows and tags, then settle: a version of a draft, or a correction of a live story."""
        super().save_related(request, form, formsets, change)
        obj: Article = form.instance
        obj.tags.set(tags_called(form.cleaned_data["tag_names"]))
        purge(*getattr(request, "desk_keys", []))
        if "is_lead" in form.changed_data:
            arranging.follow_mark(obj, by=request.user, now=request.now)
        request.desk_stored = True
        if not getattr(request, "desk_verb", None):  # a verb that follows derives and keeps
            settle(obj, form, request)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Rows keep the order they stand in; corrections keep who made them."""
        for place, row in enumerate(formset.forms):
            if hasattr(row.instance, "made_by") and row.instance.pk is None:
                row.instance.made_by = request.user
            if "position" in row.fields and not row.cleaned_data.get("position"):
                row.instance.position = place + 1
        super().save_formset(request, form, formset, change)
        if formset.model is Correction:
            changed = [row for row, _fields in formset.changed_objects]
            corrections.note(formset.new_objects, changed, formset.deleted_objects, by=request.user)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verbs keep the record."""

    log_change = log_addition

    def carry_out(self, request: Any, article: Article) -> HttpResponse:
        """Run the asked verb; what went out leads to the page with its address and posts."""
        edition, wanted = article.edition, article.slug or slugify(article.headline, allow_unicode=True)
        response: HttpResponse = super().carry_out(request, article)
        if article.edition == edition and getattr(request, "desk_stored", False):
            publishing.derive(article)  # refused: what was typed stays, and is counted and searched
        verb: Any = getattr(request, "desk_verb", None)
        if verb is None or verb.name not in ("publish", "schedule") or article.edition == edition:
            return response
        if article.slug != wanted[:180].strip("-_"):
            said = _("Another story of that day has the address “%(wanted)s”: this one is at “%(slug)s”.")
            messages.warning(request, said % {"wanted": wanted, "slug": article.slug})
        at_home = request.POST.get("back") == "home"
        return response if at_home else respond(redirect("admin:articles_article_out", article.pk))

    def response_change(self, request: Any, obj: Article) -> HttpResponse:
        """Do the asked verb, or say what saving meant; back to the story."""
        if getattr(request, "desk_verb", None):
            return respond(self.carry_out(request, obj))
        live = state_of(obj, timezone.now()) == LIVE
        messages.success(request, _("Saved. Readers see it now.") if live else _("Saved."))
        return respond(redirect("admin:articles_article_change", obj.pk))

    def response_add(self, request: Any, obj: Article, post_url_continue: Any = None) -> HttpResponse:
        """As after a change."""
        return self.response_change(request, obj)


def settle(article: Article, form: Any, request: Any) -> None:
    """Have the publishing verbs follow what was stored. A live story is corrected: no mail, no feed item."""
    now = timezone.now()
    state = state_of(article, now)
    if state in UNPUBLISHED or state == WITHDRAWN:
        publishing.save_draft(article, by=request.user, now=now)
    elif state == SCHEDULED and {"published_at", "embargo_until"} & set(form.changed_data) and article.published_at:
        publishing.schedule(article, at=article.published_at, by=request.user, now=now)
    else:
        stamp = state == LIVE and form.cleaned_data.get("mark_updated", False)
        publishing.correct(article, by=request.user, now=now, stamp=stamp)


def found(story: Article, request: Any) -> dict[str, Any]:
    """A story as the pickers show it."""
    note = [str(story.section or ""), state_sentence(story, timezone.now())]
    return {
        "key": story.pk,
        "headline": story.headline,
        "note": " · ".join(filter(None, note)),
        "address": story.get_absolute_url(),
    }
