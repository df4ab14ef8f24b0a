"""Sounds and PDFs of ours: checked by what is in them when they come in, never by what they are called."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from articles.models import Document

Kind = Document.Kind
MEGABYTE = 1024 * 1024
MOST_BYTES = {Kind.AUDIO: 100 * MEGABYTE, Kind.PDF: 30 * MEGABYTE}
HEAD = 64  # bytes that tell what a file is
SOUND_BRANDS = (b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"dash")


class DocumentError(Exception):
    """The file is nothing we can offer. The message is fit to show."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a file turned out to be: kind, media type and the ending its name gets."""

    kind: Document.Kind
    media_type: str
    ending: str


MP3 = Form(Kind.AUDIO, "audio/mpeg", ".mp3")
M4A = Form(Kind.AUDIO, "audio/mp4", ".m4a")
OGG = Form(Kind.AUDIO, "audio/ogg", ".ogg")
WAV = Form(Kind.AUDIO, "audio/wav", ".wav")
PDF = Form(Kind.PDF, "application/pdf", ".pdf")


def form_of(head: bytes) -> Form | None:
    """What a file is by its first bytes; None for anything we do not offer."""
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"ID3") or (len(head) > 3 and head[0] == 0xFF and _is_mp3_frame(head[1], head[2])):
        return MP3
    if head.startswith(b"OggS"):
        return OGG
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[4:8] == b"ftyp" and head[8:12] in SOUND_BRANDS:
        return M4A
    return None


def _is_mp3_frame(second: int, third: int) -> bool:
    """Whether two bytes after 0xFF go on as an MPEG layer III frame with a real bit rate."""
    return second & 0xE6 == 0xE2 and (third >> 4) not in (0, 15) and (third >> 2) & 3 != 3


def checked(upload: "File[bytes]") -> Document:
    """A document, not yet stored, of the uploaded file under a clean name. Raises DocumentError."""
    upload.seek(0)
    form = form_of(upload.read(HEAD))
    upload.seek(0)
    if form is None:
        raise DocumentError(_("Use a sound (MP3, M4A, Ogg or WAV) or a PDF. This file is neither, whatever its name."))
    size, most = upload.size or 0, MOST_BYTES[form.kind]
    if size > most:
        said = {"size": filesizeformat(size), "most": filesizeformat(most)}
        raise DocumentError(_("This file has %(size)s; %(most)s is the most we take.") % said)
    stem = get_valid_filename(PurePosixPath(upload.name or "").stem[:80] or "file").strip("._") or "file"
    upload.name = stem + form.ending
    return Document(file=upload, kind=form.kind, media_type=form.media_type, size=size)
