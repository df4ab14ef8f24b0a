"""Which callers say themselves that nobody reads there."""

import re

from django.http import HttpRequest

MACHINES = re.compile(
    r"bot\b|bot[/_-]|crawl|spider|slurp|preview|monitor|headless|lighthouse|pagespeed|phantom|prerender|archiv|"
    r"facebookexternalhit|whatsapp|feedly|curl|wget|python|java/|go-http|node-fetch|axios|okhttp|scrapy|uptime|pingdom",
    re.IGNORECASE,
)


def is_machine(request: HttpRequest) -> bool:
    """A crawler or tool by its own name, one that says no name, or a browser that fetches ahead of its reader."""
    agent = request.headers.get("User-Agent", "")
    ahead = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return not agent or MACHINES.search(agent) is not None or "prefetch" in ahead
