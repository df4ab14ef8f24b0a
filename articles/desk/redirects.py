"""The desk's pages for addresses: redirects, and links to others that are dead."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from articles import jobs
from articles.desk.base import DeskAdmin, StoryPart, Wrap
from articles.desk.rights import VIEW, stories_within
from articles.links import outgoing
from articles.models import OutgoingLink, Redirect
from articles.moved.leading import forget_missed, store, wait_for_others
from articles.moved.planning import Led, Wish, plan


class RedirectForm(forms.ModelForm):
    """An old address and where it leads, in one step."""

    led: Led

    class Meta:
        labels = {"old_path": _("Old address"), "new_path": _("Leads to")}
        help_texts = {
            "old_path": _("An address of this site: /old/page/. With a star at its end all that follow: /old/*"),
            "new_path": _("An address of this site, or a whole one that begins with https://"),
        }

    def clean(self) -> dict[str, Any]:
        """The addresses as they are stored, the target shortened to one step; else what is wrong with which."""
        found = super().clean() or self.cleaned_data
        if not (found.get("old_path") and found.get("new_path")):
            return found
        wait_for_others()
        self.led = plan([Wish(found["old_path"], found["new_path"])], now=timezone.now(), but=self.instance.pk)
        for refused in self.led.refused:
            self.add_error(refused.why.field, str(refused.why))
        for stands, new in self.led.before.items():
            self.add_error("old_path", gettext("%(old)s leads to %(new)s already.") % {"old": stands, "new": new})
        for old, new in self.led.leads.items():
            found |= {"old_path": old, "new_path": new}
        return found


@admin.register(Redirect)
class RedirectAdmin(DeskAdmin):
    """Redirects."""

    form = RedirectForm
    list_display = ("old_path", "new_path", "made_at")
    search_fields = ("old_path", "new_path")
    ordering = ("-made_at",)
    fields = ("old_path", "new_path")

    def save_model(self, request: Any, obj: Redirect, form: Any, change: bool) -> None:
        """Store it, and those that it makes longer in one step; nobody misses that address any more."""
        super().save_model(request, obj, form, change)
        store(form.led.further)
        forget_missed([obj.old_path])


class DeadLinkViews(StoryPart):
    """The report of dead links, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """The report, and looking again."""
        return [
            path("dead-links/", wrap(dead_links), name="articles_article_dead_links"),
            path("dead-links/<int:link_id>/look/", wrap(look_again), name="articles_article_look_again"),
        ]


@require_safe
def dead_links(request: Any) -> HttpResponse:
    """Which links of which stories are dead, since when, and what is wrong."""
    _require_stories(request)
    links = outgoing.dead_links(stories_within(request))
    context = {
        **admin.site.each_context(request),
        "title": _("Dead links"),
        "links": links,
        "is_full": len(links) == outgoing.REPORTED,
    }
    return render(request, "admin/articles/article/dead_links.html", context)


@require_POST
def look_again(request: Any, link_id: int) -> HttpResponse:
    """Have one looked at anew, by a job: nobody here waits for a machine that may not answer."""
    _require_stories(request)
    link = get_object_or_404(OutgoingLink, pk=link_id, article__in=stories_within(request))
    jobs.queue_look(link.pk)
    messages.success(request, _("It is being looked at. If somebody answers, it leaves this list within a minute."))
    return HttpResponseRedirect(reverse("admin:articles_article_dead_links"), status=303)


def _require_stories(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied(VIEW)
