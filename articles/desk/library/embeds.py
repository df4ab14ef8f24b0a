"""The desk's page for hosts whose pages may be framed, and what the editor asks of an address."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.attachments.embeds import BY_HOST, frame_of, host_of, parts_of
from articles.desk.base import DeskAdmin
from articles.models import EmbedHost, LinkPreview
from newsroom.caching import purge

HOST = re.compile(r"(?=.{4,120}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


class EmbedHostForm(forms.ModelForm):
    """A host, typed as such or as an address of it."""

    class Meta:
        labels = {"host": gettext_lazy("Host"), "name": gettext_lazy("Name"), "is_active": gettext_lazy("In use")}

    def clean_host(self) -> str:
        """A plain host name that is neither ours nor known anyway."""
        typed = self.cleaned_data["host"].strip().lower()
        parts = parts_of(typed if "//" in typed else f"https://{typed}")
        host = (parts.hostname or "") if parts is not None else ""
        if not HOST.fullmatch(host):
            raise ValidationError(_("A host looks like charts.example.org."))
        if host == urlsplit(settings.SITE_URL).hostname:
            raise ValidationError(_("This is our own site. A page of ours is linked, not framed."))
        if host.removeprefix("www.") in BY_HOST:
            raise ValidationError(_("This one works already."))
        return host


@admin.register(EmbedHost)
class EmbedHostAdmin(DeskAdmin):
    """Hosts whose pages stories may frame; the page's policy follows at once."""

    form = EmbedHostForm
    fields = ("host", "name", "is_active")
    list_display = ("name", "host", "is_active")
    ordering = ("name",)

    def get_urls(self) -> list[Any]:
        """The look-up before the admin's own."""
        own = [path("lookup/", self.admin_site.admin_view(self.lookup), name="articles_embed_lookup")]
        return own + super().get_urls()

    def lookup(self, request: Any) -> JsonResponse:
        """What becomes of the address `keys` in a story: a frame of whom, or a card and what it says."""
        if not request.user.has_perm("articles.view_article"):
            raise PermissionDenied("articles.view_article")
        address = request.GET.get("keys", "")
        return JsonResponse({"results": [described(address)] if host_of(address) else []})

    def save_model(self, request: Any, obj: EmbedHost, form: Any, change: bool) -> None:
        """Store it; every page's policy follows."""
        super().save_model(request, obj, form, change)
        purge("site")

    def delete_model(self, request: Any, obj: EmbedHost) -> None:
        """Its frames become cards at once."""
        purge("site")
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        """As one by one."""
        purge("site")
        super().delete_queryset(request, queryset)


def described(address: str) -> dict[str, Any]:
    """What the editor shows of an address: who frames it, or what its card says. At most two queries."""
    parts = parts_of(address)
    hosts = dict(
        EmbedHost.objects.filter(is_active=True, host=(parts.hostname or "") if parts else "").values_list(
            "host", "name"
        )
    )
    frame, card = frame_of(address, hosts), LinkPreview.objects.filter(url=address).first()
    return {
        "key": address,
        "provider": frame.provider if frame else "",
        "title": card.title if card else "",
        "host": host_of(address),
    }
