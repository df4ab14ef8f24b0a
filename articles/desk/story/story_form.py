"""The story form: its fields and its rules."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from articles.desk.fields import AddressField, MomentField, OriginalField, TagsField
from articles.desk.story.editor_field import StoryEditorField
from articles.models import Article
from members.gate import Audience

SEARCH_LENGTH, SOCIAL_LENGTH, STANDFIRST_LENGTH = 65, 70, 200  # characters that are shown in full elsewhere


class StoryForm(forms.ModelForm):
    """A story's own fields. `seen` is the edition the browser opened: it refuses a silent overwrite.

    The desk sets `refusal` (what the publishing verb said to the same fields a moment ago), `verb` (what is to
    follow the saving) and `opened_at` (the request's time).
    """

    full_text = StoryEditorField(label=_("Text"), required=False)
    tag_names = TagsField(label=_("Tags"))
    published_at = MomentField(label=_("Publish at"), required=False)
    embargo_until = MomentField(label=_("Embargo until"), required=False)
    mark_updated = forms.BooleanField(
        label=_("Mark as updated"), required=False, help_text=_("Readers see “updated” with the time.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    republished_url = AddressField(label=_("Its address there"))
    canonical_url = AddressField(
        label=_("Canonical address"), help_text=_("Where search engines should send people; empty: to us.")
    )
    translation_of = OriginalField(
        label=_("Translation of"), help_text=_("The address of the story it was translated from. Each names the other.")
    )
    refusal = ""
    verb = ""
    opened_at: datetime | None = None

    class Meta:
        model = Article
        fields = [
            "headline",
            "search_headline",
            "social_headline",
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
            "coverage",
            "legal_flag",
            "republished_from",
            "republished_url",
            "canonical_url",
        ]
        widgets = {
            "headline": forms.Textarea(
                attrs={"rows": 1, "maxlength": 200, "data-length": SOCIAL_LENGTH, "placeholder": _("Headline")}
            ),
            "search_headline": forms.TextInput(attrs={"data-length": SEARCH_LENGTH}),
            "social_headline": forms.TextInput(attrs={"data-length": SOCIAL_LENGTH}),
            "kicker": forms.TextInput(attrs={"placeholder": _("Kicker: two or three words above the headline")}),
            "standfirst": forms.Textarea(
                attrs={
                    "rows": 2,
                    "data-length": STANDFIRST_LENGTH,
                    "placeholder": _("Standfirst: what it is about, in a sentence or two"),
                }
            ),
            "slug": forms.TextInput(),
        }
        labels = {
            "search_headline": _("For search engines"),
            "social_headline": _("For social networks"),
            "slug": _("Last part of the address"),
            "dateline": _("Place"),
            "minimum_tier": _("From tier"),
            "public_interest": _("Of public interest"),
            "series_part": _("Part"),
            "topic": _("Answers the topic"),
            "reply_right": _("Replies"),
            "shows_appeal": _("Shows the appeal"),
            "is_lead": _("Leads the front page"),
            "coverage": _("Live entries"),
            "legal_flag": _("A lawyer must look at it"),
            "republished_from": _("Who published it first"),
        }
        help_texts = {
            "search_headline": _("Empty: the headline. About 65 characters are shown."),
            "social_headline": _("Empty: the headline. About 70 characters are shown."),
            "republished_from": "",
            "is_lead": "",
            "legal_flag": "",
            "language": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("published_at", "embargo_until"):  # declared here, so the admin's choice of fields misses them
            if name not in (self._meta.fields or ()):
                del self.fields[name]
        if self.instance.pk:
            self.fields["seen"].initial = self.instance.edition
            loaded = getattr(self.instance, "tag_list", None)
            self.fields["tag_names"].initial = self.instance.tags.order_by("pk") if loaded is None else loaded
            self.fields["translation_of"].initial = self.instance.original
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
        if found.get("republished_url") and not found.get("republished_from"):
            self.add_error("republished_from", _("Say who published it first: readers see the credit."))
        self._keep_original(found)
        section = found.get("section")
        if self.instance.pk is None and section and section.audience and "audience" not in self.changed_data:
            found["audience"] = section.audience
        self._refuse_silent_overwrite()
        self._refuse_what_readers_would_miss(found)
        if self.refusal:
            raise ValidationError(self.refusal)
        return found

    def _get_validation_exclusions(self) -> set[str]:
        """Rows the form's fields have looked up are not looked up again."""
        stored: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # the stubs leave it out
        return {*stored, "section", "lead_picture", "series", "topic", "minimum_tier"}

    def _keep_original(self, found: dict[str, Any]) -> None:
        """A translation is in another language than what it was made of, and nothing is made of it in turn."""
        original = found.get("translation_of")
        if "translation_of" in self.errors or "language" not in self.fields:
            return
        if original and original.pk == self.instance.pk:
            self.add_error("translation_of", _("That is this story itself."))
        elif original and original.story_language == (found.get("language") or settings.LANGUAGE_CODE):
            self.add_error("translation_of", _("Both are in one language. Say above in which this one is."))
        elif original and self.instance.pk and self.instance.translations.exists():
            self.add_error("translation_of", _("Other stories are translations of this one."))
        else:
            self.instance.original = original

    def _refuse_what_readers_would_miss(self, found: dict[str, Any]) -> None:
        """An approved story keeps its time and its text."""
        if self.instance.status != Article.Status.PUBLISHED:
            return
        if "published_at" in self.fields and not found.get("published_at"):
            if self.verb == "publish":
                found["published_at"] = self.opened_at
            else:
                self.add_error("published_at", _("It is scheduled: give a time, or take it back."))
        if not found.get("full_text"):
            self.add_error("full_text", _("This story is out: it cannot be without text."))

    def _refuse_silent_overwrite(self) -> None:
        seen = self.cleaned_data.get("seen")
        if self.instance.pk and seen != str(self.edition):
            raise ValidationError(
                _("Somebody saved this story after you opened it. Your text is below, not yet stored."),
                code="overtaken",
            )
