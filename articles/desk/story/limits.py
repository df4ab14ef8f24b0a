"""How the story's ModelAdmin keeps to the rights: which stories it finds, shows, deletes and files where."""

from typing import Any

from django.utils.translation import gettext as _

from articles.desk.base import StoryPart
from articles.desk.rights import marked, may_change, may_file_under, may_see, within
from articles.models import Article
from articles.workflow.keeping import PublishError, refuse_sooner


class Limits(StoryPart):
    """Asks `rights` wherever the ModelAdmin asks for a permission."""

    def get_queryset(self, request: Any) -> Any:
        """In lists only what this member may see; elsewhere every story, marked with what the rights ask of it."""
        stories = super().get_queryset(request)  # type: ignore[misc]  # the ModelAdmin's
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in ("articles_article_changelist", "autocomplete"):
            return stories.filter(within(request.user))
        return marked(stories, request.user)

    def has_view_permission(self, request: Any, obj: Article | None = None) -> bool:
        """Whoever writes, within their sections."""
        return may_see(request, obj)

    def has_delete_permission(self, request: Any, obj: Article | None = None) -> bool:
        """Who may delete at all, what they may change."""
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]  # the ModelAdmin's
        return allowed and (obj is None or may_change(request, obj, request.now))

    def save_model(self, request: Any, obj: Article, form: Any, change: bool) -> None:
        """Store the fields. Raises PublishError for a foreign section, and for an embargo that would end sooner."""
        before = form.initial if change else {}
        if "embargo_until" in form.fields:
            refuse_sooner(before.get("embargo_until"), obj.embargo_until, request.now)
        if "section" in form.changed_data and not may_file_under(request, obj.section_id):
            raise PublishError(_("Your work is limited to other sections. Ask a publisher, or choose one of yours."))
        super().save_model(request, obj, form, change)  # type: ignore[misc]  # the ModelAdmin's
