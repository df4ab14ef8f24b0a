"""What only Ghost's own HTML holds: cards, known by their classes, and the footnotes of its Markdown."""

import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from lxml import etree

from articles.importers.ghost import cards

if TYPE_CHECKING:
    from articles.importers.ghost.writing import Writer

NOTE_BACK = ".//a[contains(@class, 'footnote-backref') or starts-with(@href, '#fnref')]"


def hold_cards(root: Any, writer: "Writer") -> None:
    """Put a held piece in the place of each card, the outermost first."""
    known = " or ".join(f"contains(concat(' ', @class, ' '), ' {name} ')" for name in READERS)
    for element in root.xpath(f"descendant::*[{known}]"):
        if root not in element.iterancestors():
            continue  # it went with the card it was in
        name, read = READERS[next(word for word in element.get("class").split() if word in READERS)]
        story = writer.story_html(cards.html(name, read(element), writer))
        token = etree.Element("p")
        token.text = writer.hold_inline(story) if story else None
        element.addprevious(token)
        _leave(element)


def hold_footnotes(root: Any, writer: "Writer") -> None:
    """Put each note where its number stands. What no number names stays where it is, as a list."""
    for section in root.xpath("descendant::*[contains(concat(' ', @class, ' '), ' footnotes ')][descendant::li[@id]]"):
        notes = {note.get("id"): note for note in section.xpath("descendant::li[@id]")}
        used = set()
        for link in root.xpath("descendant::a[starts-with(@href, '#')]"):
            name = link.get("href")[1:]
            if name in notes and section not in link.iterancestors():
                used.add(name)
                _hold_note(link, _note(notes[name], writer), writer)
        for name in used:
            _leave(notes[name])
        if not section.xpath("descendant::li"):
            rule = section.getprevious()
            if rule is not None and rule.tag == "hr":
                _leave(rule)
            _leave(section)


def _hold_note(link: Any, note: str, writer: "Writer") -> None:
    """The note's token in the place of its number."""
    place = link.getparent() if link.getparent().tag == "sup" else link
    span = etree.Element("span")
    span.text = writer.hold_inline(f'<span data-footnote="">{note}</span>')
    place.addprevious(span)
    _leave(place)


def _note(note: Any, writer: "Writer") -> str:
    """What a note says, on one line, without the way back."""
    for back in note.xpath(NOTE_BACK):
        _leave(back)
    story = writer.story_html(_source(note))
    return " ".join(filter(None, map(str.strip, re.split(r"</?p>", story))))


def _leave(element: Any) -> None:
    """Take an element out; what follows it stays."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = f"{before.tail or ''}{element.tail}"
    elif element.tail:
        parent.text = f"{parent.text or ''}{element.tail}"
    element.tail = None
    parent.remove(element)


# A card's values, read off its element


def _inner(element: Any, name: str) -> str:
    """The inner HTML of the first element inside with this class; "" for none."""
    found = element.xpath(f"descendant::*[contains(concat(' ', @class, ' '), ' {name} ')][1]")
    return _source(found[0]) if found else ""


def _source(element: Any) -> str:
    """What is inside an element, as HTML."""
    children = (etree.tostring(child, encoding="unicode", method="html") for child in element)
    return "".join([escape(element.text or ""), *children]).strip()


def _text(element: Any, name: str) -> str:
    found = element.xpath(f"descendant::*[contains(concat(' ', @class, ' '), ' {name} ')][1]")
    return " ".join(found[0].text_content().split()) if found else ""


def _first(element: Any, path: str) -> str:
    """The first thing a path finds, as text."""
    return next((str(found) for found in element.xpath(path)), "")


def _caption(element: Any) -> str:
    return "".join(map(_source, element.xpath("descendant::figcaption[1]")))


def _gallery(element: Any) -> dict[str, Any]:
    images = [{"src": one.get("src"), "alt": one.get("alt")} for one in element.iter("img")]
    return {"images": images, "caption": _caption(element)}


def _bookmark(element: Any) -> dict[str, Any]:
    words = {"title": _text(element, "kg-bookmark-title"), "description": _text(element, "kg-bookmark-description")}
    publisher = _text(element, "kg-bookmark-author")  # Ghost calls it so
    return {
        "url": _first(element, "descendant::a[1]/@href"),
        "caption": _caption(element),
        "metadata": {**words, "publisher": publisher},
    }


def _embed(element: Any) -> dict[str, Any]:
    frame = _first(element, "descendant::iframe[1]/@src")
    url = (
        frame or _first(element, "descendant::blockquote/descendant::a[last()]/@href") or _first(element, ".//a/@href")
    )
    return {"url": f"https:{url}" if url.startswith("//") else url, "caption": _caption(element)}


def _callout(element: Any) -> dict[str, Any]:
    return {"calloutEmoji": _text(element, "kg-callout-emoji"), "calloutText": _inner(element, "kg-callout-text")}


def _toggle(element: Any) -> dict[str, Any]:
    return {"heading": _inner(element, "kg-toggle-heading-text"), "content": _inner(element, "kg-toggle-content")}


def _button(element: Any) -> dict[str, Any]:
    link = next(iter(element.xpath("descendant::a[1]")), None)
    said = " ".join(link.text_content().split()) if link is not None else ""
    return {"buttonUrl": link.get("href") if link is not None else "", "buttonText": said}


def _file(element: Any) -> dict[str, Any]:
    return {
        "src": _first(element, "descendant::a[1]/@href"),
        "fileTitle": _text(element, "kg-file-card-title"),
        "fileName": _text(element, "kg-file-card-filename"),
        "fileCaption": _text(element, "kg-file-card-caption"),
    }


def _audio(element: Any) -> dict[str, Any]:
    return {"src": _first(element, "descendant::audio[1]/@src"), "title": _text(element, "kg-audio-title")}


def _video(element: Any) -> dict[str, Any]:
    return {"src": _first(element, "descendant::video[1]/@src"), "caption": _caption(element)}


def _header(element: Any) -> dict[str, Any]:
    picture = element.get("data-kg-background-image") or _first(element, "descendant::img[1]/@src")
    return {
        "header": _inner(element, "kg-header-card-heading") or _inner(element, "kg-header-card-header"),
        "subheader": _inner(element, "kg-header-card-subheading") or _inner(element, "kg-header-card-subheader"),
        "backgroundImageSrc": picture,
        "buttonEnabled": True,
        **_button(element),
    }


def _product(element: Any) -> dict[str, Any]:
    button = _button(element)
    return {
        "productImageSrc": _first(element, "descendant::img[1]/@src"),
        "productTitle": _inner(element, "kg-product-card-title"),
        "productDescription": _inner(element, "kg-product-card-description"),
        "productButtonEnabled": True,
        "productUrl": button["buttonUrl"],
        "productButton": button["buttonText"],
    }


def _call(element: Any) -> dict[str, Any]:
    return {
        "hasSponsorLabel": True,
        "sponsorLabel": _inner(element, "kg-cta-sponsor-label"),
        "imageUrl": _first(element, "descendant::img[1]/@src"),
        "textValue": _inner(element, "kg-cta-text"),
        "showButton": True,
        "buttonText": _text(element, "kg-cta-button"),
        "buttonUrl": _first(element, "descendant::a[contains(@class, 'kg-cta-button')][1]/@href"),
    }


def _quote(element: Any) -> dict[str, Any]:
    return {"html": _source(element)}


READERS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "kg-gallery-card": ("gallery", _gallery),
    "kg-bookmark-card": ("bookmark", _bookmark),
    "kg-embed-card": ("embed", _embed),
    "kg-callout-card": ("callout", _callout),
    "kg-toggle-card": ("toggle", _toggle),
    "kg-button-card": ("button", _button),
    "kg-file-card": ("file", _file),
    "kg-audio-card": ("audio", _audio),
    "kg-video-card": ("video", _video),
    "kg-header-card": ("header", _header),
    "kg-product-card": ("product", _product),
    "kg-cta-card": ("call-to-action", _call),
    "kg-signup-card": ("signup", lambda element: {}),
    "kg-blockquote-alt": ("pull-quote", _quote),
}
