"""The desk's pages by what people come for, in their words and the order they are used, instead of by app."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

ROOMS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "paper": (_("The paper"), ("Article", "FrontSlot", "Series", "Section", "Tag", "Author", "Page", "Revision")),
    "pictures": (_("Pictures and documents"), ("Picture", "Document", "EmbedHost")),
    "readers": (
        _("Readers and conversation"),
        (
            "Reply",
            "Report",
            "Appeal",
            "Sanction",
            "Discussion",
            "Topic",
            "Round",
            "Letter",
            "LetterSubscription",
            "Issue",
            "Mailing",
            "Suppression",
        ),
    ),
    "money": (_("Members and money"), ("Member", "Subscription", "Payment", "Grant")),
    "site": (
        _("The site"),
        (
            "SiteRules",
            "MenuItem",
            "StaffInvitation",
            "Redirect",
            "MissedAddress",
            "OutgoingLink",
            "ApiKey",
            "AuditEntry",
        ),
    ),
}
OTHERWISE = {"articles": "paper", "comments": "readers", "members": "money"}
LABELS = {
    "FrontSlot": _("Front page"),
    "MissedAddress": _("Old addresses"),
    "Issue": _("Issues of letters"),
    "LetterSubscription": _("Who gets letters"),
    "SiteRules": _("Rules of the site"),
    "ApiKey": _("API keys"),
    "AuditEntry": _("Who did what"),
}


def rooms(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The admin's list of apps as rooms: name and models this member may open. Empty rooms are left out."""
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in ROOMS}
    for app in apps:
        for model in app["models"]:
            if model["admin_url"]:
                label = LABELS.get(model["object_name"], model["name"])
                found[_room(app["app_label"], model["object_name"])].append({**model, "name": label})
    return [
        {"name": ROOMS[key][0], "models": sorted(models, key=partial(_rank, key))}
        for key, models in found.items()
        if models
    ]


def _room(app: str, model: str) -> str:
    named = (key for key, (_name, models) in ROOMS.items() if model in models)
    return next(named, OTHERWISE.get(app, "site"))


def _rank(room: str, model: dict[str, Any]) -> tuple[int, str]:
    """The order of its room, then what nobody ordered by name."""
    name, ordered = str(model["object_name"]), ROOMS[room][1]
    return (ordered.index(name) if name in ordered else len(ordered), name)
