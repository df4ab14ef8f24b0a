"""The story's pages on the desk: list, form, verbs, versions, preview and the look-ups its pickers ask."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import arranging, publishing
from articles.desk.base import DeskAdmin, PlainMedia, StoryPart, respond
from articles.desk.coverage import CoverageViews
from articles.desk.fields import said, tags_called, zone_name
from articles.desk.notes import NoteViews
from articles.desk.pictures import described
from articles.desk.posts import PostViews
from articles.desk.preview import PreviewViews
from articles.desk.rights import PUBLISH, may_change
from articles.desk.states import DRAFT, LIVE, READY, SCHEDULED, UNPUBLISHED, WITHDRAWN, state_of, state_sentence
from articles.desk.stories import StoryListViews
from articles.desk.story_form import BylineRows, CorrectionRows, LinkRows, StoryForm
from articles.desk.suggestions import SuggestionViews
from articles.desk.verbs import VERBS, VerbViews, may
from articles.desk.versions import VersionViews
from articles.desk.writing import WritingViews
from articles.models import Article, Picture
from articles.models.article import UNSEEN_BY_LISTS
from articles.publishing import PublishError
from members.models import SiteRules, Topic
from newsroom.caching import purge

LOOKUP_ROWS = 12
FROZEN_WHEN_LIVE = ("published_at", "embargo_until")


class StateFilter(admin.SimpleListFilter):
    """Where a story stands, in the words of the queryset."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states a newsroom asks for."""
        return [
            ("mine", _("My stories")),
            ("draft", _("Drafts")),
            ("ready", _("Ready to publish")),
            ("scheduled", _("Scheduled")),
            ("live", _("Live")),
            ("withdrawn", _("Withdrawn")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The stories in that state."""
        now = timezone.now()
        match self.value():
            case "mine":
                return queryset.filter(created_by=request.user)
            case "live":
                return queryset.live(now)
            case "scheduled":
                return queryset.scheduled(now)
            case "draft" | "ready" | "withdrawn" as status:
                return queryset.filter(status=status)
        return queryset


PARTS: tuple[type[StoryPart], ...] = (
    VerbViews,
    PreviewViews,
    VersionViews,
    WritingViews,
    NoteViews,
    SuggestionViews,
    CoverageViews,
    PostViews,
    StoryListViews,
)


@admin.register(Article)
class StoryAdmin(*PARTS, PlainMedia, DeskAdmin):  # type: ignore[misc]  # the parts are listed once, above
    """Stories."""

    form = StoryForm
    fields = list(StoryForm.Meta.fields)
    inlines = [BylineRows, LinkRows, CorrectionRows]
    change_form_template = "admin/articles/article/change_form.html"
    list_display = ("headline", "state", "section", "signed_by", "saved_at")
    list_display_links = ("headline",)
    list_filter = (StateFilter, "section", "audience")
    list_per_page = 50
    search_fields = ("headline",)
    search_help_text = gettext_lazy("Words of the headline")
    actions = None
    ordering = ("-saved_at",)

    @admin.display(description=gettext_lazy("state"), ordering="live_from")
    def state(self, article: Article) -> str:
        """The state in words."""
        now = timezone.now()
        return format_html(
            '<span class="desk-status is-{}">{}</span>', state_of(article, now), state_sentence(article, now)
        )

    @admin.display(description=gettext_lazy("by"))
    def signed_by(self, article: Article) -> str:
        """The byline."""
        return ", ".join(byline.author.name for byline in article.bylines.all())

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
        stories = stories.select_related("lead_picture", "section", "minimum_tier")
        return stories.select_for_update(of=("self",)) if request.method == "POST" else stories

    def lookup(self, request: Any) -> JsonResponse:
        """Stories by words of the headline (`q`) or by key (`keys`): what the pickers ask."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        stories = Article.objects.defer(*UNSEEN_BY_LISTS).select_related("section")
        if keys := request.GET.get("keys"):
            stories = stories.filter(pk__in=[int(key) for key in keys.split(",") if key.isdigit()][:100])
        else:
            for word in request.GET.get("q", "").split()[:8]:
                stories = stories.filter(headline__icontains=word)
            stories = stories.order_by("-pk")[:LOOKUP_ROWS]
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
        """Every field but those frozen once readers know the story."""
        frozen = set()
        if obj is not None and obj.was_published:
            frozen.add("slug")
        if state_of(obj, timezone.now()) not in (DRAFT, READY, SCHEDULED):
            frozen.update(FROZEN_WHEN_LIVE)
        return [name for name in StoryForm.Meta.fields if name not in frozen]

    def get_inlines(self, request: Any, obj: Any) -> list[Any]:
        """Corrections only for what was out."""
        return self.inlines if obj is not None and obj.was_published else [BylineRows, LinkRows]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with choices that are worth offering: three queries, no pop-ups."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "desk_refusal", "")
        offered = Topic.objects.public().order_by("-proposed_at").values_list("pk", "title")[:100]
        form.base_fields["topic"].choices = [("", "—"), *offered]
        latest = Picture.objects.order_by("-added_at").values_list("pk", "alt", "key")[:50]
        pictures = [(pk, alt or key) for pk, alt, key in latest]
        if obj is not None and obj.lead_picture and obj.lead_picture_id not in dict(pictures):
            pictures.insert(0, (obj.lead_picture_id, str(obj.lead_picture)))
        lead = form.base_fields["lead_picture"]
        lead.choices = [("", "—"), *pictures]
        if obj is not None and obj.lead_picture:
            lead.widget.attrs["data-chosen"] = json.dumps(described(obj.lead_picture))
        return form

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A plain field without the admin's pop-ups, lists in the order people look for things."""
        order = {"section": ("position", "pk"), "minimum_tier": ("rank",), "series": ("name",)}.get(db_field.name)
        if order:
            kwargs["queryset"] = db_field.remote_field.model.objects.order_by(*order)
        return db_field.formfield(**{key: value for key, value in kwargs.items() if key != "request"})

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        """A new story starts with the site's audience."""
        return {"audience": SiteRules.current().default_audience, **super().get_changeform_initial_data(request)}

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """A new story is signed by whoever starts it."""
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        author = getattr(request.user, "author", None) if isinstance(inline, BylineRows) and obj.pk is None else None
        return {**options, "initial": [{"author": author.pk}]} if author and request.method == "GET" else options

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The form; who may only look is shown the preview."""
        if request.method == "GET" and self.has_view_permission(request) and not request.user.has_perm(PUBLISH):
            article = self.get_object(request, object_id)
            if article is not None and not self.has_change_permission(request, article):
                messages.info(request, _("Only editors change a story that is out. This is how it looks."))
                return redirect("admin:articles_article_preview", article.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The form with its state, its one primary button and the verbs this member may use."""
        article, now = options.get("obj"), timezone.now()
        allowed = {name: may(request, verb, article, now) for name, verb in VERBS.items()}
        context |= {
            "state": state_of(article, now),
            "state_sentence": state_sentence(article, now),
            "may": allowed,
            "primary": primary(article, allowed, now),
            "zone": zone_name(),
            "overtaken": context["adminform"].form.has_error("__all__", "overtaken"),
            "picture_lookup": reverse("admin:articles_picture_lookup"),
        }
        for part in PARTS:
            context |= part.part_context(self, request, article)
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The form; where the publishing verb refuses what was stored, nothing is and the form says why."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except PublishError as refusal:
            request.desk_refusal = str(refusal)
            return super().changeform_view(request, *args, **kwargs)

    # -- Saving ----------------------------------------------------------------------------------

    def save_model(self, request: Any, obj: Article, form: Any, change: bool) -> None:
        """Store the fields; note the pages that showed the story as it was."""
        if change:
            before = Article.objects.defer(*UNSEEN_BY_LISTS).get(pk=obj.pk)
            request.desk_keys = before.cache_keys() if before.was_published else []
        else:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Store rows and tags, then settle: a version of a draft, or a correction of a live story."""
        super().save_related(request, form, formsets, change)
        obj: Article = form.instance
        obj.tags.set(tags_called(form.cleaned_data["tag_names"]))
        purge(*getattr(request, "desk_keys", []))
        if "is_lead" in form.changed_data:
            arranging.follow_mark(obj, by=request.user, now=request.now)
        if getattr(request, "desk_verb", None):
            publishing.derive(obj)
        else:
            settle(obj, form, request)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Rows keep the order they stand in; corrections keep who made them."""
        for place, row in enumerate(formset.forms):
            if hasattr(row.instance, "made_by") and row.instance.pk is None:
                row.instance.made_by = request.user
            if "position" in row.fields and not row.cleaned_data.get("position"):
                row.instance.position = place + 1
        super().save_formset(request, form, formset, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verbs keep the record."""

    log_change = log_addition

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


def primary(article: Article | None, allowed: dict[str, bool], now: Any) -> dict[str, Any] | None:
    """The one button that names its effect: verb, address, label, and the label for a time to come."""
    planned = article.published_at if article else None
    if allowed["publish"]:
        verb = "schedule" if planned and planned > now else "publish"
    elif allowed["submit"]:
        verb = "submit"
    elif allowed["restore"]:
        verb = "restore"
    else:
        return None
    label = VERBS[verb].label
    if verb == "schedule" and planned:
        label = _("Schedule for %(moment)s") % {"moment": said(planned)}
    return {"verb": verb, "label": label, "address": verb_address(article, verb)} | (
        {"now": verb_address(article, "publish"), "later": verb_address(article, "schedule")}
        if allowed["publish"]
        else {}
    )


def verb_address(article: Article | None, verb: str) -> str:
    """Where a verb is posted, for a story that is or is not stored yet."""
    if article is None or article.pk is None:
        return reverse("admin:articles_article_add_and", args=[verb])
    return reverse(f"admin:articles_article_{verb}", args=[article.pk])


def found(story: Article, request: Any) -> dict[str, Any]:
    """A story as the pickers show it."""
    note = [str(story.section or ""), state_sentence(story, timezone.now())]
    return {
        "key": story.pk,
        "headline": story.headline,
        "note": " · ".join(filter(None, note)),
        "address": story.get_absolute_url(),
    }
