"""The form an issue is composed in. Each of its buttons sends all of it, so nothing typed is ever lost.

Stories come as `story` keys with `place-`, `carries-` and `note-` beside each; `press` names the button: `save`,
`preview`, `find`, `add-<key>`, `out-<key>`, `up-<key>`, `down-<key>`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk.fields import MomentField
from articles.letters import composing
from articles.letters.composing import INTRO, MOST, NOTE, Pick, Words
from members.models import Issue, Letter

SHIFT = 1.5  # places: past the next one
KEY = 19  # digits of the largest key


class LineField(forms.CharField):
    """One line: a newline in it, pasted or forged, is a space."""

    def to_python(self, value: Any) -> str:
        """The words with single spaces between them."""
        return " ".join(str(super().to_python(value) or "").split())


class ComposeForm(forms.Form):
    """Words of an issue, when it goes out, and what is looked for; its stories are `picks`."""

    subject = LineField(
        label=gettext_lazy("Subject"), required=False, max_length=200, widget=forms.Textarea({"rows": 1})
    )
    preheader = LineField(
        label=gettext_lazy("Preview line"),
        required=False,
        max_length=200,
        widget=forms.Textarea({"rows": 1}),
        help_text=gettext_lazy("Mail programs show it beside the subject."),
    )
    intro = forms.CharField(
        label=gettext_lazy("Intro"),
        required=False,
        max_length=INTRO,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("A blank line begins a paragraph; addresses become links; <strong>, <em>, <a> stay."),
    )
    at = MomentField(label=gettext_lazy("Goes out at"), required=False)
    q = forms.CharField(label=gettext_lazy("Words of the headline"), required=False, max_length=100)

    def __init__(self, data: Any = None, *, issue: Issue, at: datetime) -> None:
        super().__init__(data, initial={**asdict(composing.words_of(issue)), "at": at})
        self.picks = picks_in(self.data) if self.is_bound else composing.picks_of(issue)
        self.seen: str = self.data.get("seen", "") if self.is_bound else composing.seen_of(issue)
        for name, best in (("subject", 60), ("preheader", 90)):
            self.fields[name].widget.attrs |= {"data-length": best}

    def clean(self) -> dict[str, Any]:
        """What is wrong with the stories' lines."""
        data = super().clean() or {}
        if len(self.picks) > MOST:
            self.add_error(None, _("An issue holds %(most)d stories at most. Take some out.") % {"most": MOST})
        if any(len(pick.note) > NOTE for pick in self.picks):
            self.add_error(None, _("A note has %(most)d characters at most.") % {"most": NOTE})
        return data

    @property
    def words(self) -> Words:
        """What was typed, of a valid form."""
        data = self.cleaned_data
        return Words(data["subject"], data["preheader"], data["intro"])

    @property
    def wants_preview(self) -> bool:
        """Whether the button that shows the issue was pressed."""
        return bool(self.data.get("press") == "preview")

    @property
    def pressed(self) -> int:
        """The story whose button was pressed; 0 for another button."""
        return _key(str(self.data.get("press", "")).partition("-")[2])


def picks_in(data: Any) -> list[Pick]:
    """The stories of a posted form in the order of their places, after the button that was pressed. Each once."""
    verb, _dash, named = str(data.get("press", "")).partition("-")
    key = _key(named)
    keys = list(dict.fromkeys(found for value in data.getlist("story") if (found := _key(value))))
    placed = []
    for index, pk in enumerate(keys, start=1):
        place = float(_key(data.get(f"place-{pk}", "")) or index)
        place += 0.5 if place > index else -0.5 if place < index else 0  # a typed number goes before or after its owner
        if pk == key:
            place = index + {"up": -SHIFT, "down": SHIFT}.get(verb, place - index)
        placed.append((place, _pick(data, pk)))
    picks = [pick for _place, pick in sorted(placed, key=lambda row: row[0])]
    if verb == "out":
        picks = [pick for pick in picks if pick.story_id != key]
    if verb == "add" and key and key not in keys:
        picks.append(Pick(key, _carries(data.get("carries", ""))))
    return picks


def _pick(data: Any, pk: int) -> Pick:
    note = " ".join(data.get(f"note-{pk}", "").replace("\x00", "").split())
    return Pick(pk, _carries(data.get(f"carries-{pk}", "")), note)


def _carries(value: str) -> str:
    return value if value in Letter.Carries.values else Letter.Carries.TEASER


def _key(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < KEY else 0
