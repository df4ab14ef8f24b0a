"""Pages of letters: choose, confirm, leave, read on the web. A GET never acts."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from members.accounts.signing_in import AddressForm
from members.letters import contents, joining, links
from members.limits import caller, within
from members.meter import opened_gifts, remember_gift
from members.models import Issue, Letter, LetterSubscription
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import edge_cached, private

HOUR = 3600
ASKS_PER_ADDRESS, ASKS_PER_NETWORK = 6, 60
OPENINGS = 10  # browsers in which one copy of a letter opens its story
OPENS_FOR = contents.OPENS_FOR.total_seconds()


@edge_cached(600, keys=("letters",))
@require_safe
def letters(request: NewsRequest) -> HttpResponse:
    """What we send; a member sees which of them they get."""
    getting = {row.letter_id for row in joining.letters_of(request.member)} if request.member else set()
    offered = Letter.objects.offered()
    return render(request, "members/letters.html", {"letters": offered, "getting": getting, "form": AddressForm()})


@private
@require_POST
@same_origin_post
def letters_choose(request: NewsRequest) -> HttpResponse:
    """A member's choice is kept at once; anybody else gets a mail with a link for each letter."""
    wanted = set(request.POST.getlist("letter"))
    if request.member:
        joining.choose(request.member, wanted, asked_on=reverse("letters"), now=request.now)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(safe_next(request, reverse("letters")), status=303)
    form = AddressForm({name: request.POST.get(name, "") for name in ("email", "website")})
    problem = _ask(request, form, wanted)
    if not problem:
        return HttpResponseRedirect(reverse("letters_asked"), status=303)
    context = {"letters": Letter.objects.offered(), "wanted": wanted, "form": form, "problem": problem}
    return render(request, "members/letters.html", context, status=422)


@edge_cached(600, keys=("letters",))
@require_safe
def letters_asked(request: NewsRequest) -> HttpResponse:
    """Where the form leads, whatever address was typed: look into your mailbox."""
    return render(request, "members/letters_asked.html")


@private
@same_origin_post
def letter_confirm(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: a page with one button; pressing it starts the letter."""
    row = links.row_to_confirm(token)
    if row is None:
        return render(request, "members/letters_gone.html", status=410)
    receiving = joining.confirm(row, token, request.now) if request.method == "POST" else row.is_receiving
    pressed = request.method == "POST"
    return render(request, "members/letters_confirm.html", {"row": row, "receiving": receiving, "pressed": pressed})


@private
@csrf_exempt  # RFC 8058: mail programs post here without a page of ours; the token says who leaves
def letter_leave(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: GET shows a button, POST stops the letter at once; asking again gives the same answer."""
    row = links.row_to_leave(token)
    if row is None:
        return render(request, "members/letters_gone.html", status=410)
    if request.method == "POST":
        joining.leave(row, request.now)
    return render(request, "members/letters_leave.html", {"row": row})


@private
@require_safe
def letter_web(request: NewsRequest, token: str) -> HttpResponse:
    """A letter as a page: what everybody may read of it, and the way to the story."""
    issue = get_object_or_404(Issue.objects.select_related("letter"), pk=contents.issue_of(token))
    if issue.stopped_at is not None:
        return render(request, "members/letters_gone.html", {"issue": issue}, status=410)
    return render(request, "members/letters_web.html", {"issue": issue, "story": issue.content})


@private
@same_origin_post
def letter_story(request: NewsRequest, token: str) -> HttpResponse:
    """A link in a letter: GET shows a button, POST opens the story for its recipient in this browser.

    At the line where the letter stopped, and so often as a person with a few devices needs.
    """
    found = contents.recipient_of(token)
    if found is None or found[0].stopped_at is not None:
        return render(request, "members/letters_gone.html", {"issue": found and found[0]}, status=410)
    issue, subscription = found
    if request.method == "POST" and issue.story_id is not None:
        return _opened(request, issue, subscription)
    return render(request, "members/letters_story.html", {"issue": issue, "story": issue.content})


def _opened(request: NewsRequest, issue: Issue, subscription: LetterSubscription) -> HttpResponse:
    """The story, open; its wall where the gate refuses the recipient; 410 once the link went through too many hands."""
    path = str(issue.content.get("path", "/"))
    if issue.story_id is None or not contents.may_read(issue, subscription, request.now):
        return HttpResponseRedirect(f"{path}#continue", status=303)
    response = HttpResponseRedirect(f"{path}rest/#continue", status=303)
    if issue.story_id in opened_gifts(request):
        return response
    if not within("letter-story", f"{issue.pk}-{subscription.pk}", times=OPENINGS, seconds=int(OPENS_FOR)):
        return render(request, "members/letters_gone.html", {"path": path}, status=410)
    remember_gift(request, response, issue.story_id)
    return response


def _ask(request: NewsRequest, form: AddressForm, wanted: set[str]) -> str:
    """Ask for each letter; what went wrong, or nothing."""
    if not form.is_valid():
        return _("Please check the address.")
    if not wanted:
        return _("Please choose a letter.")
    if form.cleaned_data["website"]:  # a person never sees that field
        return ""
    email = form.cleaned_data["email"]
    if not (
        within("letter-address", email.lower(), times=ASKS_PER_ADDRESS, seconds=HOUR)
        and within("letter-network", caller(request), times=ASKS_PER_NETWORK, seconds=HOUR)
    ):
        return _("That was quite often. Please try again in an hour.")
    for letter in Letter.objects.offered().filter(slug__in=wanted):
        joining.ask(letter, email, asked_on=reverse("letters"), now=request.now)
    return ""
