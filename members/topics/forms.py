"""What readers type about topics."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from members.topics.loop import wording


class ProposalForm(forms.Form):
    """A title and the case for the story, both in words."""

    title = forms.CharField(label=gettext_lazy("What should we look into?"), strip=False)
    case = forms.CharField(label=gettext_lazy("Why does it matter, and to whom?"), strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators = []  # what cannot be seen is taken out, not complained of
            field.required = False  # an empty one gets the same sentence as one without words

    def clean_title(self) -> str:
        """One line of it. Raises ValidationError."""
        title = wording.cleaned(str(self.cleaned_data["title"]))
        return _checked(title, wording.complaint_of_title(title))

    def clean_case(self) -> str:
        """Its paragraphs. Raises ValidationError."""
        case = wording.cleaned(str(self.cleaned_data["case"]), lines=True)
        return _checked(case, wording.complaint_of_case(case))


def _checked(text: str, complaint: str) -> str:
    if complaint:
        raise forms.ValidationError(complaint)
    return text
