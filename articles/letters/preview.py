"""An issue as any kind of reader would get it, and a copy of it to somebody at the desk.

The mail's own HTML needs its inline styles, which our pages' policy refuses: it is a response of its own under a policy
that allows styles and our pictures and nothing else, sandboxed, and shown in a frame of the page.
"""

from dataclasses import replace
from typing import Any

from csp.constants import NONE, SELF
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from articles.desk.base import respond
from articles.letters import composing, recipients
from articles.letters.recipients import Kind
from members.letters.issues import rendering
from members.letters.joining import entitled
from members.letters.sending import steering
from members.models import Issue, Member

VIEW, CHANGE = "members.view_issue", "members.change_issue"
MAIL_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": [SELF, "data:"],
    "font-src": [NONE],
    "connect-src": [NONE],
    "media-src": [NONE],
    "manifest-src": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [],
}


@require_safe
def page(request: Any, pk: int) -> HttpResponse:
    """The issue for one kind of reader (`?as=`): the line in the inbox, the mail in its frame, its text, its weight."""
    issue, kinds, kind = _asked(request, pk)
    mail = rendering.preview(issue, kind.reader, request.now)
    context = {
        **admin.site.each_context(request),
        "title": _("Preview"),
        "issue": issue,
        "kinds": kinds,
        "kind": kind,
        "gets_it": entitled.may_get(issue.letter, kind.reader, request.now),
        "mail": mail,
        "sender": issue.letter.from_name or request.furniture.rules.name,
        "kilobytes": max(1, round(len(mail.html.encode()) / 1024)),
        "colleagues": _colleagues(),
        "may_test": request.user.has_perm(CHANGE),
    }
    response = render(request, "admin/members/issue/preview.html", context)
    response._csp_replace = {"frame-src": [SELF]}  # type: ignore[attr-defined]  # read by django-csp
    return response


@require_safe
def mail_alone(request: Any, pk: int) -> HttpResponse:
    """The mail's HTML as a page of its own, under the mail's policy."""
    issue, _kinds, kind = _asked(request, pk)
    response = HttpResponse(rendering.preview(issue, kind.reader, request.now).html)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response._csp_config = MAIL_POLICY  # type: ignore[attr-defined]  # read by django-csp
    return response


@require_POST
def test(request: Any, pk: int) -> HttpResponse:
    """Send what the preview shows to somebody at the desk; it is in no figure."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied(CHANGE)
    issue, _kinds, kind = _asked(request, pk)
    to = request.POST.get("to", "")
    person = get_object_or_404(_colleagues(), pk=to if to.isdecimal() and len(to) < 19 else request.user.pk)
    mail = rendering.preview(issue, kind.reader, request.now)
    proof = replace(mail, subject=_("Test: %(subject)s") % {"subject": mail.subject or _("no subject yet")})
    steering.send_test(issue, proof, to=person, by=request.user, now=request.now)
    messages.success(request, _("On its way to %(address)s.") % {"address": person.email})
    return respond(redirect(f"{reverse('admin:members_issue_preview', args=[pk])}?as={kind.slug}"))


def _asked(request: Any, pk: int) -> tuple[Issue, list[Kind], Kind]:
    """The issue as it would go out, in memory, every kind of reader, and the one that is asked for."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied(VIEW)
    issue = get_object_or_404(Issue.objects.select_related("letter__minimum_tier"), pk=pk)
    kinds = recipients.kinds(request.now)
    asked = request.POST.get("as") or request.GET.get("as")
    kind = next((kind for kind in kinds if kind.slug == asked), kinds[0])
    return composing.as_it_would_go(issue, rules=request.furniture.rules, now=request.now), kinds, kind


def _colleagues() -> Any:
    return Member.objects.filter(is_staff=True, is_active=True).order_by("name", "email")
