"""What a page weighs on the wire: its HTML and every style sheet, script and font it asks for, as compressed."""

import gzip
import html as entities
import re
from urllib.parse import urljoin

import brotli

from tests.bench.load import answer_of

LINKED = re.compile(r"""<(?:script|link)\b[^>]*?\b(?:src|href)="?([^"\s>]+\.(?:js|css|woff2))""")
IN_CSS = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)""")
FONT = re.compile(r"""url\(["']?([^"')]+\.woff2)""")
FACE = re.compile(r"@font-face\s*{[^}]*}")
IN_JS = re.compile(r"""(?:from|import)\s*["']([^"']+\.js)["']""")
RANGE = re.compile(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", re.IGNORECASE)


def weigh(port: int, path: str) -> dict[str, int]:
    """Compressed bytes by kind. Of the fonts those whose range has a character of the page's text."""
    found = {"html": 0, "css": 0, "js": 0, "woff2": 0}
    html = _fetch(port, path, found, "html")
    letters = {ord(letter) for letter in entities.unescape(re.sub(r"<[^>]*>", "", html)) if letter > " "}
    has_italics = re.search(r"<(?:em|i|cite)\b", html) is not None
    waiting = [urljoin(path, address) for address in LINKED.findall(html)]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop()
        if address in seen or "://" in address:
            continue
        seen.add(address)
        kind = address.rsplit(".", 1)[1]
        text = _fetch(port, address, found, kind)
        waiting += [urljoin(address, further) for further in _named_in(text, kind)]
        if kind == "css":
            faces = [face for face in FACE.findall(text) if has_italics or "italic" not in face]
            wanted = [face for face in faces if _has_one_of(face, letters)]
            waiting += [urljoin(address, font) for face in wanted for font in FONT.findall(face)]
    return found


def _named_in(text: str, kind: str) -> list[str]:
    patterns = {"js": IN_JS, "css": IN_CSS}
    return [str(name) for name in patterns[kind].findall(text)] if kind in patterns else []


def _has_one_of(face: str, letters: set[int]) -> bool:
    ranges = [(int(low, 16), int(high or low, 16)) for low, high in RANGE.findall(face)]
    return not ranges or any(low <= letter <= high for low, high in ranges for letter in letters)


def _fetch(port: int, path: str, found: dict[str, int], kind: str) -> str:
    status, headers, body = answer_of(port, path)
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")
    found[kind] += len(body)
    encoding = {name.lower(): value for name, value in headers}.get("content-encoding", "")
    return "" if kind == "woff2" else _unpacked(body, encoding)


def _unpacked(body: bytes, encoding: str) -> str:
    if encoding == "br":
        body = brotli.decompress(body)
    elif encoding == "gzip":
        body = gzip.decompress(body)
    return body.decode()
