"""What the queue's buttons send to: one reply, several, taking back; and how a button of the desk answers.

A script is answered with the rows that changed; a form with the page it stood on, and a message with the way back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.answers import SeeOther
from comments.desk.base import View, verb_of_moderators
from comments.desk.beside import rows_of
from comments.desk.buttons import MOST, SEVERAL, VERBS, Decided, decide, decide_all, seen_of, undo
from comments.desk.queue import with_surroundings
from comments.models import Reply, Ruling
from comments.moderation.deciding import Said
from comments.parsing import number_in
from members.same_origin import safe_next
from newsroom.caching import FRAGMENT_HEADER

MESSAGE = 2000  # characters to whoever wrote
SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class Way:
    """A button that takes back what was just done: its label, its address, the rulings it takes back."""

    label: str
    address: str
    rulings: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a button did: a sentence, the way back, replies that were decided, and those to be shown anew."""

    said: str
    way: Way | None = None
    decided: list[Decided] = field(default_factory=list)
    anew: list[Reply] = field(default_factory=list)
    is_good: bool = True


@verb_of_moderators
def decide_one(request: Any, pk: int, verb: str) -> HttpResponse:
    """Have one verb decide one reply; of two moderators the second is told."""
    reply = Reply.objects.select_related("author", "discussion").filter(pk=pk).first()
    if reply is None or verb not in VERBS:
        raise Http404
    if request.POST.get("seen", seen_of(reply)) != seen_of(reply):
        said = _("Its author changed the text since you read it. Please look again.")
        return answer(request, Answer(said, anew=anew({pk}), is_good=False))
    made = decide(reply, verb, by=request.user, now=request.now, said=_words(request))
    if request.POST.get("back") and not made.is_late:  # the way back from a pick: its row as it was
        return answer(request, Answer(str(made.sentence), anew=anew({pk})))
    return answer(request, Answer(str(made.sentence), way_of([made]), [made], is_good=not made.is_late))


@verb_of_moderators
def decide_several(request: Any, verb: str) -> HttpResponse:
    """One verb for all that were selected, two hundred at most, with one reason and one way back."""
    if verb not in SEVERAL:
        raise Http404
    keys = keys_in(request.POST.getlist("reply"))
    chosen = list(Reply.objects.filter(pk__in=keys).select_related("author").order_by("discussion", "path"))
    made = decide_all(chosen, verb, by=request.user, now=request.now, said=_words(request)) if chosen else []
    number = sum(not each.is_late for each in made)
    said = ngettext("%(done)s: %(number)d reply.", "%(done)s: %(number)d replies.", number)
    told = {"done": VERBS[verb].done, "number": number}
    return answer(request, Answer(said % told if made else _("Select some replies first."), way_of(made), made))


@verb_of_moderators
def take_back(request: Any) -> HttpResponse:
    """Undo the rulings that are named; what happened to a reply since stays."""
    keys = keys_in(request.POST.get("rulings", "").split(SEPARATOR))
    rulings = list(Ruling.objects.standing().filter(pk__in=keys).select_related("reply"))
    taken = undo(rulings, by=request.user, now=request.now)
    number = len(taken)
    said = ngettext("Taken back: %d decision.", "Taken back: %d decisions.", number) % number
    if number < len(keys):
        said = f"{said} {_('What somebody decided since stays.')}"
    return answer(request, Answer(said, anew=anew({ruling.reply_id for ruling in taken}), is_good=number == len(keys)))


def answer(request: Any, found: Answer) -> HttpResponse:
    """The rows that changed for a script; for a form the page it stood on, which says what happened."""
    if FRAGMENT_HEADER in request.headers:
        context = {"answer": found, "rows": rows_of(found.anew, request.furniture.rules, request.now)}
        response = render(request, "admin/comments/answer.html", context)
        patch_vary_headers(response, [FRAGMENT_HEADER])
        return response
    told = render_to_string("admin/comments/told.html", {"answer": found, "next": _back(request)}, request)
    messages.add_message(request, messages.SUCCESS if found.is_good else messages.WARNING, told)
    return SeeOther(_back(request))


def way_of(decided: list[Decided]) -> Way | None:
    """The one way back from all that was decided, if there is one."""
    rulings = [each.ruling for each in decided if each.ruling]
    if rulings:
        address = reverse("admin:comments_reply_undo")
        return Way(_("Undo"), address, SEPARATOR.join(map(str, rulings)))
    for each in decided:
        if each.back:
            return Way(_("Undo"), reverse("admin:comments_reply_decide", args=[each.reply.pk, each.back]))
    return None


def urls() -> list[URLPattern]:
    """The addresses of all buttons, to stand before the admin's own."""
    wrap = admin.site.admin_view
    addresses: dict[str, tuple[str, View]] = {
        "decide": ("<int:pk>/decide/<slug:verb>/", decide_one),
        "several": ("several/<slug:verb>/", decide_several),
        "undo": ("undo/", take_back),
    }
    return [path(route, wrap(view), name=f"comments_reply_{name}") for name, (route, view) in addresses.items()]


def _words(request: HttpRequest) -> Said:
    return Said(request.POST.get("reason", "")[:300], request.POST.get("message", "").strip()[:MESSAGE])


def keys_in(values: Iterable[str]) -> list[int]:
    """Keys as a form names them, two hundred at most."""
    return [key for key in map(number_in, values) if key][:MOST]


def _back(request: HttpRequest) -> str:
    return safe_next(request, reverse("admin:comments_reply_changelist"))


def anew(keys: set[int]) -> list[Reply]:
    """Those replies as the queue shows them."""
    return list(with_surroundings(Reply.objects.filter(pk__in=keys)).order_by("pk")) if keys else []
