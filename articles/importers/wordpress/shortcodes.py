"""What WordPress writes into a text that is no HTML: shortcodes, block comments, more and page marks.

Turned into HTML with marks of our own (`data-old-gallery`, `data-embed`, `data-paywall` …) before it is parsed.
"""

import re
from collections import Counter
from collections.abc import Mapping
from html import escape, unescape

DIVIDER = '<hr data-paywall="here">'
MORE = re.compile(r"<!--\s*more\b.*?-->", re.S)
PAGE_BREAK = re.compile(r"<!--\s*nextpage\s*-->")
WIDGET = re.compile(r"<!--\s*wp:([\w/-]+)(?:\s+\{.*?\})?\s*/-->", re.S)
PATTERN = re.compile(r"<!--\s*wp:block\s+\{[^}]*\"ref\":(\d{1,18})[^}]*\}\s*/-->")
DEEPEST = 5  # texts that include texts
COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.S)
CAPTION = re.compile(r"\[(?:wp_)?caption([^\]]*)\](.*?)\[/(?:wp_)?caption\]", re.S)
EMBED = re.compile(r"\[embed[^\]]*\]\s*(\S+?)\s*\[/embed\]")
GALLERY = re.compile(r"(?<!\[)\[gallery([^\]]*)\]")
PLAYER = re.compile(r"(?<!\[)\[(audio|video|playlist)\b([^\]]*)\](?:\s*\[/\1\])?")
UNKNOWN = re.compile(r"(?<!\[)\[([a-z][\w-]+)(?=[^\]]*=|[^\]]*\][^\[]*\[/\1\])[^\]]*\](?!\])")
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))""")
IMAGE = re.compile(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", re.I | re.S)
SECTION_MARKS = re.compile(r"(?://\s*)?(?:<!\[CDATA\[|\]\]>)")  # of scripts, and of exports that wrote them into texts
SILENT = ("spacer", "separator", "more", "nextpage", "footnotes")  # nothing is lost with these


def plain_html(markup: str, left_out: Counter[str]) -> str:
    """`markup` as HTML. What has no counterpart here is counted in `left_out` by its name."""
    markup = SECTION_MARKS.sub("", markup.replace("\r\n", "\n").replace("\r", "\n"))
    markup = PAGE_BREAK.sub("\n\n", MORE.sub(f"\n\n{DIVIDER}\n\n", markup, count=1))
    for widget in WIDGET.findall(markup):
        if widget not in SILENT:
            left_out[f"block “{widget}”"] += 1
    markup = COMMENT.sub("", markup)
    markup = CAPTION.sub(_caption, markup)
    markup = EMBED.sub(lambda match: _embed(match[1]), markup)
    markup = GALLERY.sub(lambda match: _gallery(match[1]), markup)
    markup = PLAYER.sub(lambda match: _player(match[1], match[2], left_out), markup)
    for name in UNKNOWN.findall(markup):
        left_out[f"shortcode [{name}], left as it stands"] += 1
    return markup


def with_patterns(markup: str, patterns: Mapping[int, str], depth: int = 0) -> str:
    """The markup with the texts it includes by their number, and those that they include."""

    def text(found: re.Match[str]) -> str:
        included = patterns.get(int(found[1]))
        if included is None or depth == DEEPEST:
            return found[0]
        return with_patterns(included, patterns, depth + 1)

    return PATTERN.sub(text, markup) if patterns else markup


def page_count(markup: str) -> int:
    """How many pages the old site made of the text."""
    return len(PAGE_BREAK.findall(markup)) + 1


def attributes(text: str) -> dict[str, str]:
    """The attributes of a shortcode."""
    return {name: double or single or bare for name, double, single, bare in ATTRIBUTE.findall(unescape(text))}


def _caption(match: re.Match[str]) -> str:
    """A picture with its caption: an attribute in old texts, what follows the picture in newer ones."""
    image = IMAGE.search(match[2])
    if image is None:
        return match[2]
    said = attributes(match[1]).get("caption") or (match[2][: image.start()] + match[2][image.end() :]).strip()
    return f"\n\n<figure>{image[0]}<figcaption>{said}</figcaption></figure>\n\n"


def _gallery(text: str) -> str:
    ids = attributes(text).get("ids") or attributes(text).get("include", "")
    return f'\n\n<figure data-old-gallery="{escape(ids)}"></figure>\n\n'


def _player(name: str, text: str, left_out: Counter[str]) -> str:
    given = attributes(text)
    if name == "playlist":
        return f'\n\n<figure data-old-playlist="{escape(given.get("ids", ""))}"></figure>\n\n'
    found = re.search(r"https?://\S+", " ".join(given.values()) or text)
    if found is None:
        left_out[f"shortcode [{name}]"] += 1
        return ""
    return _embed(found[0])


def _embed(url: str) -> str:
    return f'\n\n<figure data-embed="{escape(unescape(url))}"></figure>\n\n'
