"""A form sent by somebody who may not store it: the words come back, to be copied."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from articles.desk.rights import PUBLISH

KEPT = {"headline": 2, "standfirst": 3, "full_text": 24}  # fields and the lines they are shown in


def holds_words(request: Any) -> bool:
    """Whether a story's fields came along."""
    return request.method == "POST" and any(request.POST.get(name) for name in KEPT)


def hand_back(request: Any, site_context: dict[str, Any], permission: str = PUBLISH) -> HttpResponse:
    """403: nothing was stored, who may do it, and every word that was sent."""
    labels = {"headline": _("Headline"), "standfirst": _("Standfirst"), "full_text": _("Text")}
    sent = [(labels[name], request.POST[name], lines) for name, lines in KEPT.items() if request.POST.get(name)]
    context = {**site_context, "title": _("Not stored"), "sent": sent, "permission": permission}
    return render(request, "admin/articles/article/not_stored.html", context, status=403)
