"""Pictures: checked and stripped when they come in, prepared in small versions by a job, shown as <picture>."""

import re
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.http import HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from articles.models import Article, Author, Page, Picture
from articles.models.picture import FILE_NAME, WIDTHS
from newsroom.caching import purge

ACCEPTED = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
MOST_PIXELS = 60_000_000
MOST_BYTES = 40_000_000
ORIGINAL_QUALITY = 92
FORMATS: dict[str, dict[str, int]] = {
    "avif": {"quality": 58, "speed": 8},
    "webp": {"quality": 78, "method": 4},
    "jpg": {"quality": 80, "progressive": True, "optimize": True},
}
PILLOW_NAMES = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
FACE = 44
BODY_SIZES = "(min-width: 46rem) 42rem, 100vw"
SIZES = {
    "lead": "(min-width: 64rem) 60rem, 100vw",
    "front": "(min-width: 64rem) 55rem, 100vw",
    "second": "(min-width: 64rem) 18rem, 100vw",
    "side": "13rem",
    "body": BODY_SIZES,
}


class PictureError(Exception):
    """The file is no picture we can show. The message is fit to show."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One encoded version: where it goes and its bytes."""

    name: str
    data: bytes


def is_file_name(alt: str) -> bool:
    """Whether a text is what a file is called, which tells a blind reader nothing."""
    return re.search(FILE_NAME, alt, re.IGNORECASE) is not None


def checked(upload: "File[bytes]") -> "ContentFile[bytes]":
    """The uploaded picture, upright, in the colours of the web, re-encoded without what the camera wrote into it.

    Of a moving one the first picture stays. Raises PictureError.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise PictureError(_("This file is larger than 40 MB. Save it smaller."))
    image = _open(upload)
    return ContentFile(_encode_original(image), name=_clean_name(upload.name or "picture", image))


def prepare(picture: Picture, *, now: datetime) -> None:
    """Make the versions of `picture` (AVIF, WebP, JPEG in at most four widths) from one decoding.

    Stores files, dimensions and `prepared_at`; purges the stories showing it. Raises PictureError for a
    file that is no picture. Repeating it writes the same files.
    """
    with picture.file.open("rb") as stored:
        image = _open(stored)
        if Image.open(stored).getexif():
            _replace_original(picture, image)
    for version in _versions(picture, image):
        _store(picture, version)
    with transaction.atomic():
        Picture.objects.filter(pk=picture.pk).update(prepared_at=now, width=image.width, height=image.height)
        purge(*keys_showing(picture))


def keys_showing(picture: Picture) -> list[str]:
    """The pages that show it: stories at whose head or in whose text it stands and their lists, authors, pages."""
    showing = Article.objects.showing(picture).prefetch_related("bylines", "tags")
    faces = Author.objects.filter(portrait=picture).values_list("pk", flat=True)
    keys = {key for article in showing for key in article.cache_keys()} | {f"author-{pk}" for pk in faces}
    keys |= {key for page in Page.objects.filter(body__contains=picture.key) for key in page.cache_keys()}
    return sorted(keys | {"front"})


def forget_files(picture: Picture) -> None:
    """Delete the file of a picture as it was, with its versions, unless another picture has the same file."""
    name, storage = str(picture.file.name or ""), picture.file.storage
    if not name or Picture.objects.filter(file=name).exists():
        return
    for width in widths_of(picture):
        for extension in FORMATS:
            storage.delete(version_name(picture, width, extension))
    storage.delete(name)


def widths_of(picture: Picture) -> list[int]:
    """The widths its versions have, smallest first."""
    width = picture.width or 0
    return [step for step in WIDTHS if step < width * 0.9] + [min(width, WIDTHS[-1])] if width else []


def version_name(picture: Picture, width: int, extension: str) -> str:
    """Where a version is stored: beside the original."""
    original = PurePosixPath(str(picture.file.name))
    return str(original.with_name(f"{original.stem}.{width}.{extension}"))


def picture_html(picture: Picture, *, sizes: str, alt: str | None = None, eager: bool = False) -> SafeString:
    """`<picture>` with every version there is, the original until they are made; empty without a file.

    `alt`: instead of its own text (empty for a picture that only decorates a link).
    """
    if not picture.file:
        return SafeString("")
    storage, widths = picture.file.storage, widths_of(picture) if picture.prepared_at else []

    def srcset(extension: str) -> str:
        made = ((storage.url(version_name(picture, width, extension)), width) for width in widths)
        return ", ".join(f"{url} {width}w" for url, width in made)

    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        [(kind, srcset(kind), sizes) for kind in ("avif", "webp") if widths],
    )
    img = format_html(
        '<img src="{}"{} alt="{}" width="{}" height="{}"{} {}>',
        storage.url(version_name(picture, widths[len(widths) // 2], "jpg")) if widths else picture.file.url,
        format_html(' srcset="{}" sizes="{}"', srcset("jpg"), sizes) if widths else "",
        picture.alt if alt is None else alt,
        picture.width or 1200,
        picture.height or 800,
        format_html(' class="{}"', focus) if (focus := focus_class(picture)) else "",
        SafeString('fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'),
    )
    return format_html("<picture>{}{}</picture>", sources, img) if widths else img


def preloading(response: HttpResponse, picture: Picture | None) -> HttpResponse:
    """Have the browser fetch a story's lead picture before it has read the page, in the version it will choose there.

    It takes the first kind that it knows of `picture_html`'s, which is AVIF; one that does not know AVIF passes over
    the header. The picture stands over every wall: everybody may see it.
    """
    if picture is None or not picture.file:
        return response
    storage, widths = picture.file.storage, widths_of(picture) if picture.prepared_at else []
    made = [(str(storage.url(version_name(picture, width, "avif"))), width) for width in widths]
    what = {"rel": "preload", "as": "image", "fetchpriority": "high"}
    if made:
        what["type"] = "image/avif"
        what["imagesrcset"] = ", ".join(f"{url} {width}w" for url, width in made)
        what["imagesizes"] = SIZES["lead"]
    address = made[-1][0] if made else str(picture.file.url)
    response["Link"] = "; ".join((f"<{address}>", *(f'{name}="{value}"' for name, value in what.items())))
    return response


def focus_class(picture: Picture) -> str:
    """The class that keeps the focal point in view where the design cuts the picture; empty for the middle.

    In tenths, since the pages allow no style of their own.
    """
    across, down = (round(percent / 10) for percent in focus_of(picture))
    return "" if (across, down) == (5, 5) else f"focus-x{across} focus-y{down}"


def focus_of(picture: Picture) -> tuple[float, float]:
    """The focal point in percent from the left and the top; the middle where none was set."""
    across, _separator, down = str(picture.focus or "0.5x0.5").partition("x")
    return round(float(across) * 100, 1), round(float(down or 0.5) * 100, 1)


def portrait_html(picture: Picture, side: int) -> SafeString:
    """A round face of `side` pixels. It decorates a name, so it says nothing itself."""
    if not picture.file:
        return SafeString("")
    small = version_name(picture, widths_of(picture)[0], "webp") if picture.prepared_at and picture.width else ""
    url = picture.file.storage.url(small) if small else picture.file.url
    look = "face is-large" if side > FACE else "face"
    return format_html('<img class="{}" src="{}" alt="" width="{}" height="{}">', look, url, side, side)


def social_url(picture: Picture | None) -> str:
    """The address of a wide version for previews elsewhere; empty without one."""
    if picture is None or not picture.file:
        return ""
    width = _social_width(picture)
    return str(picture.file.storage.url(version_name(picture, width, "jpg")) if width else picture.file.url)


def social_size(picture: Picture) -> tuple[int, int]:
    """Width and height in pixels of what stands at `social_url`; zeros where they are not known."""
    whole, high = picture.width or 0, picture.height or 0
    width = _social_width(picture) or whole
    return (width, max(1, round(high * width / whole))) if whole and high else (0, 0)


def _social_width(picture: Picture) -> int:
    """The width of the version previews get; 0 for the original."""
    widths = widths_of(picture) if picture.prepared_at else []
    return min((step for step in widths if step >= 1200), default=widths[-1]) if widths else 0


def _open(file: "File[bytes]") -> Image.Image:
    try:
        file.seek(0)
        image = Image.open(file)
        if image.format not in ACCEPTED:
            raise PictureError(_("Use a JPEG, PNG, WebP, AVIF or GIF picture."))
        if image.width * image.height > MOST_PIXELS:
            raise PictureError(_("This picture has too many pixels. Make it smaller than 60 megapixels."))
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(_("This file is not a picture, or it is damaged.")) from error
    upright = ImageOps.exif_transpose(image)
    plain = _in_web_colours(upright.convert("RGBA" if upright.has_transparency_data else "RGB"))
    plain.info.clear()  # comments, texts and profiles would be written again
    return plain


def _in_web_colours(image: Image.Image) -> Image.Image:
    """The picture in sRGB: telephones save in wider colours, which look dull without their profile."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        seen = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=image.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # a damaged profile, or one for another kind of colours
        return image
    return seen or image


def _encode_original(image: Image.Image) -> bytes:
    if image.mode == "RGBA":
        return _encode(image, "PNG", {"optimize": True})
    return _encode(image, "JPEG", {"quality": ORIGINAL_QUALITY, "progressive": True})


def _encode(image: Image.Image, kind: str, options: dict[str, int]) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _clean_name(name: str, image: Image.Image) -> str:
    return f"{PurePosixPath(name).stem[:80] or 'picture'}.{'png' if image.mode == 'RGBA' else 'jpg'}"


def _replace_original(picture: Picture, image: Image.Image) -> None:
    """Store the original anew without its metadata (which may say where it was taken)."""
    old, storage = str(picture.file.name), picture.file.storage
    name = storage.save(
        str(PurePosixPath(old).with_name(_clean_name(old, image))), ContentFile(_encode_original(image))
    )
    Picture.objects.filter(pk=picture.pk).update(file=name)
    picture.file.name = name
    storage.delete(old)


def _versions(picture: Picture, image: Image.Image) -> list[Prepared]:
    picture.width, picture.height = image.width, image.height
    made = []
    for width in widths_of(picture):
        small = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
        for extension, options in FORMATS.items():
            shown = _on_white(small) if extension == "jpg" else small
            data = _encode(shown, PILLOW_NAMES[extension], options)
            made.append(Prepared(version_name(picture, width, extension), data))
    return made


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _store(picture: Picture, version: Prepared) -> None:
    storage = picture.file.storage
    storage.delete(version.name)
    storage.save(version.name, ContentFile(version.data))
