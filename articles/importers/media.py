"""The old site's pictures: known by their address, kept as a reference until their files are fetched."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from articles.importers.bodies import IMAGE_FILE, FoundPicture
from articles.importers.report import ImportReport
from articles.importers.texts import plain
from articles.importers.wordpress.wxr import WxrItem
from articles.models import Picture

RESIZING = {"w", "h", "resize", "fit", "crop", "quality", "strip", "ssl", "zoom"}
SIZE_SUFFIX = re.compile(r"(?:-\d+x\d+|-scaled|-e\d{10,})+$")
LONGEST_ALT, LONGEST_CAPTION, LONGEST_KEY = 300, 400, 200


@dataclass(frozen=True)
class Attachment:
    """A file of the old site. `parent`: the item it was added to, or 0."""

    url: str
    alt: str
    caption: str
    parent: int
    old_path: str

    @classmethod
    def of(cls, item: WxrItem) -> "Attachment":
        """From the export's item."""
        alt = item.meta.get("_wp_attachment_image_alt", "")
        return cls(item.attachment_url, alt, plain(item.excerpt), item.parent, item.old_path)


class OldMedia:
    """Every attachment the export names, and the pictures made of them."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        self.attachments: dict[int, Attachment] = {}
        self.ids_by_url: dict[str, int] = {}

    def add(self, item: WxrItem) -> None:
        """Remember an attachment; one without a file is of no use."""
        if item.attachment_url:
            self.attachments[item.post_id] = Attachment.of(item)
            self.ids_by_url[original(item.attachment_url)] = item.post_id

    def featured(self, attachment_id: int, title: str) -> Picture | None:
        """The picture of an attachment, or None where the export does not name it."""
        attachment = self.attachments.get(attachment_id)
        if attachment is None:
            return None
        return self.bring(FoundPicture(attachment.url, attachment.alt, attachment.caption, attachment_id), title)

    def bring(self, found: FoundPicture, title: str) -> Picture:
        """The picture here; one file under two captions is two pictures. `title` says where it was seen."""
        attachment = self._attachment_of(found)
        url = attachment.url if attachment else original(found.url)
        said = plain(found.alt or (attachment.alt if attachment else ""))
        alt = "" if is_file_name(said, found.url) or is_file_name(said, url) else said[:LONGEST_ALT]
        key = key_of(url, found.caption)
        picture, is_new = Picture.objects.get_or_create(
            legacy_key=key,
            defaults={"source_url": url[:1000], "alt": alt, "caption": found.caption[:LONGEST_CAPTION]},
        )
        self.report.came["pictures, by reference (their files are still on the old site)"] += is_new
        if len(found.caption) > LONGEST_CAPTION and is_new:
            self.report.note(title, f"has a caption longer than {LONGEST_CAPTION} characters: cut ({url})")
        if alt and not picture.alt:
            Picture.objects.filter(pk=picture.pk).update(alt=alt)
            self.report.without_alt.pop(key, None)
        if is_new and not alt:
            why = f", which said only “{said}”" if said else ""
            self.report.without_alt[key] = f"{url}{why} (in “{title}”)"
        return picture

    def _attachment_of(self, found: FoundPicture) -> Attachment | None:
        """What the text's picture is a size of. An id copied from another site names another file."""
        attachment = self.attachments.get(found.attachment_id)
        if attachment is not None and stem_of(attachment.url) == stem_of(found.url):
            return attachment
        return self.attachments.get(self.ids_by_url.get(original(found.url), 0))


@dataclass(frozen=True)
class ItemPictures:
    """The pictures of one story or page: what its text asks for."""

    media: OldMedia
    item_id: int
    title: str

    def key(self, found: FoundPicture) -> str:
        """The key under which the picture lives here."""
        return self.media.bring(found, self.title).key

    def gallery(self, ids: list[int]) -> Iterable[FoundPicture]:
        """The pictures of a gallery; without ids all that hang on the item."""
        known = self.media.attachments
        for number in ids or sorted(number for number, one in known.items() if one.parent == self.item_id):
            one = known.get(number)
            if one is not None and IMAGE_FILE.search(urlsplit(one.url).path):
                yield FoundPicture(one.url, one.alt, one.caption, number)


def original(url: str) -> str:
    """The address without parameters that only ask for a size."""
    parts = urlsplit(url)
    asked = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    return parts._replace(query="", fragment="").geturl() if asked <= RESIZING else url


def stem_of(url: str) -> str:
    """The file's name without ending and without the size WordPress added."""
    return SIZE_SUFFIX.sub("", PurePosixPath(unquote(urlsplit(url).path)).stem)


def key_of(url: str, caption: str) -> str:
    """What the picture is known by in a second run, at most as long as the column."""
    key = f"wordpress:{url}" + (f"#{hashlib.sha256(caption.encode()).hexdigest()[:12]}" if caption else "")
    return key if len(key) <= LONGEST_KEY else f"wordpress:sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def is_file_name(alt: str, url: str) -> bool:
    """Whether an alternative text only repeats the file's name, and so tells a listener nothing."""
    stem = PurePosixPath(unquote(urlsplit(url).path)).stem
    plain_alt, plain_stem = (re.sub(r"[\W_]+", "", text).casefold() for text in (alt, stem))
    looks = re.fullmatch(r"[\w\s.-]+\.(?:jpe?g|png|gif|webp|avif)|(?:IMG|DSC|DCIM|image|photo)[-_ ]?\d*", alt, re.I)
    return bool(alt) and (plain_alt == plain_stem or looks is not None)
