"""The story form: its fields, its rules, and the rows under it (bylines, related links, corrections)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from articles.desk.editor_field import StoryEditorField
from articles.desk.fields import MomentField, TagsField, TargetField
from articles.models import Article, Author, Byline, Correction, RelatedLink
from members.gate import Audience


class StoryForm(forms.ModelForm):
    """A story's own fields. `seen` is the edition the browser opened: it refuses a silent overwrite."""

    full_text = StoryEditorField(label=_("Text"), required=False)
    tag_names = TagsField(label=_("Tags"))
    published_at = MomentField(label=_("Publish at"), required=False)
    embargo_until = MomentField(label=_("Embargo until"), required=False)
    mark_updated = forms.BooleanField(
        label=_("Mark as updated"), required=False, help_text=_("Readers see “updated” with the time.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    refusal = ""  # what the publishing verb said to the same fields a moment ago

    class Meta:
        model = Article
        fields = [
            "headline",
            "kicker",
            "standfirst",
            "full_text",
            "section",
            "kind",
            "slug",
            "dateline",
            "language",
            "audience",
            "minimum_tier",
            "public_interest",
            "series",
            "series_part",
            "topic",
            "lead_picture",
            "published_at",
            "embargo_until",
            "reply_right",
            "shows_appeal",
            "is_lead",
        ]
        widgets = {
            "headline": forms.Textarea(
                attrs={"rows": 1, "maxlength": 200, "data-length": "70", "placeholder": _("Headline")}
            ),
            "kicker": forms.TextInput(attrs={"placeholder": _("Kicker: two or three words above the headline")}),
            "standfirst": forms.Textarea(
                attrs={
                    "rows": 2,
                    "data-length": "200",
                    "placeholder": _("Standfirst: what it is about, in a sentence or two"),
                }
            ),
            "slug": forms.TextInput(),
        }
        labels = {
            "slug": _("Last part of the address"),
            "dateline": _("Place"),
            "minimum_tier": _("From tier"),
            "public_interest": _("Of public interest"),
            "series_part": _("Part"),
            "topic": _("Answers the topic"),
            "reply_right": _("Replies"),
            "shows_appeal": _("Shows the appeal"),
            "is_lead": _("Leads the front page"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("published_at", "embargo_until"):  # declared here, so the admin's choice of fields misses them
            if name not in (self._meta.fields or ()):
                del self.fields[name]
        if self.instance.pk:
            self.fields["seen"].initial = self.instance.edition
            self.fields["tag_names"].initial = self.instance.tags.order_by("pk")
        self.edition = self.instance.edition

    def clean_headline(self) -> str:
        """One line."""
        return " ".join(self.cleaned_data["headline"].split())

    def clean_slug(self) -> str:
        """Lower case, words joined by hyphens; empty ones are made from the headline when it goes out."""
        return str(slugify(self.cleaned_data.get("slug", ""), allow_unicode=True))

    def clean(self) -> dict[str, Any]:
        """What fields say together."""
        found = super().clean() or self.cleaned_data
        if found.get("audience") != Audience.PATRONS:
            found["minimum_tier"] = None
        section = found.get("section")
        if self.instance.pk is None and section and section.audience and "audience" not in self.changed_data:
            found["audience"] = section.audience
        self._refuse_silent_overwrite()
        self._refuse_what_readers_would_miss(found)
        if self.refusal:
            raise ValidationError(self.refusal)
        return found

    def _refuse_what_readers_would_miss(self, found: dict[str, Any]) -> None:
        """An approved story keeps its time and its text."""
        if self.instance.status != Article.Status.PUBLISHED:
            return
        if "published_at" in self.fields and not found.get("published_at"):
            self.add_error("published_at", _("It is scheduled: give a time, or take it back."))
        if not found.get("full_text"):
            self.add_error("full_text", _("This story is out: it cannot be without text."))

    def _refuse_silent_overwrite(self) -> None:
        seen = self.cleaned_data.get("seen")
        if self.instance.pk and seen != str(self.edition) and "_overwrite" not in self.data:
            raise ValidationError(
                _("Somebody saved this story after you opened it. Your text is below, not yet stored."),
                code="overtaken",
            )


class BylineForm(forms.ModelForm):
    """One author. A row the desk filled in counts as filled in."""

    def has_changed(self) -> bool:
        """A new row with an author is meant."""
        named = bool(self.data and self.data.get(self.add_prefix("author")))
        return super().has_changed() or (self.instance.pk is None and named)


class LinkForm(forms.ModelForm):
    """One related link: `target` is a story of ours or any address."""

    target = TargetField(label=_("Story or address"))

    class Meta:
        model = RelatedLink
        fields = ["kind", "title", "publisher", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        link = self.instance
        if link.pk:
            self.fields["target"].initial = link.story.get_absolute_url() if link.story else link.url
        chosen = link.story.headline if link.pk and link.story else ""
        self.fields["target"].widget.attrs |= {"data-choose-story": chosen, "placeholder": _("https://… or a story")}

    def clean(self) -> dict[str, Any]:
        """Put the target where it belongs; no story is related to itself."""
        found = super().clean() or self.cleaned_data
        target = found.get("target")
        if isinstance(target, Article):
            if target.pk == self.instance.article_id:
                raise ValidationError({"target": _("That is this very story.")})
            self.instance.story, self.instance.url = target, ""
        elif target:
            self.instance.story, self.instance.url = None, target
        return found


class Rows(admin.TabularInline):
    """Rows under the story, in our own markup."""

    template = "admin/articles/article/rows.html"
    extra = 0
    show_change_link = False
    add_label: Any = ""
    placeholders: dict[str, Any] = {}

    @property
    def media(self) -> forms.Media:
        """None of the admin's scripts: the template brings `desk-rows.js`."""
        return forms.Media()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A plain field without the admin's pop-ups; a placeholder says what belongs there."""
        field = db_field.formfield()
        field.required = field.required and db_field.name != "position"  # the order they stand in is theirs
        if db_field.name in self.placeholders:
            field.widget.attrs["placeholder"] = self.placeholders[db_field.name]
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change the story may change its rows."""
        return True

    has_change_permission = has_delete_permission = has_view_permission = has_add_permission


class BylineRows(Rows):
    """Who signs, in order."""

    model = Byline
    form = BylineForm
    fields = ("author", "role", "position")
    placeholders = {"role": _("Role: reporting, photography …")}
    add_label = _("Add a byline")

    def get_queryset(self, request: HttpRequest) -> Any:
        """In order."""
        return super().get_queryset(request).order_by("position", "pk")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new story opens with one line."""
        return 0 if obj else 1

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """One query for all rows' choices."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name != "author":
            return field
        names = Author.objects.order_by("name", "pk").values_list("pk", "name")
        field.choices = [("", _("Author …")), *names]
        return field


class LinkRows(Rows):
    """Related links, in order. Those of the text's *read also* are not edited here."""

    model = RelatedLink
    form = LinkForm
    fk_name = "article"
    fields = ("target", "kind", "title", "publisher", "position")
    placeholders = {"title": _("Title (empty: the story’s headline)"), "publisher": _("Publisher")}
    add_label = _("Add a link")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Those set by hand, with the stories they name."""
        rows = super().get_queryset(request).filter(in_body=False).select_related("story")
        return rows.defer("story__full_text", "story__teaser", "story__search").order_by("position", "pk")


class CorrectionRows(Rows):
    """What was put right after publication."""

    model = Correction
    fields = ("kind", "text", "made_at")
    add_label = _("Add a correction")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The browser's own picker for the moment, two lines for the text."""
        if db_field.name == "made_at":
            return MomentField(label=_("When"), initial=db_field.get_default)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "text":
            field.widget = forms.Textarea(attrs={"rows": 2})
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        """Newest first."""
        return super().get_queryset(request).order_by("-made_at")
