"""The desk's pages by what people come for, in their words, instead of by app."""

from typing import Any

from django.utils.translation import gettext_lazy as _

ROOMS: dict[str, tuple[Any, frozenset[str]]] = {
    "paper": (_("The paper"), frozenset({"Article", "FrontSlot", "Series", "Section", "Tag", "Author", "Page"})),
    "pictures": (_("Pictures and documents"), frozenset({"Picture", "Document", "EmbedHost"})),
    "readers": (
        _("Readers and conversation"),
        frozenset({"Reply", "Report", "Sanction", "Discussion", "Topic", "Round", "Letter", "Issue", "Mailing"}),
    ),
    "money": (_("Members and money"), frozenset()),
    "site": (
        _("The site"),
        frozenset(
            {"SiteRules", "MenuItem", "Redirect", "MissedAddress", "OutgoingLink", "StaffInvitation", "AuditEntry"}
        ),
    ),
}
OTHERWISE = {"articles": "paper", "comments": "readers", "members": "money"}


def rooms(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The admin's list of apps as rooms: name and models this member may open. Empty rooms are left out."""
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in ROOMS}
    for app in apps:
        for model in app["models"]:
            if model["admin_url"]:
                found[_room(app["app_label"], model["object_name"])].append(model)
    return [{"name": ROOMS[key][0], "models": models} for key, models in found.items() if models]


def _room(app: str, model: str) -> str:
    named = (key for key, (_name, models) in ROOMS.items() if model in models)
    return next(named, OTHERWISE.get(app, "site"))
