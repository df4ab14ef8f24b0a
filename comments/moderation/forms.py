"""The forms of those who report a reply."""

from django import forms
from django.utils.translation import gettext_lazy as _

from comments.models import Report


class ReportForm(forms.Form):
    """Why a reply should be looked at."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"), choices=Report.Reason.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Anything a moderator should know (optional)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=2000,
    )
