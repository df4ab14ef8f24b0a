"""Pages of letters: choose, confirm, leave. A GET never acts."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from members.accounts.signing_in import AddressForm
from members.letters.joining import asking, links
from members.limits import caller, within
from members.models import Letter
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import edge_cached, private

HOUR = 3600
ASKS_PER_ADDRESS, ASKS_PER_NETWORK = 6, 60


@edge_cached(600, keys=("letters",))
@require_safe
def letters(request: NewsRequest) -> HttpResponse:
    """What we send; a member sees which of them they get."""
    getting = {row.letter_id for row in asking.letters_of(request.member)} if request.member else set()
    offered = Letter.objects.offered()
    return render(request, "members/letters.html", {"letters": offered, "getting": getting, "form": AddressForm()})


@private
@require_POST
@same_origin_post
def letters_choose(request: NewsRequest) -> HttpResponse:
    """A member's choice is kept at once; anybody else gets a mail with a link for each letter."""
    wanted = set(request.POST.getlist("letter"))
    if request.member:
        asking.choose(request.member, wanted, asked_on=reverse("letters"), now=request.now)
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
    receiving = asking.confirm(row, token, request.now) if request.method == "POST" else row.is_receiving
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
        asking.leave(row, request.now)
    return render(request, "members/letters_leave.html", {"row": row})


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
        asking.ask(letter, email, asked_on=reverse("letters"), now=request.now)
    return ""
