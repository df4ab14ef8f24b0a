"""The browsers somebody is signed in with."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from members.models import Member


def end_sessions(member: Member) -> None:
    """Sign the member out of every browser at once. Effects: session rows."""
    keys = list(UserSession.objects.filter(user=member).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=member).delete()
