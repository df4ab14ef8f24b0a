"""Pictures: checked when they come in, prepared once, shown in the versions there are."""

from datetime import datetime
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from articles import jobs, pictures
from articles.models import Picture
from articles.pictures import PictureError

pytestmark = pytest.mark.django_db


def photograph(width: int = 1300, height: int = 900, kind: str = "JPEG") -> bytes:
    """A picture that says where it was taken and lies on its side."""
    image = Image.new("RGB", (width, height), "teal")
    exif = image.getexif()
    exif[0x0112], exif[0x010F] = 6, "Camera of mine"  # turned by a quarter; the maker
    out = BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def stored(data: bytes, name: str = "quay.jpg") -> Picture:
    picture = Picture(alt="A quay")
    picture.file.save(name, ContentFile(data), save=False)
    picture.save()
    return picture


def test_preparing_makes_every_format_upright_and_without_metadata(now: datetime) -> None:
    picture = stored(photograph())
    pictures.prepare(picture, now=now)
    picture.refresh_from_db()
    assert (picture.width, picture.height) == (900, 1300)
    assert picture.prepared_at == now
    assert pictures.widths_of(picture) == [480, 900]
    for width in pictures.widths_of(picture):
        for extension, kind in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG")):
            with picture.file.storage.open(pictures.version_name(picture, width, extension)) as file:
                version = Image.open(file)
                assert (version.format, version.width) == (kind, width)
                assert not version.getexif()
    assert not Image.open(picture.file.open()).getexif()


def test_preparing_twice_leaves_the_same_files(now: datetime) -> None:
    picture = stored(photograph())
    pictures.prepare(picture, now=now)
    picture.refresh_from_db()
    folder = str(picture.file.name).rpartition("/")[0]
    files = picture.file.storage.listdir(folder)[1]
    jobs.prepare_picture(picture_id=picture.pk)
    assert sorted(picture.file.storage.listdir(folder)[1]) == sorted(files)


def test_original_is_shown_until_the_versions_exist(now: datetime) -> None:
    picture = stored(photograph())
    before = pictures.picture_html(picture, sizes="100vw")
    assert "<source" not in before
    assert picture.file.url in before
    pictures.prepare(picture, now=now)
    picture.refresh_from_db()
    after = pictures.picture_html(picture, sizes="100vw")
    assert '<source type="image/avif"' in after
    assert 'width="900" height="1300"' in after
    assert 'alt=""' in pictures.picture_html(picture, sizes="100vw", alt="")


def test_upload_is_re_encoded_upright_and_stripped() -> None:
    clean = pictures.checked(SimpleUploadedFile("My quay.jpeg", photograph()))
    image = Image.open(clean)
    assert image.size == (900, 1300)
    assert not image.getexif()
    assert clean.name == "My quay.jpg"


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"GIF89a", photograph()[:200], b"\x89PNG\r\n\x1a\nxx"])
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(PictureError, match=r"\w+ \w+"):
        pictures.checked(SimpleUploadedFile("x.jpg", data))


def test_format_that_browsers_do_not_show_is_refused() -> None:
    with pytest.raises(PictureError):
        pictures.checked(SimpleUploadedFile("x.tiff", photograph(kind="TIFF")))


def test_job_finds_new_pictures_and_leaves_old_broken_ones_alone(now: datetime) -> None:
    from datetime import timedelta

    picture = stored(photograph())
    assert list(Picture.objects.unprepared(now)) == [picture]
    Picture.objects.update(added_at=now - timedelta(days=2))
    assert not Picture.objects.unprepared(now)
    jobs.prepare_due(timestamp=0)
    Picture.objects.update(added_at=now)
    jobs.prepare_due(timestamp=0)
    jobs.prepare_due(timestamp=0)
