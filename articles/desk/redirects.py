"""The desk's pages for addresses: redirects, what readers miss most, and links to others that are dead."""

from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from articles import jobs
from articles.desk.base import DeskAdmin, StoryPart, Wrap
from articles.desk.rights import VIEW, stories_within
from articles.links import outgoing
from articles.models import MissedAddress, OutgoingLink, Redirect
from articles.moved.asked import SLASHES

SEE, MAKE = "articles.view_redirect", "articles.add_redirect"


def meant(address: str) -> str:
    """What an address comes to when it is asked for: without origin, slash at the end, fragment or query.

    The query counts on the front page alone, where old numbers stand. Addresses elsewhere stay whole.
    """
    parts = urlsplit(address)
    if parts.netloc:
        return address
    bare = SLASHES.sub("/", unquote(parts.path)).rstrip("/") or "/"
    return f"{bare}?{parts.query}" if bare == "/" and parts.query else bare


def spellings(address: str) -> list[str]:
    """How the same address may be stored: with and without its last slash."""
    bare = meant(address)
    return [bare, f"{bare}/"]


def our_path(address: str) -> str:
    """An address of this site as its path; any other as it is."""
    own = settings.SITE_URL.rstrip("/")
    return address.removeprefix(own) or "/" if address == own or address.startswith(f"{own}/") else address


class RedirectForm(forms.ModelForm):
    """An old address and where it leads, in one step."""

    class Meta:
        labels = {"old_path": _("Old address"), "new_path": _("Leads to")}
        help_texts = {
            "old_path": _("An address of this site: /old/page/"),
            "new_path": _("An address of this site, or a whole one that begins with https://"),
        }

    def clean_old_path(self) -> str:
        """One of ours, decoded as it is asked for."""
        old = our_path(self.cleaned_data["old_path"].strip())
        if not _is_path(old):
            raise forms.ValidationError(_("An address of this site: it starts with one “/”."))
        path, mark, query = old.partition("?")
        return f"{unquote(path)}{mark}{query}"

    def clean_new_path(self) -> str:
        """One of ours, or a whole one by https."""
        new = our_path(self.cleaned_data["new_path"].strip())
        try:
            parts = urlsplit(new)
        except ValueError:
            raise forms.ValidationError(_("This is not a complete web address.")) from None
        is_elsewhere = parts.scheme == "https" and parts.hostname and parts.username is None
        if not is_elsewhere and not _is_path(new):
            raise forms.ValidationError(
                _("An address of this site: it starts with one “/”. One elsewhere begins with https://.")
            )
        return new

    def clean(self) -> dict[str, Any]:
        """Refuse loops and chains: one 301 must be enough."""
        found = super().clean() or self.cleaned_data
        old, new = found.get("old_path", ""), found.get("new_path", "")
        if old and new and meant(old) == meant(new):
            self.add_error("new_path", _("That leads back to itself."))
        others = Redirect.objects.exclude(pk=self.instance.pk)
        if new and (onward := others.filter(old_path__in=spellings(new)).first()):
            self.add_error(
                "new_path", _("That address itself leads on to %(path)s. Name it here.") % {"path": onward.new_path}
            )
        if old and others.filter(new_path__in=spellings(old)).exists():
            self.add_error("old_path", _("Another redirect leads here. Change that one first."))
        return found


def _is_path(address: str) -> bool:
    """Whether it is a path of this site and nothing a browser could take for another's."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


@admin.register(Redirect)
class RedirectAdmin(DeskAdmin):
    """Redirects."""

    form = RedirectForm
    list_display = ("old_path", "new_path", "made_at")
    search_fields = ("old_path", "new_path")
    ordering = ("-made_at",)
    fields = ("old_path", "new_path")

    def save_model(self, request: Any, obj: Redirect, form: Any, change: bool) -> None:
        """Store it; nobody misses that address any more."""
        super().save_model(request, obj, form, change)
        MissedAddress.objects.filter(path__in=spellings(obj.old_path)).delete()


@admin.register(MissedAddress)
class MissedAddressAdmin(DeskAdmin):
    """What readers asked for and did not find, the most missed first. Nobody adds or changes these."""

    list_display = ("path", "times", "last_at", "onward")
    list_display_links = None
    ordering = ("-times", "-last_at")
    search_fields = ("path",)
    search_help_text = _("Part of an address")

    @admin.display(description=_("lead readers on"))
    def onward(self, missed: MissedAddress) -> SafeString:
        """The way to a redirect with the address filled in."""
        wanted = f"{reverse('admin:articles_redirect_add')}?{urlencode({'old_path': missed.path})}"
        return format_html('<a href="{}">{}</a>', wanted, _("Make a redirect"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees redirects."""
        return request.user.has_perm(SEE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Readers add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are counts."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever makes redirects may forget one."""
        return request.user.has_perm(MAKE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for seeing."""
        return request.user.has_perm(SEE)


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
