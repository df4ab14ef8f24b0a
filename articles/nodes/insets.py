"""The markup of our own nodes: pictures, galleries, *read also*, files of ours, and what is shown from elsewhere."""

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.attachments.embeds import Frame, frame_of, host_of, parts_of
from articles.models import Document, LinkPreview, Picture
from articles.nodes.shown import Shown, StoryLink
from articles.pictures import BODY_SIZES, picture_html

GALLERY_SIZES = "(min-width: 46rem) 36rem, 88vw"


def figure(picture: Picture | None) -> str:
    """A picture with caption and credit; nothing where there is none."""
    shown = picture_html(picture, sizes=BODY_SIZES) if picture is not None else ""
    if picture is None or not shown:
        return ""
    return format_html("<figure data-picture>{}{}</figure>", shown, caption(picture))


def caption(picture: Picture) -> SafeString:
    """The line under a picture, or nothing."""
    credit = format_html('<span class="credit">{}</span>', picture.credit) if picture.credit else ""
    if not picture.caption and not credit:
        return SafeString("")
    return format_html("<figcaption>{} {}</figcaption>", picture.caption, credit)


def gallery(pictures: list[Picture]) -> str:
    """Pictures in a strip that scrolls by itself, by hand and by keyboard; a single one is just a picture."""
    strip = [(picture_html(picture, sizes=GALLERY_SIZES), caption(picture)) for picture in pictures if picture.file]
    if len(strip) < 2:
        return figure(next(iter(pictures), None))
    said = ngettext("Gallery: %(count)d picture", "Gallery: %(count)d pictures", len(strip)) % {"count": len(strip)}
    return format_html(
        '<div class="gallery" role="region" tabindex="0" aria-label="{}"><ul>{}</ul></div>',
        said,
        format_html_join("", "<li><figure>{}{}</figure></li>", strip),
    )


def read_also(story: StoryLink | None) -> str:
    """The inset that leads to another story of ours; nothing while that story is not live."""
    if story is None:
        return ""
    return format_html(
        '<aside data-read-also><span class="read-also-label">{}</span> <a href="{}">{}</a>{}</aside>',
        _("Read also"),
        story.url,
        story.headline,
        format_html("<p>{}</p>", story.standfirst) if story.standfirst else "",
    )


def file(document: Document | None) -> str:
    """A sound with its player, which loads nothing until it is asked to, or a link to a PDF with its size."""
    if document is None or not document.file:
        return ""
    url, size = document.file.url, filesizeformat(document.size)
    if document.kind == Document.Kind.AUDIO:
        return format_html(
            '<figure data-file="audio"><figcaption>{0}</figcaption>'
            '<audio controls preload="none" aria-label="{0}" src="{1}"></audio>'
            '<p><a href="{1}" download>{2}</a> <small>{3}</small></p></figure>',
            document.title,
            url,
            _("Download the recording"),
            size,
        )
    return format_html(
        '<figure data-file="pdf"><a href="{}" type="application/pdf">{}</a> <small>PDF, {}</small></figure>',
        url,
        document.title,
        size,
    )


def embed(address: str, shown: Shown) -> str:
    """What stands at an address elsewhere: a frame to load by a press, else a card. Nothing is fetched from there."""
    if host_of(address) == "":
        return ""
    card, frame = shown.cards.get(address), frame_of(address, shown.hosts)
    if frame is None:
        return link_card(address, card)
    return framed(address, frame, card.title if card else "", loads=shown.loads_frames)


def framed(address: str, frame: Frame, title: str, *, loads: bool) -> str:
    """A place for a frame: who shows it, what it is, a link there and, where it `loads`, the hidden button.

    `static/js/embeds.js` shows the button and puts the frame into the place, which keeps its height.
    """
    button = format_html(
        '<button type="button" class="button" hidden data-load-frame="{}" data-title="{}">{}</button>',
        frame.src,
        f"{frame.provider}: {title}" if title else frame.provider,
        _("Load from %(provider)s") % {"provider": frame.provider},
    )
    return format_html(
        '<figure data-embed="frame"><div class="embed-place is-{}">{}<p class="embed-title">{}</p>{}'
        '<a href="{}" rel="external noopener">{}</a></div>'
        "<figcaption>{}</figcaption></figure>",
        frame.shape,
        format_html('<p class="embed-provider">{}</p>', frame.provider) if title else "",
        title or frame.provider,
        button if loads else "",
        address,
        _("Open on %(host)s") % {"host": host_of(address)},
        _("Nothing is loaded from %(provider)s before you ask for it.") % {"provider": frame.provider},
    )


def link_card(address: str, card: LinkPreview | None = None) -> str:
    """A link that says where it leads: by the page's own words where they are known, else host and path."""
    parts = parts_of(address)
    if parts is None:
        return ""
    host = host_of(address)
    known = card if card is not None and card.title else None
    return format_html(
        '<figure data-embed="card"><a href="{}" rel="external noopener">{}</a>{}<figcaption>{}</figcaption></figure>',
        address,
        known.title if known else _("Open this on %(host)s") % {"host": host},
        format_html("<p>{}</p>", known.description) if known and known.description else "",
        (known.site or host) if known else f"{host}{parts.path}"[:100],
    )
