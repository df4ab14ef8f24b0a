"""The answer to somebody who may not: on the desk it names who may, on the site it is one plain page.

Views say which permission is missing, `PermissionDenied("articles.publish_article")`; Django's own pages say
nothing, and theirs follows from the name of the address.
"""

import re
from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from members.models import Member
from newsroom.groups import DESK_GROUPS

PERMISSION = re.compile(r"[a-z_]+\.[a-z_]+")
PAGE_NAME = re.compile(r"(?P<app>[a-z]+)_(?P<model>[a-z]+)_(?P<page>changelist|add|change|delete|history)")
NEEDED = {"changelist": "view", "add": "add", "change": "view", "delete": "delete", "history": "view"}
ASKED_INSTEAD = {  # pages that go by another permission than their model's
    "articles.view_revision": "articles.view_article",
    "articles.view_missedaddress": "articles.view_redirect",
    "articles.delete_missedaddress": "articles.add_redirect",
    **{f"members.{verb}_menuitem": "members.manage_rules" for verb in ("view", "add", "change", "delete")},
}
MOST_NAMES = 5


@dataclass(frozen=True)
class Holders:
    """Who may what the reader may not: roles, and names of people who have one."""

    roles: list[str]
    people: list[str]
    more: bool = False


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 (Django's `handler403`). To people who work here, on the desk: who has the permission."""
    said = str(exception)
    reason = said if " " in said and not PERMISSION.fullmatch(said) else ""
    if not (request.path.startswith(reverse("admin:index")) and admin.site.has_permission(request)):
        return render(request, "403.html", {"reason": reason}, status=403)
    permission = permission_missing(request, said)
    context = {
        **admin.site.each_context(request),
        "title": _("This is not open to you"),
        "reason": reason,
        "holders": holders_of(permission) if permission else None,
    }
    return render(request, "admin/403.html", context, status=403)


def permission_missing(request: HttpRequest, said: str) -> str:
    """The permission that was asked for; empty where it is unknown, or held (then something else was in the way)."""
    permission = said if PERMISSION.fullmatch(said) else ""
    name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    if not permission and (page := PAGE_NAME.fullmatch(name)):
        verb = "change" if page["page"] == "change" and request.method == "POST" else NEEDED[page["page"]]
        own = f"{page['app']}.{verb}_{page['model']}"
        permission = ASKED_INSTEAD.get(own, own)
    return "" if request.user.has_perm(permission) else permission


def holders_of(permission: str) -> Holders:
    """Roles that have the permission, and up to five of the people who have one of them, by name. One query."""
    roles = [name for name, granted in DESK_GROUPS.items() if permission in granted.split()]
    held = Member.objects.filter(is_staff=True, is_active=True, groups__name__in=roles).distinct()
    names = [str(person) for person in held.order_by("name", "email")[: MOST_NAMES + 1]]
    return Holders(roles, names[:MOST_NAMES], more=len(names) > MOST_NAMES)
