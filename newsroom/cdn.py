"""The CDN in front, if there is one: its headers and its purges by key. One adapter, configured by
`CDN_PURGE_URL` (POST `{"keys": […]}` with a bearer token) in the environment."""

import json
import urllib.request

from django.conf import settings
from django.http.response import HttpResponseBase
from procrastinate.contrib.django import app

TIMEOUT_SECONDS = 10
PROXY_SECONDS = 1  # a proxy that cannot be purged may answer a burst, no more


def is_configured() -> bool:
    """Whether a purging CDN stands in front."""
    return bool(settings.CDN_PURGE_URL)


def set_headers(response: HttpResponseBase, *, keys: list[str], seconds: int) -> None:
    """Tell browsers to ask again each time, and a purging CDN to keep the page for `seconds`."""
    shared = f", s-maxage={seconds}" if is_configured() else ""
    response["Cache-Control"] = f"public, max-age=0{shared}, must-revalidate"
    response["X-Accel-Expires"] = str(min(seconds, PROXY_SECONDS))  # nginx alone reads it, and takes it off
    if is_configured():
        response["Surrogate-Key"] = " ".join(keys)
        response["Cache-Tag"] = ",".join(keys)


def queue_purge(keys: list[str]) -> None:
    """Have a job tell the CDN which keys fell; the job commits with the caller's transaction."""
    if is_configured():
        app.configure_task("newsroom.jobs.purge_cdn").defer(keys=[*keys])


def purge_now(keys: list[str]) -> None:
    """Tell the CDN. Raises OSError (urllib's URLError) when it does not answer; the job tries again."""
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's, not a reader's
        settings.CDN_PURGE_URL,
        data=json.dumps({"keys": keys}).encode(),
        headers={"Authorization": f"Bearer {settings.CDN_PURGE_TOKEN}", "Content-Type": "application/json"},
        method="POST",
    )
    urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()  # noqa: S310 - as above
