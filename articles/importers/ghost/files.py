"""Sounds and PDFs of the old site: known by their address, kept as a reference until their files are fetched."""

import hashlib
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from articles.importers.report import ImportReport
from articles.models import Document

KINDS = {
    ".pdf": (Document.Kind.PDF, "application/pdf"),
    ".mp3": (Document.Kind.AUDIO, "audio/mpeg"),
    ".m4a": (Document.Kind.AUDIO, "audio/mp4"),
    ".ogg": (Document.Kind.AUDIO, "audio/ogg"),
    ".oga": (Document.Kind.AUDIO, "audio/ogg"),
    ".wav": (Document.Kind.AUDIO, "audio/wav"),
}
LONGEST_KEY, LONGEST_TITLE = 200, 200


class OldFiles:
    """The documents made of one export's files."""

    def __init__(self, report: ImportReport, now: datetime) -> None:
        self.report, self.now = report, now

    def key(self, url: str, title: str) -> str:
        """The key under which the file lives here; "" for one that is neither a sound nor a PDF by its name."""
        path = PurePosixPath(unquote(urlsplit(url).path))
        kind, media_type = KINDS.get(path.suffix.lower(), (None, ""))
        if kind is None:
            return ""
        legacy_key = f"ghost:{url}"
        if len(legacy_key) > LONGEST_KEY:
            legacy_key = f"ghost:sha256:{hashlib.sha256(url.encode()).hexdigest()}"
        said = (title or path.name)[:LONGEST_TITLE]
        defaults = {"source_url": url[:1000], "kind": kind, "media_type": media_type, "title": said}
        row, is_new = Document.objects.get_or_create(legacy_key=legacy_key, defaults=defaults)
        self.report.came["sounds and PDFs, by reference until their files are fetched"] += is_new
        return row.key
