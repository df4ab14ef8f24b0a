"""The list of stories: saved filters, search by headline, and what each story still needs."""

import re
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk.fields import zone_name
from articles.desk.gate.filters import FirstOutFilter, OpenToFilter
from articles.desk.rights import own
from articles.desk.states import UNPUBLISHED, state_of, state_sentence
from articles.desk.story.several import SeveralViews
from articles.models import Article, Author, Section, StoryNote
from articles.search import search_configs
from members.gate import Audience
from members.models import SiteRules

AUTHORS_OFFERED = 300
WORDS_ASKED = 8


class SavedFilter(admin.SimpleListFilter):
    """Where a story stands, in the words of the queryset; shown as links above the list."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """What a newsroom asks for; the steps it switched off are not among it."""
        rules = request.furniture.rules
        steps = [("review", _("To review"))] * rules.review_step + [("legal", _("For the lawyer"))] * rules.legal_step
        return [
            ("mine", _("Mine")),
            ("draft", _("Drafts")),
            ("ready", _("Ready")),
            *steps,
            ("scheduled", _("Scheduled")),
            ("late", _("Late")),
            ("live", _("Live")),
            ("withdrawn", _("Withdrawn")),
            ("aging", _("Untouched for 30 days")),
            ("alt", _("No alternative text")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The stories it names."""
        now = request.now
        match self.value():
            case "mine":
                return queryset.filter(own(request.user))
            case "live" | "scheduled" | "late" | "aging" as word:
                return getattr(queryset, word)(now)
            case "review":
                return queryset.unreviewed()
            case "legal":
                return queryset.uncleared()
            case "alt":
                return queryset.without_alt()
            case "draft" | "ready" | "withdrawn" as status:
                return queryset.filter(status=status)
        return queryset


class SectionFilter(admin.SimpleListFilter):
    """One section, or none."""

    title = gettext_lazy("Section")
    parameter_name = "section"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """Sections as the menu has them, then none. One query."""
        sections = Section.objects.order_by("position", "pk").values_list("pk", "name")
        return [*((str(pk), name) for pk, name in sections), ("none", _("In no section"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Those filed there."""
        wanted = self.value() or ""
        if wanted == "none":
            return queryset.filter(section=None)
        return queryset.filter(section=int(wanted)) if wanted.isdigit() else queryset


class AuthorFilter(admin.SimpleListFilter):
    """One author."""

    title = gettext_lazy("Author")
    parameter_name = "author"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """By name. One query."""
        authors = Author.objects.order_by("name", "pk").values_list("pk", "name")[:AUTHORS_OFFERED]
        return [(str(pk), name) for pk, name in authors]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """What they sign."""
        wanted = self.value() or ""
        return queryset.filter(bylines__author=int(wanted)) if wanted.isdigit() else queryset


class AudienceFilter(admin.SimpleListFilter):
    """Who may read."""

    title = gettext_lazy("Audience")
    parameter_name = "audience"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The four."""
        return list(Audience.choices)

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Those for it."""
        wanted = self.value()
        return queryset.filter(audience=wanted) if wanted in Audience.values else queryset


class StoryListViews(SeveralViews):
    """The list, for the story's ModelAdmin."""

    change_list_template = "admin/articles/article/change_list.html"
    list_display = ("headline", "state", "still_needs", "section", "signed_by", "saved_at")
    list_display_links = ("headline",)
    list_filter = (SavedFilter, SectionFilter, AuthorFilter, AudienceFilter, OpenToFilter, FirstOutFilter)
    list_per_page = 50
    list_max_show_all = 50
    search_fields = ("headline",)
    ordering = ("-saved_at",)

    def get_queryset(self, request: Any) -> Any:
        """With what the column of gaps looks at."""
        stories = super().get_queryset(request)  # type: ignore[misc]  # the ModelAdmin's
        name = request.resolver_match.url_name if request.resolver_match else ""
        return with_gaps(stories, request.furniture.rules) if name == "articles_article_changelist" else stories

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Stories by words of the headline: their beginnings by the index, any part of them in what is not out."""
        wanted = called(search_term)
        return (queryset if wanted is None else queryset.filter(wanted)), False

    @admin.display(description=gettext_lazy("state"), ordering="live_from")
    def state(self, article: Article) -> str:
        """The state in words."""
        now = timezone.now()
        return format_html(
            '<span class="desk-status is-{}">{}</span>',
            state_of(article, now),
            state_sentence(article, now).removesuffix(f" {zone_name()}"),
        )

    @admin.display(description=gettext_lazy("by"))
    def signed_by(self, article: Article) -> str:
        """The byline."""
        return ", ".join(byline.author.name for byline in article.bylines.all())

    @admin.display(description=gettext_lazy("still needs"), empty_value="")
    def still_needs(self, article: Any) -> str:
        """What keeps an unpublished story from going out, as far as a list can tell."""
        if state_of(article, timezone.now()) not in UNPUBLISHED:
            return ""
        gaps = {
            _("text"): not article.word_count,
            _("alternative text"): article.lacks_alt,
            _("review"): article.lacks_review,
            _("the lawyer"): article.lacks_lawyer,
            _("an answer to a note"): article.is_blocked,
            _("section"): article.section_id is None,
            _("standfirst"): not article.standfirst,
        }
        return ", ".join(gap for gap, is_there in gaps.items() if is_there)


def with_gaps(stories: Any, rules: SiteRules) -> Any:
    """Each story with what it lacks, in the same query: `lacks_alt`, `lacks_review`, `lacks_lawyer`, `is_blocked`."""
    this = Article.objects.filter(pk=OuterRef("pk"))
    nothing = Value(False)
    return stories.annotate(
        lacks_alt=Exists(this.without_alt()),
        is_blocked=Exists(StoryNote.objects.filter(article=OuterRef("pk"), blocks=True, resolved_at=None)),
        lacks_review=Exists(this.filter(reviewed_at=None)) if rules.review_step else nothing,
        lacks_lawyer=Exists(this.filter(legal_flag=True, legal_cleared_at=None)) if rules.legal_step else nothing,
    )


def called(term: str) -> Any:
    """The condition that all words of `term` stand in the headline; None where it has none."""
    words = re.findall(r"\w+", term)[:WORDS_ASKED]
    if not words:
        return None
    beginnings = " & ".join(f"{word}:*A" for word in words)
    by_index = reduce(
        or_, (Q(search=SearchQuery(beginnings, config=config, search_type="raw")) for config in search_configs())
    )
    by_part = reduce(and_, (Q(headline__icontains=word) for word in words))
    unapproved = Q(status__in=[Article.Status.DRAFT, Article.Status.READY])
    return by_index | unapproved & by_part
