"""Forms that stand on cached pages carry no token; their views ask the browser where the form stood."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]
LONGEST_NEXT = 500  # characters, as many as an attempt to pay keeps
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def same_origin_post(view: View) -> View:
    """Let unsafe methods through only from our own pages; needs no token, refuses with 403.

    Browsers say so in `Sec-Fetch-Site`; older ones in `Origin`. A request with neither is refused.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in SAFE_METHODS or is_same_origin(request):
            return view(request, *args, **kwargs)
        reason = _("This form can only be sent from our own pages. Go back, load the page anew, and try once more.")
        return render(request, "403.html", {"reason": reason}, status=403)

    return csrf_exempt(wrapped)


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that the request comes from a page of this site."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    try:
        origin = urlsplit(request.headers.get("Origin", ""))
    except ValueError:  # as in "http://["
        return False
    own = {urlsplit(settings.SITE_URL).netloc, request.get_host()}
    return origin.scheme in ("http", "https") and origin.netloc in own


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """The form's `next`, if it is a path of this site; an address elsewhere, or one too long to keep, is ignored."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_kept = len(wanted) <= LONGEST_NEXT and wanted.isprintable()
    if is_kept and wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return default
