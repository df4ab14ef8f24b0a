"""The desk's site: who may enter, sign-in, and the home page that spans the apps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Picture
from comments.models import Reply
from newsroom.desk_session import losing_nothing

ROWS = 8
JUST_NOW = timedelta(hours=24)


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

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's door; what is sent to it without a session comes back instead of being lost."""
        return losing_nothing(self, super().admin_view(view, cacheable))

    def index(self, request: Any, extra_context: Any = None) -> Any:
        """The home of the desk: what waits for me, what goes out today, what is missing."""
        return super().index(request, {"home": home(request, timezone.now()), **(extra_context or {})})


@dataclass(frozen=True)
class Home:
    """What the desk's home shows. Lists hold stories without their texts."""

    drafts: list[Any]
    ready: list[Any]
    scheduled: list[Any]
    published: list[Any]
    held_replies: int
    without_section: list[Any]
    pictures_without_alt: int


def home(request: Any, now: datetime) -> Home:
    """What waits for this member of staff. At most seven queries, none for what they may not see."""
    writes, moderates = request.user.has_perm("articles.view_article"), request.user.has_perm("comments.moderate_reply")
    stories = Article.objects.for_lists() if writes else Article.objects.none()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    open_stories = stories.exclude(status=Article.Status.WITHDRAWN)
    return Home(
        drafts=list(stories.filter(status=Article.Status.DRAFT, created_by=request.user).order_by("-saved_at")[:ROWS]),
        ready=list(stories.filter(status=Article.Status.READY).order_by("saved_at")[:ROWS]),
        scheduled=list(stories.scheduled(now).filter(live_from__lt=midnight).order_by("live_from")[:ROWS]),
        published=list(stories.live(now).filter(live_from__gt=now - JUST_NOW).order_by("-live_from")[:ROWS]),
        held_replies=Reply.objects.held().count() if moderates else 0,
        without_section=list(open_stories.filter(section=None).exclude(status=Article.Status.DRAFT)[:ROWS]),
        pictures_without_alt=Picture.objects.filter(alt="", stories__isnull=False).distinct().count() if writes else 0,
    )
