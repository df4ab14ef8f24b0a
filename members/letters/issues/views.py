"""A letter as a page, and the links in it. A GET never opens a story for anybody."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from members.gate import ANONYMOUS, Decision, decide
from members.letters.issues import clicks, contents
from members.letters.joining.entitled import may_get
from members.limits import within
from members.meter import opened_gifts, remember_gift
from members.models import Issue, Letter, LetterSubscription
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import edge_cached, keyed, private

OPENINGS = 10  # browsers in which one copy of a letter opens its story
OPENS_FOR = contents.OPENS_FOR.total_seconds()
NOT_OUT = (Issue.State.DRAFT, Issue.State.SCHEDULED)


@edge_cached(600)
@require_safe
def letter_web(request: NewsRequest, token: str) -> HttpResponse:
    """A letter as a page, cut for who looks: for the anonymous the same beginnings, whoever they are."""
    out = Issue.objects.exclude(state__in=NOT_OUT).select_related("letter__minimum_tier")
    issue = get_object_or_404(out, pk=contents.issue_of(token))
    if contents.is_empty(issue, request.now):
        response = render(request, "members/letters_gone.html", {"issue": issue}, status=410)
    else:
        response = render(request, "members/letters_web.html", _page(request, issue))
    return keyed(response, f"issue-{issue.pk}")


@private
@require_safe
def letter_go(request: NewsRequest, token: str, place: int) -> HttpResponse:
    """A link to a story everybody may read: on to it, counted in sum (see `clicks`). Never to anybody else's page."""
    issue = get_object_or_404(Issue.objects.exclude(state=Issue.State.DRAFT), pk=contents.issue_of(token))
    story = dict(contents.shown(issue, request.now)).get(place)
    if issue.withdrawn_at is not None or story is None:
        return render(request, "members/letters_gone.html", {"issue": issue}, status=410)
    path = contents.own_path(story)
    clicks.count(issue, place, path, request)
    return HttpResponseRedirect(path)


@private
@same_origin_post
def letter_story(request: NewsRequest, token: str) -> HttpResponse:
    """A link in a letter: GET shows a button, POST opens the story for its recipient in this browser.

    At the line where the letter stopped, and so often as a person with a few devices needs.
    """
    found = contents.recipient_of(token)
    if found is None or found[0].withdrawn_at is not None or found[2].get("withdrawn"):
        return render(request, "members/letters_gone.html", {"issue": found and found[0]}, status=410)
    issue, subscription, story = found
    if request.method == "POST":
        return _opened(request, issue, subscription, story)
    return render(request, "members/letters_story.html", {"issue": issue, "story": story})


def _opened(
    request: NewsRequest, issue: Issue, subscription: LetterSubscription, story: contents.Story
) -> HttpResponse:
    """The story, open; its wall where the gate refuses the recipient; 410 once the link went through too many hands."""
    path, story_id = contents.own_path(story), int(story["story_id"])
    if not contents.may_read(issue, subscription, request.now, story):
        return HttpResponseRedirect(f"{path}#continue", status=303)
    response = HttpResponseRedirect(f"{path}rest/#continue", status=303)
    if story_id in opened_gifts(request):
        return response
    copy = f"{issue.pk}-{subscription.pk}-{story_id}"
    if not within("letter-story", copy, times=OPENINGS, seconds=int(OPENS_FOR)):
        return render(request, "members/letters_gone.html", {"path": path}, status=410)
    remember_gift(request, response, story_id)
    return response


def _page(request: NewsRequest, issue: Issue) -> dict[str, Any]:
    """The letter as this visitor may see it; its intro and notes are for those the letter is for."""
    reader = request.reader if request.member else ANONYMOUS
    stories = [_story(request, story) for _place, story in contents.shown(issue, request.now)]
    is_theirs = may_get(issue.letter, reader, request.now)
    intro = issue.content.get("intro_html", "") if is_theirs else ""
    return {"issue": issue, "stories": stories, "intro_html": intro, "is_theirs": is_theirs}


def _story(request: NewsRequest, story: contents.Story) -> dict[str, Any]:
    """One story of the page: whole only for a signed-in reader to whom it is open, and if the letter carries it so."""
    carries = story.get("carries")
    is_whole = carries == Letter.Carries.WHOLE and bool(story.get("body_html")) and _is_open(request, story)
    teaser = "" if carries == Letter.Carries.LINES else story["teaser_html"]
    return {**story, "body": story["body_html"] if is_whole else teaser, "is_whole": is_whole}


def _is_open(request: NewsRequest, story: contents.Story) -> bool:
    if not request.member:
        return False
    allowance = request.meter.allowance(story["story_id"])
    return decide(contents.terms_of(story), request.reader, allowance, request.now) is Decision.READ
