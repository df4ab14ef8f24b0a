"""What moderators type on the desk."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from comments.models import Sanction

MUTED_DAYS = (1, 7, 30)
MEASURES: dict[str, tuple[str, int | None]] = {
    "warn": (Sanction.Kind.WARN, None),
    **{f"mute-{days}": (Sanction.Kind.MUTE, days) for days in MUTED_DAYS},
    "hold": (Sanction.Kind.HOLD, None),
    "ban": (Sanction.Kind.BAN, None),
}  # what is chosen → the kind of sanction, and for how many days (None: for good)


class SanctionForm(forms.Form):
    """What is decided about a member."""

    measure = forms.ChoiceField(
        label=_("What follows"),
        initial="mute-7",
        widget=forms.RadioSelect,
        choices=[
            ("warn", _("A warning")),
            ("mute-1", _("No replies for a day")),
            ("mute-7", _("No replies for 7 days")),
            ("mute-30", _("No replies for 30 days")),
            ("hold", _("Every reply is read first")),
            ("ban", _("Banned for good")),
        ],
    )
    reason = forms.CharField(label=_("Reason, for the member to read"), max_length=300, required=False)
    note = forms.CharField(
        label=_("Note, for moderators alone"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    rejects_all = forms.BooleanField(
        label=_("Also reject all they wrote. It comes back when the sanction is lifted."), required=False
    )

    def imposed(self, now: datetime) -> dict[str, Any]:
        """What `sanctions.impose` is told beside member, moderator and clock."""
        kind, days = MEASURES[self.cleaned_data["measure"]]
        return {
            "kind": kind,
            "until": now + timedelta(days=days) if days else None,
            "reason": self.cleaned_data["reason"],
            "note": self.cleaned_data["note"],
            "rejects_all": self.cleaned_data["rejects_all"],
        }
