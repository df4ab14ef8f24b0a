"""The moderators' queue of replies, and the page of one.

Deciding is never saving: the buttons stand in one form and name the addresses of the verbs (`acting`), so all works
without JavaScript; with it the same addresses answer the rows that changed, and the keyboard is enough.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from comments.desk import acting, conduct, queue
from comments.desk.base import REASONS, ROOMS, ModeratorsAdmin
from comments.desk.beside import rows_of
from comments.desk.discussions import steps_of
from comments.desk.forms import SanctionForm
from comments.models import Reply, Ruling
from newsroom.caching import FRAGMENT_HEADER


@admin.register(Reply)
class ReplyAdmin(ModeratorsAdmin):
    """The queue: the longest waiting first, each with what it answers, where, and how its author has behaved."""

    def get_urls(self) -> list[URLPattern]:
        """The verbs' addresses and the page of a member, before Django's own."""
        return [*acting.urls(), *conduct.urls(), *super().get_urls()]

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """One page of what was asked for; to a script only the rows."""
        self._ask(request)
        asked = queue.Asked.of(request.GET)
        replies, following = queue.page_of(asked)
        waiting = queue.waiting(request.user, asked)
        context = {
            "title": _("Replies"),
            "asked": asked,
            "rows": rows_of(replies, request.furniture.rules, request.now),
            "following": following,
            "more": max(0, waiting[asked.queue] - len(replies)) if asked.waits and not asked.text else 0,
            "places": [(name, question, address, waiting.get(name)) for name, question, address in asked.places()],
            "appeals": waiting["appeals"],
            **_around(request),
        }
        if FRAGMENT_HEADER in request.headers:
            response = render(request, "admin/comments/reply/fragment.html", context)
            patch_vary_headers(response, [FRAGMENT_HEADER])
            return response
        discussion = queue.discussion_of(asked)
        context |= {
            "discussion": discussion,
            "steps": steps_of(discussion, request.now) if discussion else [],
            **self.admin_site.each_context(request),
        }
        return render(request, "admin/comments/reply/queue.html", context)

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One reply with all that is known of it, what was decided, and its buttons."""
        self._ask(request)
        reply = queue.with_surroundings(Reply.objects.filter(pk=object_id)).first() if object_id.isdecimal() else None
        if reply is None:  # as on every other form of the desk
            messages.warning(request, _("There is no such reply any more."))
            return HttpResponseRedirect(reverse("admin:comments_reply_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reply of %s") % reply.shown_name,
            "rows": rows_of([reply], request.furniture.rules, request.now),
            "rulings": Ruling.objects.filter(reply=reply).select_related("by").order_by("-pk"),
            **_around(request),
        }
        return render(request, "admin/comments/reply/one.html", context)

    def _ask(self, request: HttpRequest) -> None:
        """Let nobody in but moderators, and nobody type anything over."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied


def _around(request: HttpRequest) -> dict[str, Any]:
    """What every page with rows prints beside them."""
    return {"reasons": REASONS, "rooms": ROOMS, "form": SanctionForm(), "next": request.get_full_path()}
