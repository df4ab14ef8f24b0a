"""One counter of somebody else's, if the environment names it: `COUNTER_SCRIPT`, and what it calls us, `COUNTER_SITE`.

Views of public pages say `counted`; on no other page does the script stand, and in no other page's policy its origin.
"""

import functools
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse

View = Callable[..., HttpResponse]
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?", re.IGNORECASE)
PATH = re.compile(r"/[\w./~%@+-]*(\?[\w.~%=&+-]*)?", re.ASCII)
SITE = re.compile(r"[\w.:/@+-]{1,200}", re.ASCII)


def origin_of(script: str) -> str:
    """The origin of a script's address, fit to stand in a policy; empty for what is no address by https."""
    try:
        parts = urlsplit(script)
    except ValueError:  # as in "https://["
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_fit = parts.scheme == "https" and HOST.fullmatch(parts.netloc) and PATH.fullmatch(path) and not parts.fragment
    return f"https://{parts.netloc}" if is_fit else ""


def counted(view: View) -> View:
    """Let the counter count this page, where one is set up and set up well. Marks the request with `counter`."""

    @functools.wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        origin = origin_of(settings.COUNTER_SCRIPT)
        if not origin or not SITE.fullmatch(settings.COUNTER_SITE):
            return view(request, *args, **kwargs)
        request.counter = {"script": settings.COUNTER_SCRIPT, "site": settings.COUNTER_SITE}
        counting: Any = csp_update({"script-src": [origin], "connect-src": [origin]})(view)
        response: HttpResponse = counting(request, *args, **kwargs)
        return response

    return wrapped
