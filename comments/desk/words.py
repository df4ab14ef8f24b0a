"""The desk's page of listed words: four lists, what is odd about them, and two ways to try them before they count."""

import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.desk.base import ROOMS
from comments.moderation import lists, trials
from comments.moderation.words import Action, terms_in
from members.models import SiteRules

LONGEST_TRIAL = 10_000  # characters of a text to try
ORDER = (Action.BLOCK, Action.HOLD, Action.REPORT, Action.REPLACE)  # on the page: the sternest first


def _box(label: Any, help_text: Any) -> forms.CharField:
    look = forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocapitalize": "off"})
    return forms.CharField(label=label, help_text=help_text, widget=look, required=False, strip=False)


class WordsForm(forms.Form):
    """The four lists as typed, and a text to try them on."""

    blocked_words = _box(gettext_lazy("Refused"), gettext_lazy("The reply is not taken; its author may rephrase it."))
    held_words = _box(gettext_lazy("Held"), gettext_lazy("A moderator reads the reply first."))
    reported_words = _box(gettext_lazy("Reported"), gettext_lazy("The reply is shown, and moderators hear of it."))
    replaced_words = _box(
        gettext_lazy("Replaced"), gettext_lazy("word = what is printed instead; a word alone becomes asterisks.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=gettext_lazy("A text"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=LONGEST_TRIAL,
    )
    author = forms.ChoiceField(label=gettext_lazy("Written by"), choices=list(trials.AUTHORS.items()), required=False)

    def clean(self) -> dict[str, Any]:
        """Lists tidied; a sentence for each line that cannot be listed."""
        cleaned = super().clean() or self.cleaned_data
        for action in Action:
            cleaned[action] = lists.tidied(cleaned.get(action, ""))
            for fault in lists.faults(cleaned[action], action):
                self.add_error(str(action), fault)
        if sum(len(terms_in(cleaned[action], action)) for action in Action if action in cleaned) > lists.MOST_TERMS:
            self.add_error(None, _("These are more than %d words; please leave some out.") % lists.MOST_TERMS)
        return cleaned

    def check_seen(self, stored: lists.Lists) -> bool:
        """Whether nobody changed the lists since this form was opened; else the form says so."""
        if self.cleaned_data["seen"] == lists.stamp(stored):
            return True
        self.add_error(None, _("Somebody changed the lists meanwhile. Yours are still here: save again to use them."))
        typed = {term for action in Action for term in terms_in(self.cleaned_data[action], action)}
        missing = [term for action in Action for term in terms_in(stored[action], action) if term not in typed]
        if missing:
            named = ", ".join(f"{term.written} ({lists.SAYS[term.action]})" for term in missing[: lists.NAMED])
            self.add_error(None, _("Listed now, and not in yours: %s") % named)
        self.data = {**dict(self.data.items()), "seen": lists.stamp(stored)}
        return False


def words(request: Any) -> HttpResponse:
    """The lists; POST stores them (`do=save`), tries them on a text (`try`) or on the newest replies (`look`)."""
    stored = SiteRules.current()
    now_listed = lists.of_site(stored)
    initial = {**{str(action): text for action, text in now_listed.items()}, "seen": lists.stamp(now_listed)}
    form = WordsForm(request.POST if request.method == "POST" else None, initial=initial)
    tried: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        typed = {action: form.cleaned_data[action] for action in Action}
        if request.POST.get("do") != "save":
            tried = _tried(request, form, stored, typed)
        elif form.check_seen(now_listed):
            return _stored(request, typed)
    shown = {action: form.data.get(action, "") if form.is_bound else now_listed[action] for action in Action}
    context = {"title": _("Words"), "rooms": ROOMS, "form": form, **_beside(form, shown), **tried}
    shown_on = {**admin.site.each_context(request), **context}
    return render(request, "admin/comments/words.html", shown_on, status=422 if form.errors else 200)


def _stored(request: Any, typed: lists.Lists) -> HttpResponse:
    """Store the lists, say what changed, and show the page anew."""
    changed = lists.store(typed, by=request.user)
    for each in changed:
        said = ngettext(
            "%(list)s: %(number)d word, %(came)d new, %(went)d gone.",
            "%(list)s: %(number)d words, %(came)d new, %(went)d gone.",
            each.number,
        )
        label = WordsForm.base_fields[str(each.action)].label
        messages.success(request, said % {"list": label, "number": each.number, "came": each.came, "went": each.went})
    messages.info(request, _("The lists are live.") if changed else _("Nothing had changed."))
    return redirect("admin:comments_words")


def _tried(request: Any, form: WordsForm, stored: SiteRules, typed: lists.Lists) -> dict[str, Any]:
    """The typed lists tried: on the text, or on the newest replies."""
    rules = copy.copy(stored)
    for action, text in typed.items():
        setattr(rules, action, text)
    if request.POST.get("do") == "look":
        return {"look_back": trials.look_back(rules, stored, request.now)}
    text, author = form.cleaned_data["text"], form.cleaned_data["author"]
    return {"trial": trials.put(text, author, rules, request.now)} if text.strip() else {}


def _beside(form: WordsForm, shown: lists.Lists) -> dict[str, Any]:
    """The boxes with how much each holds, and what is odd."""
    boxes = [(form[str(action)], len(terms_in(shown[action], action))) for action in ORDER]
    odd, more = lists.oddities(shown)
    return {"boxes": boxes, "oddities": odd, "more_oddities": more}
