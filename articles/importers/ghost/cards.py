"""Ghost's cards as HTML with held pieces, whichever form of text they stood in.

A card comes as Lexical's and Mobiledoc's values, whose names agree; `markup` reads the same values off Ghost's HTML.
Sources: TryGhost/Koenig, packages kg-default-nodes and kg-default-cards.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from articles.importers.bodies import FoundPicture
from articles.importers.texts import plain

if TYPE_CHECKING:
    from articles.importers.ghost.writing import Writer

Card = Mapping[str, Any]
MARKDOWN = MarkdownIt("js-default", {"html": True, "breaks": True}).use(footnote_plugin)  # as Ghost sets its own
PAYWALL = '<hr data-paywall="here">'
FOR_SOME = "block that only some readers saw"
MOST_IN_GALLERY = 20


def html(name: str, card: Card, writer: "Writer") -> str:
    """One card. What has no place here is counted in the writer's `left_out`, what no page showed in `dropped`."""
    known = CARDS.get(name.removeprefix("card-"))
    if known is None:
        writer.left_out[f"card “{name}”"] += 1
        return ""
    visibility = card.get("visibility")
    if isinstance(visibility, dict) and not _was_for_everybody(visibility):
        writer.left_out[FOR_SOME] += 1
        return ""
    return known(card, writer)


def pull_quote(inner: str, writer: "Writer") -> str:
    """Story HTML of a quotation set apart from the text."""
    return f'<figure data-quote="pull"><blockquote>{writer.story_html(inner)}</blockquote></figure>'


def said(card: Card, *names: str) -> str:
    """The first of these values that says something, as it stands; else ""."""
    found = (card.get(name) for name in names)
    return next((value.strip() for value in found if isinstance(value, str) and value.strip()), "")


def _was_for_everybody(visibility: Card) -> bool:
    """Whether a card was on the page of a reader without an account. Two shapes, before and since Ghost 5.107."""
    web = visibility.get("web")
    if isinstance(web, dict):
        return web.get("nonMember") is not False
    return visibility.get("showOnWeb") is not False and not visibility.get("emailOnly")


def _paragraph(inner: str) -> str:
    """Rich text as a paragraph; text that is in blocks already stays."""
    return inner if inner.lstrip().startswith(("<p", "<ul", "<ol", "<h")) else f"<p>{inner}</p>" if inner else ""


def _link(url: str, text: str) -> str:
    return f'<p><a href="{escape(url)}">{text}</a></p>' if url and plain(text) else ""


def _picture(url: str, *, alt: str = "", caption: str = "", href: str = "") -> str:
    if not url:
        return ""
    image = f'<img src="{escape(url)}" alt="{escape(alt)}">'
    image = f'<a href="{escape(href)}">{image}</a>' if href else image
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _image(card: Card, writer: "Writer") -> str:
    url = writer.site.address(said(card, "src"))
    return _picture(url, alt=said(card, "alt", "title"), caption=said(card, "caption"), href=said(card, "href"))


def _gallery(card: Card, writer: "Writer") -> str:
    images = card.get("images")
    rows = [one for one in images if isinstance(one, dict)] if isinstance(images, list) else []
    rows = [one for one in rows if writer.site.address(said(one, "src"))]
    if not rows:
        writer.left_out["gallery without pictures"] += 1
        return ""
    found = [FoundPicture(said(one, "src"), said(one, "alt", "title"), plain(said(one, "caption"))) for one in rows]
    keys = " ".join(dict.fromkeys(writer.key(one) for one in found[:MOST_IN_GALLERY]))
    name = "data-gallery" if " " in keys else "data-picture"
    rest = "".join(_image(one, writer) for one in rows[MOST_IN_GALLERY:])
    return writer.hold(f'<figure {name}="{keys}"></figure>') + rest + _paragraph(said(card, "caption"))


def _bookmark(card: Card, writer: "Writer") -> str:
    more = card.get("metadata") if isinstance(card.get("metadata"), dict) else card
    url = said(card, "url") or said(more or {}, "url")
    words = {name: plain(said(more or {}, name)) for name in ("title", "description")}
    shown = writer.embed(url, **words, site=plain(said(more or {}, "publisher", "author")))
    return writer.hold(shown) + _paragraph(said(card, "caption"))


def _embed(card: Card, writer: "Writer") -> str:
    url = said(card, "url")
    if not url.startswith(("http://", "https://")):
        return said(card, "html") + _paragraph(said(card, "caption"))
    return writer.hold(writer.embed(url)) + _paragraph(said(card, "caption"))


def _callout(card: Card, writer: "Writer") -> str:
    inner = writer.story_html(_paragraph(said(card, "calloutText")))
    sign = plain(said(card, "calloutEmoji"))
    if sign:
        inner = inner.replace("<p>", f"<p>{escape(sign)} ", 1)
    return writer.hold(f'<aside data-box="fact">{inner}</aside>') if inner else ""


def _toggle(card: Card, writer: "Writer") -> str:
    return f"<h3>{said(card, 'heading')}</h3>{_paragraph(said(card, 'content'))}"


def _markdown(card: Card, writer: "Writer") -> str:
    return writer.hold(writer.story_html(MARKDOWN.render(said(card, "markdown"))))  # footnotes are the card's own


def _html(card: Card, writer: "Writer") -> str:
    return said(card, "html")


def _button(card: Card, writer: "Writer") -> str:
    return _link(said(card, "buttonUrl"), escape(said(card, "buttonText")))


def _file(card: Card, writer: "Writer") -> str:
    title = plain(said(card, "fileTitle", "fileName"))
    caption = said(card, "fileCaption")
    return writer.hold(writer.file(said(card, "src"), title)) + _paragraph(escape(caption)) if said(card, "src") else ""


def _audio(card: Card, writer: "Writer") -> str:
    return writer.hold(writer.file(said(card, "src"), plain(said(card, "title")))) if said(card, "src") else ""


def _video(card: Card, writer: "Writer") -> str:
    address = writer.site.address(said(card, "src"))
    if not address:
        return ""
    writer.stays.append(address)
    return writer.hold(writer.embed(address)) + _paragraph(said(card, "caption"))


def _header(card: Card, writer: "Writer") -> str:
    parts = [_picture(said(card, "backgroundImageSrc"))]
    if plain(said(card, "header")):
        parts.append(f"<h2>{said(card, 'header')}</h2>")
    parts.append(_paragraph(said(card, "subheader")))
    if card.get("buttonEnabled"):
        parts.append(_link(said(card, "buttonUrl"), escape(said(card, "buttonText"))))
    return "".join(parts)


def _product(card: Card, writer: "Writer") -> str:
    title = said(card, "productTitle")
    parts = [_picture(said(card, "productImageSrc"), alt=plain(title)), f"<h3>{title}</h3>" if plain(title) else ""]
    parts.append(_paragraph(said(card, "productDescription")))
    if card.get("productButtonEnabled"):
        parts.append(_link(said(card, "productUrl"), escape(said(card, "productButton"))))
    return "".join(parts)


def _call(card: Card, writer: "Writer") -> str:
    """A call to action: its label, picture, words and button."""
    label = said(card, "sponsorLabel") if card.get("hasSponsorLabel") else ""
    parts = [_paragraph(label), _picture(said(card, "imageUrl")), _paragraph(said(card, "textValue"))]
    if card.get("showButton"):
        parts.append(_link(said(card, "buttonUrl"), escape(said(card, "buttonText"))))
    return "".join(parts)


def _code(card: Card, writer: "Writer") -> str:
    code = card.get("code")
    text = escape(code) if isinstance(code, str) else ""
    return f"<pre><code>{text}</code></pre>{_paragraph(said(card, 'caption'))}" if text.strip() else ""


def _dropped(what: str) -> Callable[[Card, "Writer"], str]:
    def drop(card: Card, writer: "Writer") -> str:
        writer.dropped[what] += 1
        return ""

    return drop


CARDS: dict[str, Callable[[Card, "Writer"], str]] = {
    "image": _image,
    "gallery": _gallery,
    "bookmark": _bookmark,
    "embed": _embed,
    "callout": _callout,
    "toggle": _toggle,
    "markdown": _markdown,
    "html": _html,
    "button": _button,
    "file": _file,
    "audio": _audio,
    "video": _video,
    "header": _header,
    "product": _product,
    "call-to-action": _call,
    "code": _code,
    "codeblock": _code,
    "pull-quote": lambda card, writer: writer.hold(pull_quote(_paragraph(said(card, "html")), writer)),
    "hr": lambda card, writer: "<hr>",
    "horizontalrule": lambda card, writer: "<hr>",
    "paywall": lambda card, writer: PAYWALL,
    "email": _dropped("texts that only mails carried"),
    "email-cta": _dropped("texts that only mails carried"),
    "signup": _dropped("sign-up forms in texts (pages here have their own)"),
}
