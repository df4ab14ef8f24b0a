"""Pages of letters: choose, confirm, leave. A GET never acts."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.accounts.signing_in import AddressForm
from members.gate import ANONYMOUS
from members.letters.issues import contents
from members.letters.joining import asking, entitled, showing
from members.limits import caller, within
from members.models import Letter, Member
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import edge_cached, keyed, private

HOUR = 3600
ASKS_PER_ADDRESS, ASKS_PER_NETWORK = 6, 60
ISSUES_SHOWN = 6


@edge_cached(600, keys=("letters",))
@require_safe
def letters(request: NewsRequest) -> HttpResponse:
    """What we send; a member sees which of them they get."""
    return render(request, "members/letters.html", {**_offer(request), "form": AddressForm()})


@edge_cached(600, keys=("letters",))
@require_safe
def letter(request: NewsRequest, slug: str) -> HttpResponse:
    """One letter: what to expect, its last issues where everybody may read them, and the form."""
    found = get_object_or_404(Letter.objects.offered().select_related("minimum_tier"), slug=slug)
    shown = _shown(request, [found])[0]
    context = {"each": shown, "issues": _issues(found), "form": AddressForm(), "next": request.path}
    return keyed(render(request, "members/letters_letter.html", context), found.page_key)


@private
@require_POST
@same_origin_post
def letters_choose(request: NewsRequest) -> HttpResponse:
    """A member's choice is kept at once; anybody else gets a mail with a link for each letter."""
    wanted, after = set(request.POST.getlist("letter")), safe_next(request, reverse("letters"))
    if request.member:
        return _chosen(request, request.member, wanted, after)
    typed = {name: request.POST.get(name, "") for name in ("email", "website", "letter")}
    form = AddressForm(typed)
    problem = _ask(request, form, wanted, after)
    if not problem:
        return HttpResponseRedirect(reverse("letters_asked"), status=303)
    context = {**_offer(request), "wanted": wanted, "form": form, "problem": problem}
    return render(request, "members/letters.html", context, status=422)


@edge_cached(600, keys=("letters",))
@require_safe
def letters_asked(request: NewsRequest) -> HttpResponse:
    """Where the form leads, whatever address was typed: look into your mailbox."""
    return render(request, "members/letters_asked.html")


def _offer(request: NewsRequest) -> dict[str, Any]:
    """All letters in groups, as this reader stands."""
    found = Letter.objects.offered().select_related("minimum_tier")
    return {"groups": showing.grouped(_shown(request, list(found)))}


def _shown(request: NewsRequest, found: list[Letter]) -> list[showing.Offered]:
    getting = {row.letter_id for row in asking.letters_of(request.member)} if request.member else set()
    reader, sections = request.reader if request.member else ANONYMOUS, request.furniture.sections
    return showing.offered(found, reader, getting=getting, sections=sections, now=request.now)


def _issues(found: Letter) -> list[tuple[Any, str]]:
    """The last issues of a letter for everybody, each with the address of its page."""
    if not entitled.is_for_everybody(found):
        return []
    sent = found.issues.sent().filter(withdrawn_at=None).defer("content")[:ISSUES_SHOWN]
    return [(issue, contents.web_link(issue)) for issue in sent]


def _chosen(request: NewsRequest, member: Member, wanted: set[str], after: str) -> HttpResponse:
    """The member's choice, kept; what is not for them, said with the way to it."""
    among = set(request.POST.getlist("among")) or None
    refused = asking.choose(member, wanted, asked_on=after, now=request.now, among=among)
    for each in refused:
        messages.warning(request, _not_yet(each))
    if not refused:
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(after, status=303)


def _not_yet(letter: Letter) -> str:
    """What to do to get a letter that is not for everybody."""
    told = {"letter": letter.name, "whom": showing.whom(letter)}
    return _("“%(letter)s” is not for everybody (%(whom)s). Membership says how to get it.") % told


def _ask(request: NewsRequest, form: AddressForm, wanted: set[str], asked_on: str) -> str:
    """Ask for each letter; what went wrong, or nothing."""
    if not form.is_valid():
        return _("Please check the address.")
    slugs = [slug for slug in wanted if "\x00" not in slug]
    found = list(Letter.objects.offered().select_related("minimum_tier").filter(slug__in=slugs))
    if form.cleaned_data["website"]:  # a person never sees that field
        return ""
    email = form.cleaned_data["email"]
    problem = _refusal(request, found, email)
    for each in found if not problem else []:
        asking.ask(each, email, asked_on=asked_on, now=request.now)
    return problem


def _refusal(request: NewsRequest, found: list[Letter], email: str) -> str:
    """Why these letters cannot be asked for with no more than an address; the same whoever has that address."""
    if not found:
        return _("Please choose a letter.")
    for each in found:
        if not entitled.may_get(each, ANONYMOUS, request.now):
            return _("“%(letter)s” goes to accounts. Sign in first, then choose it.") % {"letter": each.name}
    per_address = within("letter-address", email.lower(), times=ASKS_PER_ADDRESS, seconds=HOUR)
    if per_address and within("letter-network", caller(request), times=ASKS_PER_NETWORK, seconds=HOUR):
        return ""
    return _("That was quite often. Please try again in an hour.")
