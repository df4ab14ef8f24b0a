"""The old site's files: known by their address, kept as a reference until they are fetched (`files`)."""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote

from articles.importers.bodies import IMAGE_FILE, FoundPicture
from articles.importers.report import ImportReport
from articles.importers.texts import parts_of, plain
from articles.importers.wordpress.wxr import WxrItem
from articles.models import Document, Picture

RESIZING = {"w", "h", "resize", "fit", "crop", "quality", "strip", "ssl", "zoom"}
PHOTON = re.compile(r"i\d\.wp\.com")  # Jetpack's copies of pictures: the host they are of comes first in the path
SIZE_SUFFIX = re.compile(r"(?:-\d+x\d+|-scaled|-e\d{10,})+$")
LONGEST_ALT, LONGEST_CAPTION, LONGEST_KEY, LONGEST_TITLE = 300, 400, 200, 200
SOUNDS = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg", "wav": "audio/wav"}
FILM = re.compile(r"\.(?:mp4|m4v|mov|webm|ogv|avi|wmv)$", re.I)
PDF = "application/pdf"
OF_UPLOADS = ("/wp-content/", "/files/")
PICTURES = "pictures, by reference until their files are fetched"
DOCUMENTS = "sounds and PDFs, by reference until their files are fetched"
TABLES = """
    CREATE TABLE attachment (
        id INTEGER PRIMARY KEY, url TEXT, whole TEXT, alt TEXT, caption TEXT, parent INTEGER, old_path TEXT, title TEXT
    );
    CREATE INDEX attachment_whole ON attachment (whole);
    CREATE INDEX attachment_parent ON attachment (parent);
"""
ONE = "SELECT url, alt, caption, parent, old_path, title FROM attachment WHERE id = ?"
FIRST = "SELECT url, alt, caption, parent, old_path, title FROM attachment WHERE whole = ? ORDER BY id LIMIT 1"
ALL = "SELECT id, url, alt, caption, parent, old_path, title FROM attachment ORDER BY id"
OF_PARENT = "SELECT id, url, alt, caption, parent, old_path, title FROM attachment WHERE parent = ? ORDER BY id"


@dataclass(frozen=True)
class Attachment:
    """A file of the old site. `parent`: the item it was added to, or 0."""

    url: str
    alt: str
    caption: str
    parent: int
    old_path: str
    title: str = ""

    @classmethod
    def of(cls, item: WxrItem) -> "Attachment":
        """From the export's item."""
        alt = item.meta.get("_wp_attachment_image_alt", "")
        return cls(item.attachment_url, alt, plain(item.excerpt), item.parent, item.old_path, plain(item.title))


class OldMedia:
    """Every attachment the export names, on disk, and the pictures and documents made of them."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        self.database = sqlite3.connect("")  # in a file without a name, which goes with the process
        self.database.executescript(TABLES)

    def add(self, item: WxrItem) -> None:
        """Remember an attachment; one without a file is of no use."""
        if item.attachment_url:
            one = Attachment.of(item)
            row = (item.post_id, one.url, whole(one.url), one.alt, one.caption, one.parent, one.old_path, one.title)
            self.database.execute("INSERT OR IGNORE INTO attachment VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def attachment(self, number: int) -> Attachment | None:
        """The attachment of a number."""
        found = self.database.execute(ONE, (number,)).fetchone()
        return Attachment(*found) if found else None

    def attachments(self, parent: int = 0) -> Iterator[tuple[int, Attachment]]:
        """All of them with their numbers, or those that hang on one item, in the order of their numbers."""
        rows = self.database.execute(OF_PARENT, (parent,)) if parent else self.database.execute(ALL)
        yield from ((number, Attachment(*row)) for number, *row in rows)

    def featured(self, attachment_id: int, title: str) -> Picture | None:
        """The picture of an attachment, or None where the export does not name it."""
        attachment = self.attachment(attachment_id)
        if attachment is None:
            return None
        return self.bring(FoundPicture(attachment.url, attachment.alt, attachment.caption, attachment_id), title)

    def bring(self, found: FoundPicture, title: str) -> Picture:
        """The picture here; one file under two captions is two pictures. `title` says where it was seen."""
        attachment = self._attachment_of(found.url, found.attachment_id)
        url = attachment.url if attachment else original(found.url)
        said = plain(found.alt or (attachment.alt if attachment else ""))
        alt = "" if is_file_name(said, found.url) or is_file_name(said, url) else said[:LONGEST_ALT]
        key = key_of(url, found.caption)
        picture, is_new = Picture.objects.get_or_create(
            legacy_key=key,
            defaults={"source_url": url[:1000], "alt": alt, "caption": found.caption[:LONGEST_CAPTION]},
        )
        self.report.came[PICTURES] += is_new
        if len(found.caption) > LONGEST_CAPTION and is_new:
            self.report.note(title, f"has a caption longer than {LONGEST_CAPTION} characters: cut ({url})")
        if alt and not picture.alt:
            Picture.objects.filter(pk=picture.pk).update(alt=alt)
            self.report.without_alt.pop(key, None)
        if is_new and not alt:
            why = f", which said only “{said}”" if said else ""
            self.report.without_alt[key] = f"{url}{why} (in “{title}”)"
        return picture

    def document(self, url: str, said: str, site: str) -> Document | None:
        """The sound or PDF at an address of the old site; None for anything else. `said`: what readers saw of it."""
        media_type = type_of(url)
        is_ours = same_host(url, site) and any(place in parts_of(url).path for place in OF_UPLOADS)
        if not media_type or not is_ours:
            return None
        attachment = self._attachment_of(url, 0)
        address = attachment.url if attachment else original(url)
        title = plain(said) or (attachment.title if attachment else "") or stem_of(address)
        kind = Document.Kind.PDF if media_type == PDF else Document.Kind.AUDIO
        found, is_new = Document.objects.get_or_create(
            legacy_key=key_of(address, ""),
            defaults={
                "source_url": address[:1000], "title": title[:LONGEST_TITLE], "kind": kind, "media_type": media_type
            },
        )  # fmt: skip
        self.report.came[DOCUMENTS] += is_new
        return found

    def _attachment_of(self, url: str, number: int) -> Attachment | None:
        """What a file in a text is a size of. An id copied from another site names another file."""
        attachment = self.attachment(number) if number else None
        if attachment is not None and stem_of(attachment.url) == stem_of(url):
            return attachment
        found = self.database.execute(FIRST, (whole(url),)).fetchone()
        return Attachment(*found) if found else None


@dataclass(frozen=True)
class ItemPictures:
    """The pictures and files of one story or page: what its text asks for. `site`: the old site's address.

    `takes_files`: whether its sounds and PDFs become ours; else players and links keep their addresses.
    """

    media: OldMedia
    item_id: int
    title: str
    site: str = ""
    takes_files: bool = False

    def key(self, found: FoundPicture) -> str:
        """The key under which the picture lives here."""
        return self.media.bring(found, self.title).key

    def gallery(self, ids: list[int]) -> Iterable[FoundPicture]:
        """The pictures of a gallery; without ids all that hang on the item."""
        for number, one in self._attachments(ids):
            if IMAGE_FILE.search(parts_of(one.url).path):
                yield FoundPicture(one.url, one.alt, one.caption, number)

    def file(self, url: str, said: str) -> str:
        """The key of a sound or PDF of the old site; "" for anything else."""
        if FILM.search(parts_of(url).path) and same_host(url, self.site):
            self.media.report.note(self.title, f"shows a film that stays on the old site: {url}")
        found = self.media.document(url, said, self.site) if self.takes_files else None
        return found.key if found else ""

    def playlist(self, ids: list[int]) -> Iterable[str]:
        """The addresses of the sounds and films of a playlist; without ids all that hang on the item."""
        for _number, one in self._attachments(ids):
            if not IMAGE_FILE.search(parts_of(one.url).path):
                yield one.url

    def _attachments(self, ids: list[int]) -> Iterator[tuple[int, Attachment]]:
        if not ids:
            yield from self.media.attachments(self.item_id)
        for number in ids:
            one = self.media.attachment(number)
            if one is not None:
                yield number, one


def original(url: str) -> str:
    """The address without parameters that only ask for a size, at its own host."""
    parts = parts_of(url)
    if PHOTON.fullmatch(parts.netloc) and parts.path.count("/") > 1:
        host, _slash, path = parts.path.lstrip("/").partition("/")
        return f"https://{host}/{path}"
    asked = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    return parts._replace(query="", fragment="").geturl() if asked <= RESIZING else url


def whole(url: str) -> str:
    """Host and path of what an address is a size of, however it was asked for."""
    parts = parts_of(original(url))
    path = PurePosixPath(unquote(parts.path))
    if path.name:
        path = path.with_name(f"{SIZE_SUFFIX.sub('', path.stem)}{path.suffix}")
    return f"{bare(parts.netloc)}{path}?{parts.query}"


def bare(host: str) -> str:
    """A host in small letters and without `www.`."""
    return host.lower().removeprefix("www.")


def same_host(url: str, site: str) -> bool:
    """Whether an address is the old site's own."""
    return bool(site) and bare(parts_of(original(url)).netloc) == bare(parts_of(site).netloc)


def type_of(url: str) -> str:
    """The media type of a sound or PDF, by the ending of its address; "" for anything else."""
    ending = PurePosixPath(parts_of(url).path).suffix.lower().removeprefix(".")
    return PDF if ending == "pdf" else SOUNDS.get(ending, "")


def stem_of(url: str) -> str:
    """The file's name without ending and without the size WordPress added."""
    return SIZE_SUFFIX.sub("", PurePosixPath(unquote(parts_of(url).path)).stem)


def key_of(url: str, caption: str) -> str:
    """What the picture is known by in a second run, at most as long as the column."""
    key = f"wordpress:{url}" + (f"#{hashlib.sha256(caption.encode()).hexdigest()[:12]}" if caption else "")
    return key if len(key) <= LONGEST_KEY else f"wordpress:sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def is_file_name(alt: str, url: str) -> bool:
    """Whether an alternative text only repeats the file's name, and so tells a listener nothing."""
    stem = PurePosixPath(unquote(parts_of(url).path)).stem
    plain_alt, plain_stem = (re.sub(r"[\W_]+", "", text).casefold() for text in (alt, stem))
    looks = re.fullmatch(r"[\w\s.-]+\.(?:jpe?g|png|gif|webp|avif)|(?:IMG|DSC|DCIM|image|photo)[-_ ]?\d*", alt, re.I)
    return bool(alt) and (plain_alt == plain_stem or looks is not None)
