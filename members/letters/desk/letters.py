"""The desk's pages for letters and for who gets them, with the proof of each consent."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.gate import Audience
from members.models import AuditEntry, Consent, Letter, LetterSubscription
from members.money.desk.base import ModelAdmin, ReadOnly, changes_of, person_of
from newsroom.caching import purge

RESERVED = frozenset(["asked", "choose", "discover", "confirm", "leave", "never", "mine", "issue", "story", "events"])


class LetterForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A letter; its sections are ticked by name (`LetterAdmin.get_form` names them) and kept by key."""

    section_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Sections"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: stories of every section."),
    )

    class Meta:
        model = Letter
        fields = (
            "name", "slug", "description", "about", "audience", "minimum_tier", "is_default", "is_active", "position",
            "section_ids", "carries", "sends_new_stories", "digest", "digest_at", "digest_weekday", "digest_most",
            "digest_waits", "from_name", "reply_to",
        )  # fmt: skip
        widgets = {"digest_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"})}

    def clean_slug(self) -> str:
        """A name of its own: some are addresses of the site."""
        slug = str(self.cleaned_data["slug"])
        if slug in RESERVED:
            raise forms.ValidationError(
                _("“%(slug)s” is an address the site itself uses. Choose another.") % {"slug": slug}
            )
        return slug

    def clean_from_name(self) -> str:
        """One line of it: it stands in a header."""
        return " ".join(str(self.cleaned_data["from_name"]).split())

    def clean(self) -> dict[str, Any]:
        """A sentence for what cannot be together."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("digest") != Letter.Digest.NONE and not cleaned.get("digest_at"):
            self.add_error("digest_at", _("Say at what time it puts itself together."))
        if cleaned.get("minimum_tier") and cleaned.get("audience") != Audience.PATRONS:
            self.add_error("minimum_tier", _("Only a letter for patrons can ask for a tier. Leave it empty."))
        if cleaned.get("is_default") and cleaned.get("audience") not in (Audience.EVERYONE, Audience.MEMBERS):
            self.add_error(
                "is_default", _("“Discover more” is shown to strangers: the letter must not be for patrons.")
            )
        return cleaned


@admin.register(Letter)
class LetterAdmin(ModelAdmin):
    """Letters readers can ask for."""

    form = LetterForm
    list_display = ("name", "audience", "sends_new_stories", "digest", "is_default", "is_active", "receiving")
    ordering = ("-is_active", "position", "name")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "about")}),
        (gettext_lazy("Who gets it"), {"fields": ("audience", "minimum_tier", "is_default", "is_active", "position")}),
        (gettext_lazy("What it holds"), {"fields": ("section_ids", "carries", "from_name", "reply_to")}),
        (
            gettext_lazy("When"),
            {"fields": ("sends_new_stories", "digest", "digest_at", "digest_weekday", "digest_most", "digest_waits")},
        ),
    )

    @admin.display(description=gettext_lazy("gets it"))
    def receiving(self, letter: Letter) -> int:
        """How many confirmed and did not leave."""
        return int(letter.receivers)  # type: ignore[attr-defined]  # of `get_queryset`

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how many receive it, in the same query."""
        receiving = LetterSubscription.objects.receiving().filter(letter=OuterRef("pk"))
        number = receiving.order_by().values("letter").annotate(number=Count("pk")).values("number")
        return super().get_queryset(request).annotate(receivers=Coalesce(Subquery(number), 0))

    def get_form(self, request: HttpRequest, obj: Letter | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with the site's sections: the furniture knows them, this app knows no stories."""
        form = super().get_form(request, obj, change, **kwargs)
        if "section_ids" in form.base_fields:
            sections = request.furniture.sections  # type: ignore[attr-defined]  # of the middleware
            field: Any = form.base_fields["section_ids"]
            field.choices = [(section.pk, section.name) for section in sections]
        return form

    def save_model(self, request: HttpRequest, obj: Letter, form: Any, change: bool) -> None:
        """Store the fields; the page of letters and the furniture show them. Stopping one says whom it concerns."""
        super().save_model(request, obj, form, change)
        by, changes = person_of(request), changes_of(form) if change else {}
        AuditEntry.objects.note("change" if change else "add", by=by, subject=obj, changes=changes)
        purge("letters", "site")
        if change and "is_active" in form.changed_data and not obj.is_active:
            number = obj.subscriptions.receiving().count()
            told = ngettext(
                "One person gets this letter, and nothing more from now on. Their wish is kept.",
                "%(number)d people get this letter, and nothing more from now on. Their wish is kept.",
                number,
            )
            messages.warning(request, told % {"number": number})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what was sent stays. A letter nobody is to get any more is not offered."""
        return False


class ConsentInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """The proof, in order; only read."""

    model = Consent
    fields = readonly_fields = ("at", "act", "where", "wording")
    ordering = ("at", "pk")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: only what somebody did makes a line."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see the subscription sees its proof."""
        return bool(request.user.has_perm("members.view_lettersubscription"))


@admin.register(LetterSubscription)
class LetterSubscriptionAdmin(ReadOnly, ModelAdmin):
    """Who gets what, with the proof of consent."""

    list_display = ("email", "letter", "asked_at", "confirmed_at", "left_at")
    list_filter = ("letter",)
    list_select_related = ("letter",)
    search_fields = ("email",)
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("email", "letter", "member", "asked_at", "asked_on", "wording", "confirmed_at", "left_at")
    inlines = (ConsentInline,)
