"""The forms of replies."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_comments_xtd.forms import XtdCommentForm

from comments.models import Reply


class ReplyForm(XtdCommentForm):  # type: ignore[misc]  # the package ships no types
    """A text. Who writes it is the account, what it answers the address; never the form.

    The package's stamp is left out: it expires while people write. The views ask the browser where the
    form stood instead. What is posted of the package's hidden fields must agree with the address.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for name in ("name", "email", "url", "followup", "timestamp", "security_hash"):
            del self.fields[name]
        for name in ("content_type", "object_pk", "reply_to"):
            self.fields[name].required = False
        text = self.fields["comment"]
        text.label = _("Leave a reply")
        text.max_length = None  # the rules say by how much it is too long, and the text stays in the box
        text.validators = []
        text.widget = forms.Textarea(attrs={"id": "reply-text", "rows": 4, "aria-describedby": "reply-as"})
        self.order_fields(["comment", "reply_to", "honeypot"])

    def get_comment_model(self) -> type[Reply]:
        """Our model."""
        return Reply

    @property
    def written(self) -> dict[str, Any]:
        """What was written and what it answers, of a valid form."""
        return {"text": self.cleaned_data["comment"], "reply_to": self.cleaned_data.get("reply_to") or None}

    def clean(self) -> dict[str, Any]:
        """Refuse a form that names another target than the address it was sent to."""
        cleaned: dict[str, Any] = super().clean()
        actual = {"content_type": str(self.target_object._meta), "object_pk": str(self.target_object.pk)}
        if any(cleaned.get(name) not in ("", None, value) for name, value in actual.items()):
            raise ValidationError(_("This form belongs to another page. Please post it again."))
        return cleaned


class EditForm(forms.Form):
    """A new text for one's own reply."""

    comment = forms.CharField(
        label=_("Your reply"), widget=forms.Textarea(attrs={"id": "reply-text", "rows": 6}), strip=True
    )
