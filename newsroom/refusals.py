"""Cookies that no browser has from us are forgotten before anything looks at them."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

OURS = {  # those that Django reads on every page, as it makes them
    settings.SESSION_COOKIE_NAME: re.compile(r"[a-z0-9]{32}"),
    settings.CSRF_COOKIE_NAME: re.compile(r"[a-zA-Z0-9]{32}([a-zA-Z0-9]{32})?"),
}


class RefusalMiddleware:
    """Forgets a session's or CSRF cookie that cannot be ours.

    PostgreSQL has no text with a NUL, and a broken CSRF cookie would put a new one on a page kept for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer without them."""
        for name, form in OURS.items():
            if name in request.COOKIES and not form.fullmatch(request.COOKIES[name]):
                del request.COOKIES[name]
        return self.get_response(request)
