"""What no browser of a reader sends is turned away before anything looks at it."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

DESK = "/admin/"  # takes pictures and sounds, with limits of its own
KEPT = {  # the cookies that Django reads on every page, as it makes them
    settings.SESSION_COOKIE_NAME: re.compile(r"[a-z0-9]{32}"),
    settings.CSRF_COOKIE_NAME: re.compile(r"[a-zA-Z0-9]{32}([a-zA-Z0-9]{32})?"),
}


class RefusalMiddleware:
    """Refuses a body larger than any form of ours with 413, unread; forgets cookies that cannot be ours.

    PostgreSQL has no text with a NUL, and a broken CSRF cookie would put a new one on a page kept for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or refuse."""
        for name, form in KEPT.items():
            if name in request.COOKIES and not form.fullmatch(request.COOKIES[name]):
                del request.COOKIES[name]
        if is_too_large(request):
            return render(request, "400.html", status=413)
        return self.get_response(request)


def is_too_large(request: HttpRequest) -> bool:
    """Whether a form of a reader's says that it is larger than any we offer. The desk's uploads are its own matter."""
    length = request.headers.get("Content-Length") or ""
    is_number = length.isascii() and length.isdigit()
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return is_number and int(length[:18]) > most and not request.path.startswith(DESK)
