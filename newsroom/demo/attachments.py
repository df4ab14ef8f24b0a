"""What the demo's stories show beside their words: a recording and a PDF, both made here, link cards, a framed host.

Nothing is fetched: the cards are filled by hand, and every outgoing link counts as looked at.
"""

import io
import math
import struct
import wave
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from articles.attachments import documents
from articles.models import EmbedHost, LinkPreview, OutgoingLink

Row = dict[str, Any]
RATE = 16_000  # samples a second
LOUDNESS = 0.12  # of what a sample can hold
FADE_SECONDS = 0.25
LEFT, TOP, LEADING = 56, 770, 16  # points on A4


def load_attachments(desk: dict[str, Any], now: datetime) -> None:
    """Files, cards, hosts and the fate of outgoing links; the stories that name them are loaded already."""
    for row in desk["files"]:
        load_file(row)
    for row in desk["cards"]:
        said = {name: row[name] for name in ("title", "description", "site")}
        LinkPreview.objects.update_or_create(url=row["url"], defaults={**said, "fetched_at": now})
    for row in desk["hosts"]:
        EmbedHost.objects.create(**row)
    OutgoingLink.objects.update(checked_at=now)
    for row in desk["dead"]:
        OutgoingLink.objects.filter(article__slug=row["story"], url=row["url"]).update(
            failing_since=now - timedelta(days=row["failing_for_days"]), trouble=row["trouble"]
        )


def load_file(row: Row) -> None:
    """One sound or PDF of ours, made here and checked as an uploaded one is."""
    made = tone(row["hertz"], row["seconds"]) if row["form"] == "tone" else page(row["lines"])
    document = documents.checked(ContentFile(made, name=row["key"]))
    document.key, document.title = row["key"], row["title"]
    document.save()


def tone(hertz: float, seconds: float) -> bytes:
    """A quiet hum as a WAV file, mono: the tone with two of its overtones, swelling in and out."""
    count = round(RATE * seconds)
    samples = []
    for number in range(count):
        at = number / RATE
        swell = min(1.0, at / FADE_SECONDS, (seconds - at) / FADE_SECONDS)
        hum = sum(math.sin(math.tau * hertz * part * at) / part**2 for part in (1, 2, 3))
        samples.append(round(32_767 * LOUDNESS * swell * hum))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{count}h", *samples))
    return file.getvalue()


def page(lines: list[str]) -> bytes:
    """One A4 page of text as a PDF, the first line larger. Letters beyond Latin-1 become question marks."""
    shown = "\n".join(f"({escaped(line)}) Tj T*" for line in lines[1:])
    text = f"BT /F1 13 Tf {LEFT} {TOP} Td {LEADING} TL ({escaped(lines[0])}) Tj T* /F1 10 Tf\n{shown}\nET"
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    return bound(objects)


def bound(objects: list[bytes]) -> bytes:
    """A PDF file of these objects, numbered from one; the first is its catalogue."""
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, begins = len(objects) + 1, len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, begins)
    return bytes(file)


def escaped(text: str) -> str:
    """`text` as it stands inside a PDF's brackets."""
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
