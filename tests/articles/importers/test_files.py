"""The old site's files come over, from a folder or from where they stand, and only once."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.importers.files import bring_files
from articles.importers.report import ImportReport
from articles.importers.uploads import Uploads
from articles.models import Document, Picture
from tests.articles.importers.oldsite import MP3, PDF, SVG, OldSite, bomb, photograph
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def old() -> Iterator[OldSite]:
    """An old site."""
    site = OldSite()
    yield site
    site.close()


def wanted(url: str) -> Picture:
    """A picture that is still on the old site."""
    return Picture.objects.create(source_url=url)


def brought(old: OldSite, now: datetime) -> ImportReport:
    """What one run from the net says."""
    report = ImportReport()
    bring_files(folder=None, report=report, now=now, network=old.network, pause=0)
    return report


def test_files_come_from_the_old_site_two_at_a_time_and_what_is_here_is_not_asked_again(
    old: OldSite, now: datetime
) -> None:
    old.files = {"/u/a.jpg": photograph(), "/u/b.jpg": photograph("red"), "/u/s.pdf": PDF, "/u/p.html.jpg": b"<html>"}
    sized, whole, again = (wanted(old.url(path)) for path in ("/u/a-300x200.jpg", "/u/b.jpg", "/u/b.jpg"))
    page, gone = wanted(old.url("/u/p.html.jpg")), wanted(old.url("/u/gone.jpg"))
    paper = Document.objects.create(title="Survey", source_url=old.url("/u/s.pdf"), kind="pdf")
    story = ArticleFactory(headline="The quay", lead_picture=gone)
    report = brought(old, now)
    for row in (sized, whole, again, page, gone, paper):
        row.refresh_from_db()
    assert (sized.width, sized.height, sized.fetched_at, sized.prepared_at) == (40, 30, now, None)
    assert again.file.name == whole.file.name
    assert (paper.kind, paper.media_type, paper.size, paper.file.read()) == ("pdf", "application/pdf", len(PDF), PDF)
    assert not page.file
    assert "HTML" in page.fetch_trouble
    assert [str(missing) for missing in report.missing] == [
        f"{page.source_url}: {page.fetch_trouble} (nothing shows it)",
        f"{gone.source_url}: This address answers with an error (404). (in “{story.headline}”)",
    ]
    assert set(ProcrastinateJob.objects.filter(task_name__endswith="prepare_picture").values_list("args", flat=True)
        .values_list("args__picture_id", flat=True)) == {sized.pk, whole.pk, again.pk}  # fmt: skip
    assert old.most_at_once <= 2
    assert old.asked == {"/u/a.jpg": 1, "/u/b.jpg": 1, "/u/p.html.jpg": 1, "/u/gone.jpg": 1, "/u/s.pdf": 1}

    old.files["/u/gone.jpg"] = photograph("blue")
    second = brought(old, now)
    gone.refresh_from_db()
    assert (bool(gone.file), gone.fetch_trouble) == (True, "")
    assert second.came["pictures whose files are ours now"] == 1
    assert (old.asked["/u/b.jpg"], old.asked["/u/gone.jpg"]) == (1, 2)


def test_files_come_from_a_copy_in_any_nesting_and_what_is_no_picture_is_refused(tmp_path: Path, now: datetime) -> None:
    copy = tmp_path / "backup"
    held = {
        "old/wp-content/uploads/2024/05/quay.jpg": photograph(),
        "old/wp-content/uploads/2023/01/quay.jpg": photograph("red"),
        "old/wp-content/uploads/2024/05/drawing.svg": SVG,
        "old/wp-content/uploads/2024/05/bomb.png": bomb(),
        "old/wp-content/uploads/2024/05/horn.mp3": MP3,
        "loose/Grüße.jpg": photograph("blue"),
    }
    for name, data in held.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    site = "https://old.example.org/wp-content/uploads"
    names = (
        "2024/05/quay.jpg",
        "2023/02/quay.jpg",
        "2024/05/drawing.svg",
        "2024/05/bomb.png",
        "2024/05/gr%C3%BC%C3%9Fe.jpg",
    )
    rows = [wanted(f"{site}/{name}") for name in names]
    horn = Document.objects.create(title="Horn", source_url=f"{site}/2024/05/horn.mp3", kind="audio")
    before = list(Picture.objects.order_by("pk").values())
    planned, report = ImportReport(), ImportReport()
    bring_files(folder=copy, report=planned, now=now, is_dry=True)
    assert list(Picture.objects.order_by("pk").values()) == before
    bring_files(folder=copy, report=report, now=now)
    assert planned == report
    troubles = dict(Picture.objects.order_by("pk").values_list("pk", "fetch_trouble"))
    said = [troubles[row.pk] for row in rows]
    assert said[:2] == ["", "is not in the folder"]
    assert "may hold a script" in said[2]
    assert "pixels" in said[3]
    assert said[4] == ""
    horn.refresh_from_db()
    assert (horn.media_type, horn.file.read()) == ("audio/mpeg", MP3)
    assert Uploads(copy / "old/wp-content/uploads/2024").find(rows[0].source_url) == (
        copy / "old/wp-content/uploads/2024/05/quay.jpg"
    )
    assert Uploads(copy / "loose").find(f"{site}/2024/05/Gru%CC%88%C3%9Fe-300x200.jpg") == copy / "loose/Grüße.jpg"
