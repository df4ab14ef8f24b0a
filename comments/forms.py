"""The form of a reply."""

from typing import Any

from django_comments_xtd.forms import XtdCommentForm

from comments.models import Reply


class ReplyForm(XtdCommentForm):  # type: ignore[misc]  # the package ships no types
    """A text. Who writes it is the account, never the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "email", "url", "followup"):
            del self.fields[name]

    def get_comment_model(self) -> type[Reply]:
        """Our model."""
        return Reply
