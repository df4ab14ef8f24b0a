"""Pages of topics: the open ballot, past rounds with what came of them. A GET never votes."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.limits import within
from members.models import Round
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from members.topics import showing
from members.topics.rounds import ballots, voting
from newsroom.caching import edge_cached, keyed, private

VOTES_AN_HOUR = 60


@edge_cached(600, keys=("topics",))
@require_safe
def topics(request: NewsRequest) -> HttpResponse:
    """The open vote, what comes next, what is on its way, what was decided; a patron's own page is their ballot."""
    return _page(request)


@edge_cached(600, keys=("topics",))
@require_safe
def past(request: NewsRequest, slug: str) -> HttpResponse:
    """The result of one past vote, with the stories that came of it."""
    shown = showing.past_round(slug, request.now)
    if shown is None:
        raise Http404
    before, after = showing.neighbours(shown.round, request.now)
    response = render(request, "members/topics_past.html", {"shown": shown, "before": before, "after": after})
    return keyed(response, *(f"topic-{line.topic.pk}" for line in shown.lines))


@private
@require_POST
@same_origin_post
def vote(request: NewsRequest, slug: str) -> HttpResponse:
    """One press on a ballot: `add` or `remove` names the option. Whoever is no patron is shown the way.

    Answers 303 back to the option, or the ballot alone (`X-Fragment`); 409 with the reason where it cannot be.
    """
    round_ = get_object_or_404(Round, slug=slug)
    if not request.member or not request.reader.is_patron:
        return ballots.way_in(request, round_)
    if not within("vote", request.member.pk, times=VOTES_AN_HOUR, seconds=3600):
        return _answer(request, round_, _("That was quite often. Please wait a few minutes."), status=429)
    try:
        pressed = ballots.press(request, round_)
    except voting.VotingError as error:
        return _answer(request, round_, str(error), status=409)
    return ballots.kept(request, round_, pressed)


def _answer(request: NewsRequest, round_: Round, problem: str, *, status: int) -> HttpResponse:
    if ballots.is_fragment(request):
        return ballots.alone(request, round_, problem=problem, status=status)
    return _page(request, problem, status=status)


def _page(request: NewsRequest, problem: str = "", *, status: int = 200) -> HttpResponse:
    shown = showing.overview(request.now, request.member, votes=request.reader.is_patron)
    context = {"shown": shown, "problem": problem}
    response = render(request, "members/topics.html", context, status=status)
    lines = (line for group in (*shown.open, *shown.past) for line in group.lines)
    topics = {*(line.topic.pk for line in lines), *(topic.pk for topic in shown.on_the_way)}
    return keyed(response, *(f"topic-{pk}" for pk in topics))
