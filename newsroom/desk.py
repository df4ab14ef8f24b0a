"""The desk's site: who may enter, sign-in, and the home page that spans the apps."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from articles.desk.fields import zone_name
from articles.desk.gate.pages import gate_urls, gate_warnings
from newsroom import merging_page
from newsroom.desk_session import losing_nothing
from newsroom.home import home
from newsroom.rooms import rooms


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody from the newsroom is signed in, however they did it."""
    return request.user.is_active and request.user.is_staff


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this very session was opened with an authenticator or passkey; a mailed code alone is none."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class Desk(AdminSite):
    """Django's admin with our name, home and sign-in."""

    site_header = _("The desk")
    site_title = _("The desk")
    index_title = _("Today")
    index_template = "admin/index.html"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff; in production only in a session with a second factor."""
        return is_staff(request) and (not settings.STAFF_NEED_MFA or has_second_factor(request))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """On to the desk, to allauth's sign-in, or to the page that says what is missing."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}) or wanted.startswith(
            reverse("admin:login")
        ):
            wanted = reverse("admin:index")
        if self.has_permission(request):
            return redirect(wanted)
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")
        context = {
            "title": _("The desk"),
            "for_staff": is_staff(request),
            "has_authenticator": is_staff(request) and is_mfa_enabled(request.user),
            "wanted": wanted,
        }
        return render(request, "admin/no_entry.html", context, status=403)

    def get_urls(self) -> list[Any]:
        """Django's, without the one that leads anybody here to the address of any row, out or not; and ours."""
        from comments.desk.pages import reply_urls  # these pages stand on admins, which need this class
        from members.money.desk.urls import desk_urls

        found = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        merge = self.admin_view(merging_page.merge_accounts)
        ours = [
            path("members/member/<int:pk>/merge/", merge, name="members_member_merge"),
            *desk_urls(self),
            *gate_urls(self),
            *reply_urls(self),
        ]
        return [*ours, *found]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's door; what is sent to it without a session comes back instead of being lost."""
        return losing_nothing(self, super().admin_view(view, cacheable))

    def index(self, request: Any, extra_context: Any = None) -> Any:
        """The home of the desk: what waits for me, what goes out today, what is missing."""
        context = {
            "home": home(request.user, request.now, gate=gate_warnings(request), vote=lambda: request.furniture.vote),
            "rooms": rooms(self.get_app_list(request)),
            "zone": zone_name(),
            **(extra_context or {}),
        }
        return super().index(request, context)
