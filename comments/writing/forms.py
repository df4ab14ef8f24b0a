"""The forms of replies."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_comments_xtd.forms import XtdCommentForm

from comments.models import Reply
from comments.moderation.rules import overlong
from comments.parsing import number_in
from comments.writing import texts

NOBODY = -1  # the key of no reply
PREVIEW, QUOTE, READ = "preview", "quote", "read"  # what else a form of replies can be sent for, as its `do`


class PlainText(forms.Textarea):
    """A box of plain text; what it is shown again with can be sent, whatever came."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        """What was typed, without what no page can carry."""
        return texts.printable(str(data.get(name) or ""))


def text_field() -> forms.CharField:
    """The text of a reply: by how much it is too long is for the rules to say, and the text stays in the box."""
    field = forms.CharField(widget=PlainText, error_messages={"required": texts.NOTHING})
    field.validators = []
    return field


def readable(text: str) -> str:
    """`text`, if there is something to read in it and not far too much. Raises ValidationError."""
    if len(text) > texts.READ_AT_MOST:
        raise ValidationError(overlong(text))
    if not texts.tidy(text):
        raise ValidationError(texts.NOTHING)
    return text


class ReplyForm(XtdCommentForm):  # type: ignore[misc]  # the package ships no types
    """A text. Who writes it is the account, what it answers the address; never the form.

    The package's stamp is left out: it expires while people write. The views ask the browser where the
    form stood instead. What is posted of the package's hidden fields must agree with the address.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for name in ("name", "email", "url", "followup", "timestamp", "security_hash", "reply_to"):
            del self.fields[name]
        for name in ("content_type", "object_pk"):
            self.fields[name].required = False
        self.fields["comment"] = text_field()
        self.fields["reply_to"] = forms.CharField(required=False)

    def get_comment_model(self) -> type[Reply]:
        """Our model."""
        return Reply

    @property
    def written(self) -> dict[str, Any]:
        """What was written and what it answers, of a valid form."""
        return {"text": self.cleaned_data["comment"], "reply_to": self.cleaned_data["reply_to"]}

    @property
    def text(self) -> str:
        """What stands in the box."""
        return str(self["comment"].value() or "")

    @property
    def said(self) -> list[str]:
        """Every sentence that says why it was not taken."""
        return [str(sentence) for errors in self.errors.values() for sentence in errors]

    def clean_comment(self) -> str:
        """The text. Raises ValidationError where there is none, or far too much."""
        return readable(self.cleaned_data["comment"])

    def clean_reply_to(self) -> int | None:
        """The reply it answers, None for the story; what is no key is answered as one that is gone."""
        given: str = self.cleaned_data["reply_to"]
        return (number_in(given) or NOBODY) if given not in ("", "0") else None

    def clean(self) -> dict[str, Any]:
        """Refuse a form that names another target than the address it was sent to."""
        cleaned: dict[str, Any] = super().clean()
        actual = {"content_type": str(self.target_object._meta), "object_pk": str(self.target_object.pk)}
        if any(cleaned.get(name) not in ("", None, value) for name, value in actual.items()):
            raise ValidationError(_("This form belongs to another page. Please post it again."))
        return cleaned


class EditForm(forms.Form):
    """A new text for one's own reply."""

    comment = text_field()

    def clean_comment(self) -> str:
        """The text. Raises ValidationError where there is none, or far too much."""
        return readable(self.cleaned_data["comment"])
