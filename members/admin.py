"""The desk's pages for people and rules; those for money, topics and letters stand with their nouns."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.api import desk as api
from members.appeals import AppealForm, warn_of_typed_price
from members.audit import admin as audit
from members.letters.desk import letters, mailings, suppressions
from members.models import AuditEntry, Grant, Member, MenuItem, SiteRules
from members.money import admin as money
from members.topics.desk import rounds, topics
from newsroom.caching import purge

__all__ = ["api", "audit", "letters", "mailings", "money", "rounds", "suppressions", "topics"]
GATE_FIELDS = (
    "default_audience",
    "meter_limit",
    "meter_limit_members",
    "archive_days",
    "archive_audience",
    "grace_days",
)
HELD_FIELDS = ("hold_first_replies", "patrons_are_known", "links_in_replies", "young_held_until", "young_days")


def _way_to_words() -> str:
    """Where the lists of words are, for who looks for them here."""
    address, says = reverse("admin:comments_words"), _("Words that are refused, held, reported or replaced")
    return format_html('<a href="{}">{}</a>', address, says)


way_to_words = lazy(_way_to_words, str)


def changes_of(form: Any) -> dict[str, list[Any]]:
    """{field: [old, new]} of a changed form, as the record keeps it: plain values."""
    named = ((name, _plain(form.initial.get(name)), _plain(form.cleaned_data.get(name))) for name in form.changed_data)
    return {name: [old, new] for name, old, new in named if old != new}


def _plain(value: Any) -> Any:
    """What JSON can hold: keys for rows, names for files and for several rows."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, models.QuerySet | list | tuple):
        return sorted(str(part) for part in value)
    if isinstance(value, str):
        return "\n".join(value.splitlines())  # browsers send other ends of lines
    return value.name if hasattr(value, "name") and hasattr(value, "size") else value


class MomentInput(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Audited(admin.ModelAdmin):
    """What the publisher changes is written down, field by field, and live at once."""

    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Moments by the browser's own picker; addresses without a scheme are https."""
        if isinstance(db_field, models.DateTimeField):
            return db_field.formfield(form_class=forms.DateTimeField, widget=MomentInput())
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Store, write down the changes, drop every page."""
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("change" if change else "add", by=request.user, subject=obj, changes=changes_of(form))
        purge("site")

    def delete_model(self, request: Any, obj: Any) -> None:
        """Write down what goes, drop every page."""
        AuditEntry.objects.note("delete", by=request.user, subject=obj)
        super().delete_model(request, obj)
        purge("site")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """`save_model` keeps the record."""

    log_change = log_addition


@admin.register(SiteRules)
class SiteRulesAdmin(Audited):
    """The one row of rules: its list opens the form."""

    form = AppealForm
    fieldsets = (
        (
            gettext_lazy("The site"),
            {"fields": ("name", "tagline", "description", "publisher", "contact_email", "logo", "footer")},
        ),
        (
            gettext_lazy("Above every story"),
            {"fields": ("brief", "brief_until", "banner", "banner_level", "banner_url", "banner_from", "banner_until")},
        ),
        (gettext_lazy("On the front page"), {"fields": ("shows_most_read",)}),
        (gettext_lazy("How we work"), {"fields": ("review_step", "legal_step", "live_coverage")}),
        (gettext_lazy("Who may read"), {"fields": GATE_FIELDS}),
        (
            gettext_lazy("Replies"),
            {
                "description": way_to_words(),
                "fields": ("reply_right", "close_replies_after_days", "close_silent_after_days", "networks_kept_days"),
            },
        ),
        (gettext_lazy("Replies that a moderator reads first"), {"fields": HELD_FIELDS}),
        (gettext_lazy("Topics"), {"fields": ("won_unassigned_days",)}),
        (
            gettext_lazy("The ask"),
            {"fields": ("appeal_title", "appeal_text", "other_support", "hardship_asks", "hardship_months")},
        ),
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """On to the one row, made with the defaults where there is none yet."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        SiteRules.objects.get_or_create(pk=1)
        return redirect("admin:members_siterules_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change the rules."""
        return request.user.has_perm("members.manage_rules")

    has_view_permission = has_change_permission

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """As every change of rules; say so if the appeal's price was typed by hand."""
        super().save_model(request, obj, form, change)
        warn_of_typed_price(request, form)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Stay here."""
        messages.success(request, _("Saved. It is live."))
        return redirect("admin:members_siterules_change", 1)


@admin.register(MenuItem)
class MenuItemAdmin(Audited):
    """Menu and footer."""

    list_display = ("label", "place", "path", "position")
    list_filter = ("place",)
    ordering = ("place", "position", "pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Part of the site's rules."""
        return request.user.has_perm("members.manage_rules")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Part of the site's rules."""
        return request.user.has_perm("members.manage_rules")

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


class GrantRows(admin.TabularInline):
    """What a member may read as a patron, and why. Derived, therefore read-only."""

    model = Grant
    fields = readonly_fields = ("tier", "starts_at", "ends_at", "source", "reason")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: grants follow from payments and gifts."""
        return False

    has_change_permission = has_add_permission

    def get_queryset(self, request: HttpRequest) -> Any:
        """Newest first, with their tiers."""
        return super().get_queryset(request).select_related("tier").order_by("-ends_at")


@admin.register(Member)
class MemberAdmin(Audited):
    """People. Roles and the flags that open the desk are the superuser's alone to change."""

    list_display = ("email", "name", "is_staff", "is_active", "joined_at")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("-joined_at",)
    fields = ("email", "name", "language", "is_active", "joined_at", "is_staff", "is_superuser", "groups")
    filter_horizontal = ("groups",)
    inlines = (GrantRows,)
    list_per_page = 50
    actions = None

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        """Nobody but a superuser changes who may open the desk; an address is changed by its owner."""
        if request.user.is_superuser:
            return ("joined_at",)
        return ("email", "joined_at", "is_staff", "is_superuser", "groups")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Accounts of staff are changed by a superuser only."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser))

    def has_add_permission(self, request: Any) -> bool:
        """A superuser; everybody else signs up."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody here: an account is erased, which keeps the books."""
        return False

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """A new account has no password: the e-mail code signs in. A new name shows beside what they wrote."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            purge(*(f"replies-{pk}" for pk in obj.replies.values_list("discussion_id", flat=True).distinct()))
