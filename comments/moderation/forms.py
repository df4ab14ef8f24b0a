"""The forms of those who report a reply, or appeal against a decision."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Report
from comments.moderation.appeals import LONGEST

Reason = Report.Reason


class ReportForm(forms.Form):
    """Why a reply should be looked at. What is illegal is said why, and in good faith."""

    reason = forms.ChoiceField(
        label=gettext_lazy("What is wrong with it?"),
        choices=[(value, label) for value, label in Reason.choices if value != Reason.WORD],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Anything a moderator should know"),
        help_text=gettext_lazy("If you report it as illegal: which law it breaks, or why you think so."),
        widget=forms.Textarea(attrs={"rows": 4, "aria-describedby": "report-note"}),
        required=False,
        max_length=5000,
    )
    in_good_faith = forms.BooleanField(
        label=gettext_lazy("I say so in good faith, and what I write is right and complete as far as I know."),
        help_text=gettext_lazy("Needed for a report of illegal content alone."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for both where something illegal is reported."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("reason") == Reason.ILLEGAL:
            if not cleaned.get("note") and "note" not in self.errors:
                self.add_error("note", _("Say why it is illegal, so that we can judge it."))
            if not cleaned.get("in_good_faith"):
                self.add_error("in_good_faith", _("Tick this to report something as illegal."))
        return cleaned

    @property
    def written(self) -> dict[str, str]:
        """The reason and the note of a valid form."""
        return {name: self.cleaned_data[name] for name in ("reason", "note")}


class AppealForm(forms.Form):
    """Why it should be decided otherwise."""

    text = forms.CharField(
        label=gettext_lazy("Why should it be decided otherwise?"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST,
        error_messages={"required": gettext_lazy("Write something first: why should it be decided otherwise?")},
    )
