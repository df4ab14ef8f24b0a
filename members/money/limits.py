"""How often somebody may do something that costs: counters in the cache, by member or address."""

from django.core.cache import cache
from django.http import HttpRequest

from newsroom.network import client_address


def who(request: HttpRequest) -> str:
    """Whom to count: the member, else the address."""
    member = getattr(request, "member", None)
    return f"member-{member.pk}" if member else client_address(request)


def allow(what: str, somebody: str, *, times: int, seconds: int) -> bool:
    """Count one `what` by `somebody`; False once they did it more than `times` in `seconds`."""
    key = f"limit-{what}-{somebody}"
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= times
    except ValueError:  # it ran out between the two
        return True
