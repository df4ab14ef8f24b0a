"""What a signed-in member does about their own door: the address, and where they are signed in."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from members.accounts import address, sessions
from members.models import Member
from members.readers import NewsRequest
from newsroom.caching import private


@private
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True, app="allauth.mfa")  # type: ignore[untyped-decorator]  # no types there
def change_address(request: NewsRequest) -> HttpResponse:
    """GET shows the address and what waits for its code; POST asks for a code, or keeps the old address."""
    form = address.AddressForm(request.POST or None)
    if request.method != "POST":
        return _address_page(request, address.AddressForm())
    if "keep" in request.POST:
        address.give_up(request)
        return _see("account_email")
    if not form.is_valid():
        return _address_page(request, form, status=422)
    try:
        address.ask(request, _member(request), form.cleaned_data["email"])
    except address.AddressError as error:
        form.add_error("email", str(error))
        return _address_page(request, form, status=422)
    return _see("account_email")


@private
@login_required
@require_POST
def confirm_address(request: NewsRequest) -> HttpResponse:
    """The code mailed to the new address: right, the address changes; else a sentence says what is wrong."""
    try:
        email = address.confirm(request, _member(request), request.POST.get("code", ""), now=request.now)
    except address.AddressError as error:
        return _address_page(request, address.AddressForm(), problem=str(error), status=422)
    messages.success(request, _("Your address is %(email)s now. We told the old one.") % {"email": email})
    return _see("account")


@private
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def places(request: NewsRequest) -> HttpResponse:
    """GET lists where the member is signed in; POST ends one other place (`place`), or all others."""
    member, key = _member(request), request.session.session_key or ""
    if request.method != "POST":
        found = sessions.places_of(member, key, request.now)
        return render(request, "usersessions/usersession_list.html", {"places": found})
    wanted = request.POST.get("place", "")
    if wanted.isdecimal():
        ended = int(sessions.end_one(member, int(wanted[:18]), key))
    else:
        ended = sessions.end_others(member, key)
    said = ngettext("Signed out of %d browser.", "Signed out of %d browsers.", ended)
    messages.success(request, said % ended if ended else _("There was nothing to sign out of."))
    return _see("usersessions_list")


def _member(request: NewsRequest) -> Member:
    if not request.member:
        raise PermissionDenied  # login_required stands before
    return request.member


def _address_page(
    request: NewsRequest, form: address.AddressForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "pending": address.pending_of(request), "problem": problem, "member": _member(request)}
    return render(request, "account/email_change.html", context, status=status)


def _see(name: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name), status=303)
