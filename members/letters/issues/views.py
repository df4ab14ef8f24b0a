"""A letter as a page, and the links in it. A GET never opens a story for anybody."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from members.letters.issues import contents
from members.limits import within
from members.meter import opened_gifts, remember_gift
from members.models import Issue, LetterSubscription
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private

OPENINGS = 10  # browsers in which one copy of a letter opens its story
OPENS_FOR = contents.OPENS_FOR.total_seconds()


@private
@require_safe
def letter_web(request: NewsRequest, token: str) -> HttpResponse:
    """A letter as a page: what everybody may read of it, and the way to the story."""
    issue = get_object_or_404(Issue.objects.select_related("letter"), pk=contents.issue_of(token))
    if issue.withdrawn_at is not None:
        return render(request, "members/letters_gone.html", {"issue": issue}, status=410)
    return render(request, "members/letters_web.html", {"issue": issue, "story": contents.first_story(issue)})


@private
@same_origin_post
def letter_story(request: NewsRequest, token: str) -> HttpResponse:
    """A link in a letter: GET shows a button, POST opens the story for its recipient in this browser.

    At the line where the letter stopped, and so often as a person with a few devices needs.
    """
    found = contents.recipient_of(token)
    if found is None or found[0].withdrawn_at is not None:
        return render(request, "members/letters_gone.html", {"issue": found and found[0]}, status=410)
    issue, subscription = found
    if request.method == "POST" and issue.story_id is not None:
        return _opened(request, issue, subscription)
    return render(request, "members/letters_story.html", {"issue": issue, "story": contents.first_story(issue)})


def _opened(request: NewsRequest, issue: Issue, subscription: LetterSubscription) -> HttpResponse:
    """The story, open; its wall where the gate refuses the recipient; 410 once the link went through too many hands."""
    path = str(contents.first_story(issue).get("path", "/"))
    if issue.story_id is None or not contents.may_read(issue, subscription, request.now):
        return HttpResponseRedirect(f"{path}#continue", status=303)
    response = HttpResponseRedirect(f"{path}rest/#continue", status=303)
    if issue.story_id in opened_gifts(request):
        return response
    if not within("letter-story", f"{issue.pk}-{subscription.pk}", times=OPENINGS, seconds=int(OPENS_FOR)):
        return render(request, "members/letters_gone.html", {"path": path}, status=410)
    remember_gift(request, response, issue.story_id)
    return response
