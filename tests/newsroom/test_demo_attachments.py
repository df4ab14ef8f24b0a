"""What the demo makes for its stories: a recording that plays and a PDF that opens, both within what we accept."""

import io
import re
import struct
import wave

from django.core.files.base import ContentFile

from articles.attachments import documents
from newsroom.demo.attachments import RATE, page, tone


def test_tone_is_a_quiet_wav_that_swells_in_and_out() -> None:
    made = tone(196, 3)
    assert documents.checked(ContentFile(made, name="hum")).kind == "audio"
    with wave.open(io.BytesIO(made)) as sound:
        count = sound.getnframes()
        assert count == 3 * RATE == 3 * sound.getframerate()
        samples = struct.unpack(f"<{count}h", sound.readframes(count))
    assert 2_000 < max(map(abs, samples)) < 32_767 * 0.2
    assert max(map(abs, samples[:100])) < 200 > max(map(abs, samples[-100:]))


def test_page_is_a_pdf_whose_table_finds_every_object() -> None:
    made = page(["A heading (one)", "", "A line \\ with – a dash"])
    assert documents.checked(ContentFile(made, name="sheet")).kind == "pdf"
    begins = int(made.rpartition(b"startxref\n")[2].split()[0])
    assert made[begins:].startswith(b"xref\n0 7\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", made[begins:])]
    assert [made[place:].startswith(b"%d 0 obj\n" % number) for number, place in enumerate(places, 1)] == [True] * 6
    stream = made[made.index(b"stream\n") + 7 : made.index(b"\nendstream")]
    assert b"/Length %d " % len(stream) in made
    assert rb"(A heading \(one\)) Tj" in stream
    assert rb"(A line \\ with ? a dash) Tj" in stream
