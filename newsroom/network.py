"""Who is calling: the only reader of client addresses."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's address, as seen by the outermost proxy we trust.

    With `TRUSTED_PROXY_COUNT` n the n-th entry of X-Forwarded-For from the right; 0 believes no header.
    """
    count = settings.TRUSTED_PROXY_COUNT
    if count:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= count:
            return hops[-count]
    return str(request.META.get("REMOTE_ADDR", ""))


def network_prefix(address: str) -> str:
    """The network an address belongs to: /24 for IPv4, /48 for IPv6; unreadable text stays as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))
