"""The browsers somebody is signed in with."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from members.models import Member

# The first that a browser names wins: most of them name several.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Place:
    """One browser somebody is signed in with: `name` in words, where from, since when, and whether it is this one."""

    pk: int
    name: str
    ip: str
    since: datetime
    is_this: bool


def places_of(member: Member, session_key: str | None, now: datetime) -> list[Place]:
    """Where the member is signed in at `now`, this browser first, then the newest. Two queries."""
    rows = list(UserSession.objects.filter(user=member).order_by("-created_at", "-pk"))
    keys = [row.session_key for row in rows]
    alive = set(Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", flat=True))
    found = [
        Place(row.pk, browser_of(row.user_agent), str(row.ip), row.created_at, row.session_key == session_key)
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda place: not place.is_this)


def browser_of(user_agent: str) -> str:
    """`Firefox on Linux`: what a person calls a browser, out of what it calls itself."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A browser we do not know")


def end_sessions(member: Member) -> None:
    """Sign the member out of every browser at once. Effects: session rows."""
    _end(member, "")


def end_others(member: Member, session_key: str) -> int:
    """Sign the member out everywhere but here. Returns of how many browsers. Effects: session rows."""
    return _end(member, session_key)


def end_one(member: Member, pk: int, session_key: str) -> bool:
    """Sign the member out of one other browser; False if it is not theirs, gone, or this one. Effects: its rows."""
    row = UserSession.objects.filter(user=member, pk=pk).exclude(session_key=session_key).first()
    if row is None:
        return False
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    return True


def _end(member: Member, kept: str) -> int:
    rows = UserSession.objects.filter(user=member).exclude(session_key=kept)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)
