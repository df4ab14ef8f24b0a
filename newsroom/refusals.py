"""What no browser of a reader sends is turned away before anything looks at it."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

DESK = "/admin/"  # takes pictures and sounds, with limits of its own
SESSION_KEY = re.compile(r"[a-z0-9]{32}")  # as django.contrib.sessions.backends.base makes them


class RefusalMiddleware:
    """Refuses a body larger than any form of ours with 413, unread; forgets a session cookie that cannot be ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or refuse."""
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES and not SESSION_KEY.fullmatch(request.COOKIES[name]):
            del request.COOKIES[name]  # PostgreSQL has no text with a NUL in it
        if is_too_large(request):
            return render(request, "400.html", status=413)
        return self.get_response(request)


def is_too_large(request: HttpRequest) -> bool:
    """Whether a form of a reader's says that it is larger than any we offer. The desk's uploads are its own matter."""
    length = request.headers.get("Content-Length") or ""
    is_number = length.isascii() and length.isdigit()
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return is_number and int(length[:18]) > most and not request.path.startswith(DESK)
