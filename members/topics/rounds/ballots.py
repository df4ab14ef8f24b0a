"""A press on a ballot, read and answered: as a page that comes back to the option, or as the ballot alone."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Option, Round
from members.readers import NewsRequest
from members.topics import showing
from members.topics.rounds import voting
from newsroom.caching import FRAGMENT_HEADER

LONGEST_KEY = 18  # digits: what fits the database's keys


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press did: to which option, and the sentence that says so."""

    option: int
    says: str


def is_fragment(request: NewsRequest) -> bool:
    """Whether a script asked, and puts the answer in place."""
    return FRAGMENT_HEADER in request.headers


def press(request: NewsRequest, round_: Round) -> Pressed:
    """Do what the one button that was pressed says. Raises VotingError, with the ballot as it was."""
    member = request.member
    added, removed = request.POST.getlist("add"), request.POST.getlist("remove")
    if member is None or len(added) + len(removed) != 1:
        raise voting.VotingError(_("Choose one topic at a time, please."))
    option = _key((added or removed)[0])
    act = voting.choose if added else voting.take_back
    chosen = act(round_, member, option, now=request.now)
    left = round_.choices_per_ballot - len(chosen)
    topic = Option.objects.filter(pk=option, round=round_).values_list("topic__title", flat=True).first()
    said = _("Chosen: “%(topic)s”.") if added else _("Taken back: “%(topic)s”.")
    return Pressed(option, f"{said % {'topic': topic or ''}} {_left(left)}" if topic else _left(left))


def kept(request: NewsRequest, round_: Round, pressed: Pressed) -> HttpResponse:
    """The answer to a press that was kept."""
    if is_fragment(request):
        return alone(request, round_, pressed=pressed)
    messages.success(request, pressed.says)
    return HttpResponseRedirect(f"{reverse('topics')}#option-{pressed.option}", status=303)


def way_in(request: NewsRequest, round_: Round) -> HttpResponse:
    """To signing in for a stranger, to membership for a member who is no patron; a script is told on the ballot."""
    if is_fragment(request):
        words = _("Patrons vote, and this account is no patron’s now.") if request.member else _("You are signed out.")
        return alone(request, round_, problem=words, status=403)
    if request.member:
        return redirect("membership")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('topics')})}")


def alone(
    request: NewsRequest, round_: Round, *, pressed: Pressed | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    """The ballot by itself, as it stands for this reader now."""
    votes = request.reader.is_patron
    shown = showing.ballot(round_, request.now, request.member, votes=votes)
    context = {"shown": shown, "round": round_, "pressed": pressed, "problem": problem, "reader": request.reader}
    return render(request, "members/topics_ballot.html", context, status=status)


def _key(typed: str) -> int:
    if not typed.isdecimal() or len(typed) > LONGEST_KEY:
        raise voting.VotingError(_("That is not on this ballot. Please choose again."))
    return int(typed)


def _left(left: int) -> str:
    if left <= 0:
        return _("All your votes are given.")
    return ngettext("You have %(left)d vote left.", "You have %(left)d votes left.", left) % {"left": left}
