"""What stories show of other people's, by address: which pages may be framed, by whom, and how tall they are.

No models, no network. Hosts added on the desk come in as a mapping, host → name; pages that may hold frames say so
with `may_frame`, all others frame nothing.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

from csp.decorators import csp_replace

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Frame:
    """A page to be framed: whose, its address, and the shape that is kept free for it."""

    provider: str
    src: str
    shape: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody whose pages we frame: their hosts, the origin that is framed, and what finds the address."""

    name: str
    hosts: frozenset[str]
    origin: str
    shape: str
    find: Callable[[SplitResult], str | None]


def parts_of(address: str) -> SplitResult | None:
    """The parts of an address; None for what is none."""
    try:
        parts = urlsplit(address.strip())
        _port = parts.port
    except ValueError:
        return None
    return parts


def host_of(address: str) -> str:
    """The host of a web address without `www.`, in small letters; empty for anything else."""
    parts = parts_of(address)
    if parts is None or parts.scheme not in ("http", "https"):
        return ""
    return (parts.hostname or "").removeprefix("www.")


def _youtube(parts: SplitResult) -> str | None:
    query = parse_qs(parts.query)
    if (parts.hostname or "").endswith("youtu.be"):
        found: str | None = parts.path.strip("/").partition("/")[0]
    elif parts.path == "/watch":
        found = query.get("v", [""])[0]
    else:
        match = re.fullmatch(r"/(?:shorts|live|embed)/([\w-]+)/?", parts.path)
        found = match[1] if match else None
    if not found or not re.fullmatch(r"[\w-]{6,20}", found):
        return None
    start = _seconds((query.get("t") or query.get("start") or [""])[0])
    asked = {"autoplay": 1} | ({"start": start} if start else {})
    return f"https://www.youtube-nocookie.com/embed/{found}?{urlencode(asked)}"


def _seconds(text: str) -> int:
    """`90`, `90s` or `1h2m3s` in seconds; 0 for anything else."""
    match = re.fullmatch(r"(?:(\d{1,2})h)?(?:(\d{1,3})m)?(?:(\d{1,6})s?)?", text, re.ASCII)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return hours * 3600 + minutes * 60 + seconds


def _vimeo(parts: SplitResult) -> str | None:
    match = re.fullmatch(r"/(?:video/)?(\d{1,15})(?:/([0-9a-f]{6,20}))?/?", parts.path, re.ASCII)
    if match is None:
        return None
    secret = match[2] or parse_qs(parts.query).get("h", [""])[0]
    asked = ({"h": secret} if re.fullmatch(r"[0-9a-f]{6,20}", secret) else {}) | {"dnt": "1", "autoplay": "1"}
    return f"https://player.vimeo.com/video/{match[1]}?{urlencode(asked)}"


def _telegram(parts: SplitResult) -> str | None:
    match = re.fullmatch(r"/(?:s/)?([a-z]\w{2,40}/\d{1,12})/?", parts.path, re.ASCII | re.IGNORECASE)
    return f"https://t.me/{match[1]}?embed=1" if match else None


def _x(parts: SplitResult) -> str | None:
    match = re.match(r"/(?:\w{1,30}|i/web)/status(?:es)?/(\d{1,25})(?:/|$)", parts.path, re.ASCII)
    return f"https://platform.twitter.com/embed/Tweet.html?id={match[1]}&dnt=true" if match else None


def _datawrapper(parts: SplitResult) -> str | None:
    match = re.match(r"/(?:_/)?([A-Za-z0-9]{5})(?:/|$)", parts.path)
    return f"https://datawrapper.dwcdn.net/{match[1]}/" if match else None


def _flourish(parts: SplitResult) -> str | None:
    match = re.match(r"/(visualisation|story)/(\d{1,12})(?:/|$)", parts.path, re.ASCII)
    return f"https://flo.uri.sh/{match[1]}/{match[2]}/embed" if match else None


def _soundcloud(parts: SplitResult) -> str | None:
    if not re.fullmatch(r"/[\w-]+/(?:sets/)?[\w-]+/?", parts.path, re.ASCII):
        return None
    address = quote(f"https://soundcloud.com{parts.path}", safe="")
    return f"https://w.soundcloud.com/player/?url={address}&auto_play=true&hide_related=true"


PROVIDERS = (
    Provider(
        "YouTube",
        frozenset(["youtube.com", "m.youtube.com", "youtu.be", "youtube-nocookie.com"]),
        "https://www.youtube-nocookie.com",
        "video",
        _youtube,
    ),
    Provider("Vimeo", frozenset(["vimeo.com", "player.vimeo.com"]), "https://player.vimeo.com", "video", _vimeo),
    Provider("Telegram", frozenset(["t.me", "telegram.me"]), "https://t.me", "post", _telegram),
    Provider(
        "X",
        frozenset(["x.com", "twitter.com", "mobile.twitter.com"]),
        "https://platform.twitter.com",
        "post",
        _x,
    ),
    Provider(
        "Datawrapper",
        frozenset(["datawrapper.dwcdn.net", "datawrapper.de"]),
        "https://datawrapper.dwcdn.net",
        "chart",
        _datawrapper,
    ),
    Provider("Flourish", frozenset(["public.flourish.studio", "flo.uri.sh"]), "https://flo.uri.sh", "chart", _flourish),
    Provider(
        "SoundCloud",
        frozenset(["soundcloud.com", "m.soundcloud.com"]),
        "https://w.soundcloud.com",
        "sound",
        _soundcloud,
    ),
)
BY_HOST = {host: provider for provider in PROVIDERS for host in provider.hosts}
FRAME_ORIGINS = [provider.origin for provider in PROVIDERS]


def frame_of(address: str, hosts: Mapping[str, str]) -> Frame | None:
    """How an address is framed; None where it becomes a card. `hosts`: those added on the desk, host → name."""
    parts, host = parts_of(address), host_of(address)
    if parts is None or not host:
        return None
    if provider := BY_HOST.get(host):
        src = provider.find(parts)
        return Frame(provider.name, src, provider.shape) if src else None
    full = parts.hostname or ""
    name = hosts.get(full)
    if name and parts.scheme == "https" and parts.port is None and not parts.username:
        return Frame(name, parts.geturl(), "chart")
    return None


def may_frame(view: View) -> View:
    """Pages of this view may hold frames of the fixed providers and of the hosts added on the desk."""

    @functools.wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
        origins = [*FRAME_ORIGINS, *(f"https://{host}" for host in request.furniture.framed_hosts)]
        framing = csp_replace({"frame-src": origins})(view)
        return framing(request, *args, **kwargs)

    return cast("View", wrapped)
