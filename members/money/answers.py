"""Answers that several pages of money give."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse


def see_other(address: str) -> HttpResponse:
    """303: the answer to a form is elsewhere."""
    return HttpResponseRedirect(address, status=303)


def sign_in_first(page: str, **fields: str) -> HttpResponse:
    """To the sign-in, and from there back to `page` with what was chosen."""
    wanted = urlencode({name: value for name, value in fields.items() if value})
    back = f"{page}?{wanted}" if wanted else page
    return see_other(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}")


def refused(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    """The page that says why it did not work, with a way back. `status`: 503 where the same again makes sense."""
    return render(request, "members/not_now.html", {"message": message}, status=status)
