"""The one description of what story HTML may hold: the editor's extensions and the sanitiser's allow-list.

Everything that enters (editor, paste, importer) passes `clean_story`; what it leaves is what pages show.
"""

from typing import Any

import nh3
from django.db import models

ALLOWED: dict[str, set[str]] = {
    "p": set(),
    "br": set(),
    "h2": {"id"},
    "h3": {"id"},
    "strong": set(),
    "em": set(),
    "s": set(),
    "sub": set(),
    "sup": set(),
    "code": set(),
    "pre": set(),
    "a": {"href", "title"},
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "blockquote": {"cite"},
    "figure": {"data-quote", "data-picture", "data-embed"},
    "figcaption": set(),
    "aside": {"data-read-also", "data-box"},
    "hr": {"data-paywall"},
    "table": set(),
    "caption": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}


def clean_story(html: str) -> str:
    """`html` with everything dropped that a story may not hold. Never raises."""
    return nh3.clean(
        html,
        tags=set(ALLOWED),
        attributes={tag: attributes for tag, attributes in ALLOWED.items() if attributes},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )


class StoryHTMLField(models.TextField):  # type: ignore[type-arg]  # TextField is generic only in the stubs
    """A text of story HTML. Sanitised in `pre_save`, so nothing enters the table unclean."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Clean what is about to be stored."""
        value = clean_story(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value
