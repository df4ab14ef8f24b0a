"""Pages of topics: the open ballot, past rounds with what came of them. A GET never votes."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.limits import within
from members.models import Round
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from members.topics import showing
from members.topics.rounds import voting
from newsroom.caching import edge_cached, keyed, private

VOTES_AN_HOUR = 60


@edge_cached(600, keys=("topics",))
@require_safe
def topics(request: NewsRequest) -> HttpResponse:
    """The open round, past ones with their stories; a patron's own page is their ballot."""
    return _page(request)


@private
@require_POST
@same_origin_post
def vote(request: NewsRequest, slug: str) -> HttpResponse:
    """Keep a patron's ballot (`option`, as often as chosen); anybody else is shown the way."""
    round_ = get_object_or_404(Round, slug=slug)
    if not request.member:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('topics')})}")
    if not request.reader.is_patron:
        return redirect("membership")
    chosen = [int(value) for value in request.POST.getlist("option") if value.isdecimal() and len(value) < 18]
    if not within("vote", request.member.pk, times=VOTES_AN_HOUR, seconds=3600):
        return _page(request, _("That was quite often. Please wait a few minutes."), chosen, status=429)
    try:
        voting.cast_ballot(round_, request.member, chosen, now=request.now)
    except voting.VotingError as error:
        return _page(request, str(error), chosen, status=409)
    messages.success(request, _("Your votes are in.") if chosen else _("Your ballot is taken back."))
    return HttpResponseRedirect(reverse("topics") + "#ballot", status=303)


def _page(
    request: NewsRequest, problem: str = "", chosen: list[int] | None = None, *, status: int = 200
) -> HttpResponse:
    member = request.member if request.member and request.reader.is_patron else None
    open_rounds, past_rounds = showing.open_rounds(request.now, member), showing.past_rounds(request.now)
    shown = [line.topic for group in (*open_rounds, *past_rounds) for line in group.lines]
    context = {
        "open_rounds": open_rounds,
        "past_rounds": past_rounds,
        "problem": problem,
        "chosen": chosen,
    }
    response = render(request, "members/topics.html", context, status=status)
    return keyed(response, *(f"topic-{topic.pk}" for topic in shown))
