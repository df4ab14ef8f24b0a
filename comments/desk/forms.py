"""What moderators type on the desk."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Sanction

Kind = Sanction.Kind
USUAL_DAYS = 7
MEASURES = (
    (Kind.WARN, gettext_lazy("A warning, which they read before their next reply")),
    (Kind.MUTE, gettext_lazy("No replies for some days")),
    (Kind.HOLD, gettext_lazy("Every reply is read first")),
    (Kind.BAN, gettext_lazy("Banned for good")),
)


class SanctionForm(forms.Form):
    """What is decided about a member. Only a mute ends by itself, after `days`; only a ban takes what was written."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What follows"), initial=Kind.MUTE, widget=forms.RadioSelect, choices=MEASURES,
        error_messages={name: gettext_lazy("Choose what follows.") for name in ("required", "invalid_choice")},
    )  # fmt: skip
    days = forms.IntegerField(
        label=gettext_lazy("Days, if they may not reply"), initial=USUAL_DAYS, required=False, min_value=1,
        max_value=3650,
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason, for the member to read"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"list": "sanction-reasons"}),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Note, for moderators alone"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    rejects_all = forms.BooleanField(
        label=gettext_lazy("Also reject all they wrote, with a ban. It comes back when the ban is lifted."),
        required=False,
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A mute says for how long; only a ban takes what was written."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind == Kind.MUTE and not cleaned.get("days") and "days" not in self.errors:
            self.add_error("days", _("Say for how many days."))
        if cleaned.get("rejects_all") and kind not in (None, Kind.BAN):
            self.add_error("rejects_all", _("Only with a ban."))
        return cleaned

    @property
    def said(self) -> str:
        """The first sentence that says why it was not taken."""
        return next(str(sentence) for errors in self.errors.values() for sentence in errors)

    def imposed(self, now: datetime) -> dict[str, Any]:
        """What `sanctions.impose` is told beside member, moderator and clock, of a valid form."""
        data = self.cleaned_data
        until = now + timedelta(days=data["days"]) if data["kind"] == Kind.MUTE else None
        return {name: data[name] for name in ("kind", "reason", "note", "rejects_all")} | {"until": until}
