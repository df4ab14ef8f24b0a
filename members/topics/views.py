"""Pages of topics: the open ballot, past rounds with what came of them, proposals. A GET never votes."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from members.limits import within
from members.models import Round, Topic
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from members.topics import showing
from members.topics.loop import proposals
from members.topics.rounds import ballots, voting
from newsroom.caching import edge_cached, keyed, private

VOTES_AN_HOUR, PROPOSALS_A_DAY = 60, 5


class ProposalForm(forms.Form):
    """A title and the case for the story."""

    title = forms.CharField(label=gettext_lazy("What should we look into?"), min_length=10, max_length=160)
    case = forms.CharField(label=gettext_lazy("Why does it matter, and to whom?"), max_length=2000)

    def clean_title(self) -> str:
        """One line of it."""
        return " ".join(str(self.cleaned_data["title"]).split())


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


@edge_cached(600, keys=("topics",))
@require_safe
def topic(request: NewsRequest, slug: str) -> HttpResponse:
    """One topic: its case, how far it is, what came of it, what people say."""
    found = Topic.objects.public().with_rounds().select_related("proposed_by").filter(slug=slug).first()
    option = next(iter(found.options.all()), None) if found else None
    if found is None or (option and option.round.opens_at > request.now):
        raise Http404
    stories = showing.stories_of([found], request.now).get(found.pk, [])
    context: dict[str, Any] = {"topic": found, "option": option, "stories": stories, "now": request.now}
    context["votes"] = showing.votes_of(option, request.now) if option else None
    context["round_is_open"] = option is not None and option.round.is_open(request.now)
    return keyed(render(request, "members/topics_topic.html", context), f"topic-{found.pk}")


@private
@same_origin_post
def propose(request: NewsRequest) -> HttpResponse:
    """A patron proposes; the newsroom looks at it before readers do."""
    if not request.member or not request.reader.is_patron:
        return render(request, "members/topics_propose.html", {"form": None}, status=200)
    form = ProposalForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _proposal(request, form, 422 if request.method == "POST" else 200)
    if not within("propose", request.member.pk, times=PROPOSALS_A_DAY, seconds=86_400):
        form.add_error(None, _("Five proposals a day are the most we can read. Please come back tomorrow."))
        return _proposal(request, form, 429)
    proposals.propose(request.member, **form.cleaned_data, now=request.now)
    return HttpResponseRedirect(reverse("propose") + "?thanks", status=303)


def _proposal(request: NewsRequest, form: ProposalForm, status: int) -> HttpResponse:
    context = {"form": form, "thanks": "thanks" in request.GET}
    return render(request, "members/topics_propose.html", context, status=status)


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
