"""Two texts of one story: what somebody else stored, and what this person wrote on an older edition of it.

The page shows what differs side by side and asks, field by field. What it shows of one's own travels in its
form, so the answer can always be sent again; what is not kept stays among the versions, set aside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.forms import BaseForm, CheckboxInput
from django.http import QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from articles.desk.story.sent import (
    Sent,
    as_posted,
    edition_in,
    form_as_sent,
    from_post,
    key_in,
    rows_as_sent,
    rows_instead,
    rows_sent,
    without_rows,
)
from articles.drafts.comparing import Line, both_texts, compare_html, compare_words
from articles.editor import clean_story
from articles.models import Article, Revision
from members.models import Member

TEXT = "full_text"
UNASKED = frozenset(["seen", "mark_updated"])
SET_ASIDE = ("headline", "search_headline", "social_headline", "kicker", "standfirst", TEXT, "dateline")
THEIRS, MINE, BOTH = "theirs", "mine", "both"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field or list of rows in which the two differ. `choice`: what is ticked before anybody chose, or nothing."""

    name: str
    label: str
    lines: list[Line]
    choice: str
    is_text: bool = False


class Stored:
    """The story as it is stored, as its form would send it."""

    def __init__(self, views: Any, request: Any, article: Article) -> None:
        fields = flatten_fieldsets(views.get_fieldsets(request, article))
        self.article = article
        self.form: BaseForm = views.get_form(request, article, change=True, fields=fields)(instance=article)
        self.rows = [
            rows_class(instance=article, prefix=rows_class.get_default_prefix(), queryset=inline.get_queryset(request))
            for rows_class, inline in views.get_formsets_with_inlines(request, article)
        ]
        self.fields = form_as_sent(self.form)

    @property
    def prefixes(self) -> list[str]:
        """The names of its lists of rows."""
        return [str(rows.prefix) for rows in self.rows]

    def differences(self, mine: Mapping[str, Any], base: Mapping[str, Any]) -> list[Difference]:
        """Where `mine` is not what is stored. `base`: the version both started from, {} where it is not known."""
        own = without_rows(mine, self.prefixes)
        found = [self._field(name, own, base) for name in self.form.fields if self._differs(name, own)]
        return found + [
            Difference(str(rows.prefix), str(rows.model._meta.verbose_name_plural).capitalize(), lines, "")
            for rows in self.rows
            if (lines := _rows_compared(rows, mine))
        ]

    def merged(self, mine: Mapping[str, Any], choices: Mapping[str, str]) -> Sent:
        """What the form sends once chosen: where nothing was asked what is stored, but what only I could say."""
        own = without_rows(mine, self.prefixes)
        sent: Sent = {name: own[name] for name in UNASKED if name in own}
        for name in self.form.fields:
            kept = own if choices.get(name) == MINE else self.fields
            if name in kept and name not in UNASKED:
                sent[name] = kept[name]
        if choices.get(TEXT) == BOTH:
            sent[TEXT] = both_texts(self.fields.get(TEXT, ""), clean_story(own.get(TEXT, "")))
        for rows in self.rows:
            stored = rows_as_sent(rows)
            is_mine = choices.get(str(rows.prefix)) == MINE
            sent |= rows_instead(mine, stored, str(rows.prefix)) if is_mine else stored
        return sent

    def _differs(self, name: str, own: Mapping[str, Any]) -> bool:
        is_box = isinstance(self.form.fields[name].widget, CheckboxInput)
        if name in UNASKED or (name not in own and not is_box):
            return False
        return _plain(name, own.get(name, "")) != _plain(name, self.fields.get(name, ""))

    def _field(self, name: str, own: Mapping[str, Any], base: Mapping[str, Any]) -> Difference:
        theirs, mine = str(self.fields.get(name, "")), str(own.get(name, ""))
        label = str(self.form[name].label).capitalize()
        choice = _only_one_changed(_plain(name, theirs), _plain(name, mine), _from_version(name, base))
        if name == TEXT:
            return Difference(name, label, compare_html(theirs, clean_story(mine)), choice, is_text=True)
        field = self.form.fields[name]
        return Difference(name, label, [Line("p", compare_words(_shown(field, theirs), _shown(field, mine)))], choice)


def clash_page(views: Any, request: Any, stored: Stored, mine: Sent, *, seen: int, key: str) -> TemplateResponse:
    """Both texts side by side, with a choice for each difference and one button."""
    article = stored.article
    latest = article.revisions.select_related("made_by").defer("content").order_by("-made_at", "-pk").first()
    base = article.revisions.filter(content__edition=seen).exclude(verb="aside").order_by("pk").first()
    hidden = [(name, text) for name, texts in as_posted(mine).lists() for text in texts]
    context = {
        **views.admin_site.each_context(request),
        "title": _("Two texts"),
        "article": article,
        "latest": latest,
        "is_older": seen != article.edition,
        "differences": stored.differences(mine, base.content if base else {}),
        "mine": hidden,
        "key": key,
    }
    return TemplateResponse(request, "admin/articles/article/clash.html", context)


def settled(stored: Stored, data: QueryDict) -> tuple[QueryDict, Sent]:
    """The form to store after somebody chose on the clash page, and the words of theirs that were not kept.

    Where a difference was not decided, or the story moved on, the form keeps an edition nobody has: it clashes again.
    """
    mine = from_post(data)
    choices = {name.removeprefix("choice-"): str(choice) for name, choice in data.items() if name.startswith("choice-")}
    open_still = [found for found in stored.differences(mine, {}) if found.name not in choices]
    own = {name: data[name] for name in ("csrfmiddlewaretoken", "working_key", "written_by", "seen") if name in data}
    if open_still or edition_in(data) != stored.article.edition:
        return as_posted(mine | own | {"seen": str(edition_in(data)) if not open_still else "-"}), {}
    aside = {name: mine[name] for name in SET_ASIDE if name in mine and choices.get(name) in (THEIRS, BOTH)}
    return as_posted(stored.merged(mine, choices) | own), aside


def keep_aside(article: Article, aside: Mapping[str, Any], *, by: Member, now: datetime) -> None:
    """Make the words that were not kept a version of their own, just under the latest: that one stays the latest."""
    if not aside:
        return
    latest = article.revisions.order_by("-made_at", "-pk").first()
    words = {name: clean_story(text) if name == TEXT else text for name, text in aside.items()}
    content = {**(latest.content if latest else {}), **words}
    made_at = latest.made_at - timedelta(microseconds=1) if latest else now
    Revision.objects.create(article=article, verb="aside", content=content, made_at=made_at, made_by=by)


def key_or_none(data: Mapping[str, Any]) -> str:
    """The form's key as text."""
    return str(key_in(data) or "")


def _plain(name: str, text: Any) -> str:
    """The text without what saving would change anyway."""
    said = "\n".join(text) if isinstance(text, list) else str(text).replace("\r\n", "\n").strip()
    if name == TEXT:
        return clean_story(said)
    return " ".join(said.split()) if name == "headline" else said


def _from_version(name: str, base: Mapping[str, Any]) -> str | None:
    """A version's value as the form would send it; None where the version does not say."""
    value = base.get(name, base.get(f"{name}_id")) if name in base or f"{name}_id" in base else None
    if value is None:
        return "" if name in base or f"{name}_id" in base else None
    if isinstance(value, bool):
        return "on" if value else ""
    return _plain(name, value)


def _only_one_changed(theirs: str, mine: str, base: str | None) -> str:
    """Whose text it is without asking, where only one of the two changed it."""
    if base == mine:
        return THEIRS
    return MINE if base == theirs else ""


def _shown(field: Any, text: str) -> str:
    """A value as people read it: a choice by its name, a tick as a word."""
    if isinstance(field.widget, CheckboxInput):
        return _("yes") if text else _("no")
    for value, label in getattr(field, "choices", ()):
        if str(value) == text:
            return str(label)
    return text


def _rows_compared(rows: Any, mine: Mapping[str, Any]) -> list[Line]:
    """The rows line by line; none where both have the same, or mine were not sent."""
    prefix = str(rows.prefix)
    if f"{prefix}-TOTAL_FORMS" not in mine:
        return []
    theirs = [_row_shown(rows, row) for row in rows_sent(rows_as_sent(rows), prefix)]
    own = [_row_shown(rows, row) for row in rows_sent(mine, prefix)]
    if theirs == own:
        return []
    return [Line("p", compare_words("\n".join(theirs), "\n".join(own)))]


def _row_shown(rows: Any, row: Mapping[str, str]) -> str:
    fields = {name: field for name, field in rows.empty_form.fields.items() if name not in ("id", "DELETE", "position")}
    return " · ".join(filter(None, (_shown(field, row.get(name, "")) for name, field in fields.items() if name in row)))
