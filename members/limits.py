"""How often somebody may do something: counters in the shared cache, by address of client, account or mail."""

from django.core.cache import cache
from django.http import HttpRequest

from members.models import Member
from newsroom.network import client_address, network_prefix


def within(action: str, who: str | int, *, times: int, seconds: int) -> bool:
    """Count one `action` by `who`; False once more than `times` came in a window of `seconds`.

    Effects: one cache counter, which the first call of a window starts.
    """
    key = f"limit:{action}:{who}"
    if cache.add(key, 1, timeout=seconds):
        return True
    try:
        return int(cache.incr(key)) <= times
    except ValueError:  # the window ended between the two calls
        cache.add(key, 1, timeout=seconds)
        return True


def spent(action: str, who: str | int, *, times: int) -> bool:
    """Whether `within` has counted `times` already in the running window. Counts nothing."""
    return int(cache.get(f"limit:{action}:{who}", 0)) >= times


def network(request: HttpRequest) -> str:
    """The caller's network, whoever is signed in."""
    return network_prefix(client_address(request))


def caller(request: HttpRequest) -> str:
    """Whom a limit counts: the signed-in member, else the caller's network."""
    member: Member | None = getattr(request, "member", None)
    return f"member-{member.pk}" if member else network(request)
