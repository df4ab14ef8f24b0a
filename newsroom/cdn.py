"""The CDN in front, if there is one: its headers and its purges by key.

One adapter for those that take a list of keys in a POST, configured in the environment: `CDN_PURGE_URL`,
`CDN_PURGE_TOKEN`, and for others than Cloudflare the name of the list and the header of the token.

A page made before a change may reach the CDN after its purge: it was on its way. Therefore every purge is sent
twice, the second time when whatever was on its way has arrived.
"""

import json
import urllib.request

from django.conf import settings
from django.http.response import HttpResponseBase
from procrastinate.contrib.django import app

TIMEOUT_SECONDS = 10
PROXY_SECONDS = 1  # a proxy that cannot be purged may answer a burst, no more
SETTLING_SECONDS = 15  # longer than a render may take, with its way to the CDN
KEYS_BYTES = 8_000  # of a header; CDNs refuse 16 kB, and a proxy on the way may have less room
TOO_MANY = "too-many"  # the one key of a page that has more than fit: it falls with every purge
KEYS_A_REQUEST = 30  # Cloudflare's limit; Fastly takes 256


def is_configured() -> bool:
    """Whether a purging CDN stands in front."""
    return bool(settings.CDN_PURGE_URL)


def set_headers(response: HttpResponseBase, *, keys: list[str], seconds: int) -> None:
    """Tell browsers to ask again each time, and a purging CDN to keep the page for `seconds`."""
    shared = f", s-maxage={seconds}" if is_configured() else ""
    response["Cache-Control"] = f"public, max-age=0{shared}, must-revalidate"
    response["X-Accel-Expires"] = str(min(seconds, PROXY_SECONDS))  # nginx alone reads it, and takes it off
    if is_configured():
        named = keys if sum(len(key) + 1 for key in keys) <= KEYS_BYTES else [TOO_MANY]
        response["Surrogate-Key"] = " ".join(named)
        response["Cache-Tag"] = ",".join(named)


def queue_purge(keys: list[str], *, is_second: bool = False) -> None:
    """Have a job tell the CDN which keys fell; the job commits with the caller's transaction."""
    if is_configured():
        wait = {"seconds": SETTLING_SECONDS} if is_second else None
        task = app.configure_task("newsroom.jobs.purge_cdn", schedule_in=wait)
        task.defer(keys=[*keys], is_second=is_second)


def purge_now(keys: list[str]) -> None:
    """Tell the CDN. Raises OSError (urllib's URLError) when it does not answer; the job tries again."""
    wanted = [*keys, TOO_MANY]
    for start in range(0, len(wanted), KEYS_A_REQUEST):
        _send(wanted[start : start + KEYS_A_REQUEST])


def _send(keys: list[str]) -> None:
    scheme = "Bearer " if settings.CDN_PURGE_HEADER == "Authorization" else ""
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's, not a reader's
        settings.CDN_PURGE_URL,
        data=json.dumps({settings.CDN_PURGE_FIELD: keys}).encode(),
        headers={
            settings.CDN_PURGE_HEADER: f"{scheme}{settings.CDN_PURGE_TOKEN}",
            "Content-Type": "application/json",
        },
        method="POST",
    )
    urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()  # noqa: S310 - as above
