"""The desk's session as an open form sees it: whose it is, how to get it back without leaving the page, and a
page that keeps what was sent when it is gone.

Sign-in may stand in a frame of our own pages, and only when it leads back to `signed-in/`: nothing else of the
site can be framed, and no other site can frame anything.
"""

import functools
from collections.abc import Callable
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from allauth.mfa.base import views as mfa_views
from csp.constants import SELF
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.csrf import csrf_failure
from django.views.decorators.http import require_safe

from members.accounts import views as accounts
from members.same_origin import is_same_origin
from newsroom.caching import private

View = Callable[..., HttpResponse]
SIGNED_IN = "/admin/signed-in/"
NOT_CARRIED = ("csrfmiddlewaretoken",)


@private
@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Whose session this is, and the token that fits it: `{"member": key or null, "name": …, "token": …}`."""
    admitted = admin.site.has_permission(request)
    name = str(request.user) if admitted else ""
    return JsonResponse({"member": request.user.pk if admitted else None, "name": name, "token": get_token(request)})


@private
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """What the frame shows once somebody signed in there; its script tells the page around it."""
    return framed(render(request, "admin/signed_in.html", {"admitted": admin.site.has_permission(request)}))


def framed(response: HttpResponse) -> HttpResponse:
    """Let our own pages, and only those, show `response` in a frame."""
    response["X-Frame-Options"] = "SAMEORIGIN"
    response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]  # read by django-csp
    return response


def leads_back(request: HttpRequest) -> bool:
    """Whether this step of signing in ends at the frame's own page."""
    wanted = request.POST.get("next") or request.GET.get("next")
    if wanted is None and not request.user.is_authenticated:
        pending = unstash_login(request, peek=True)
        wanted = pending.redirect_url if pending else None
    return wanted == SIGNED_IN


def in_our_frame(view: View) -> View:
    """A step of signing in that may stand in the story form's dialog."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        allowed = leads_back(request)
        response = view(request, *args, **kwargs)
        return framed(response) if allowed else response

    return wrapped


def losing_nothing(site: Any, view: View) -> View:
    """A view of the desk that hands back what was sent to it when nobody is signed in any more."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or site.has_permission(request) or not is_same_origin(request):
            return view(request, *args, **kwargs)
        if _wants_data(request):
            return JsonResponse({"member": None}, status=401)
        return _handed_back(request, 401) if request.POST else view(request, *args, **kwargs)

    return wrapped


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose token does not fit: on the desk, what was sent comes back with one that does."""
    if not request.path.startswith("/admin/") or not is_same_origin(request):
        return csrf_failure(request, reason=reason)
    if _wants_data(request):
        return JsonResponse({"token": get_token(request)}, status=403)
    return _handed_back(request, 403)


def _wants_data(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


@private
def _handed_back(request: HttpRequest, status: int) -> HttpResponse:
    """A page that holds every posted field and sends them again; nothing is stored here."""
    sent = [(name, text) for name, texts in request.POST.lists() if name not in NOT_CARRIED for text in texts]
    context = {
        **admin.site.each_context(request),
        "title": None,
        "sent": sent,
        "path": request.get_full_path(),
        "admitted": admin.site.has_permission(request),
        "signed_in_path": SIGNED_IN,
    }
    return render(request, "admin/sent_again.html", context, status=status)


urls: list[URLPattern] = [
    path("admin/session/", session, name="desk_session"),
    path("admin/signed-in/", signed_in, name="desk_signed_in"),
    path("accounts/login/", in_our_frame(accounts.sign_in), name="account_login"),
    path("accounts/login/code/confirm/", in_our_frame(accounts.enter_code), name="account_confirm_login_code"),
    path("accounts/2fa/authenticate/", in_our_frame(mfa_views.authenticate), name="mfa_authenticate"),
]
