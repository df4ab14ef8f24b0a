"""The library of pictures: what comes in, how it is found, cut, credited, and where it stands."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image, ImageCms, PngImagePlugin

from articles import pictures
from articles.models import Article, LiveEntry, Page, Picture
from articles.pictures import PictureError
from members.models import AuditEntry
from newsroom import furniture
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article

pytestmark = pytest.mark.django_db
LIST = reverse("admin:articles_picture_changelist")
GPS, ORIENTATION, DESCRIPTION = 0x8825, 0x0112, 0x010E
SECRET = b"52.5200 North"


@pytest.fixture
def desk(cast: Cast) -> Client:
    """The editor's browser."""
    client = Client()
    client.force_login(cast.editor)
    return client


def encoded(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """A picture's bytes."""
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def upload(data: bytes, name: str = "quay.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def stored(**fields: Any) -> Picture:
    """A picture with a file."""
    picture = Picture(**{"alt": "A quay", **fields})
    picture.file.save("quay.jpg", ContentFile(encoded()), save=False)
    picture.save()
    return picture


def found(client: Client, **asked: str) -> set[str]:
    """The descriptions the list shows for this search."""
    return {tile["picture"].alt for tile in client.get(LIST, asked).context["tiles"]}


def picture_form(**changes: Any) -> dict[str, Any]:
    """The form as the browser would send it."""
    return {"alt": "A quay", "caption": "", "credit": "", "rights": "", "rights_until": "", "source_url": "", **changes}


# -- What comes in -------------------------------------------------------------------------------


def located(kind: str) -> bytes:
    """A picture on its side that says where it was taken, in every way this kind of file can."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, SECRET.decode()
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 29: SECRET.decode()})
    options: dict[str, Any] = {"exif": exif}
    if kind == "JPEG":
        options |= {"comment": SECRET, "xmp": b"<x>" + SECRET + b"</x>"}
    if kind == "WEBP":
        options["xmp"] = b"<x>" + SECRET + b"</x>"
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", SECRET.decode())
    return encoded(kind, (640, 480), **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_where_it_was_taken_is_gone_and_it_stands_upright(kind: str) -> None:
    data = located(kind)
    assert SECRET in data
    clean = pictures.checked(upload(data))
    kept = clean.read()
    assert SECRET not in kept
    image = Image.open(BytesIO(kept))
    assert image.size == (480, 640)
    assert not image.getexif()
    assert not {"exif", "xmp", "comment", "Comment"} & set(image.info)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_a_moving_picture_the_first_stays(kind: str) -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=80)
    assert Image.open(BytesIO(out.getvalue())).n_frames == 3
    still = Image.open(pictures.checked(upload(out.getvalue(), "moves.gif")))
    assert getattr(still, "n_frames", 1) == 1
    red, green, blue = still.convert("RGB").getpixel((30, 20))  # type: ignore[misc]  # three channels
    assert (red, green, blue) == pytest.approx((255, 0, 0), abs=6)


def test_what_is_too_large_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 640 * 480 - 1)
    with pytest.raises(PictureError, match="too many pixels"):
        pictures.checked(upload(encoded()))
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    with pytest.raises(PictureError, match="larger than"):
        pictures.checked(upload(encoded()))


def test_wide_colours_become_the_webs() -> None:
    """A telephone's picture without its profile looks dull."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))  # for other colours: kept as it is
    assert pictures.checked(upload(encoded(icc_profile=profile.tobytes()))).size
    assert pictures.checked(upload(encoded(icc_profile=b"no profile"))).size
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.open(pictures.checked(upload(encoded(icc_profile=plain))))
    assert image.getpixel((9, 9)) == pytest.approx((0, 128, 128), abs=4)
    assert "icc_profile" not in image.info


def test_several_files_at_once_keep_the_good_and_name_the_bad(desk: Client) -> None:
    files = [upload(encoded(), "one.jpg"), upload(b"GIF89a", "broken.gif"), upload(encoded("PNG"), "two.png")]
    answer = desk.post(reverse("admin:articles_picture_several"), {"files": files}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said[0].startswith("2 pictures are kept.")
    assert said[1].startswith("broken.gif: This file is not a picture")
    assert Picture.objects.count() == 2
    assert AuditEntry.objects.filter(verb="add", subject_type="articles.Picture").count() == 2
    assert found(desk, alt="none") == {""}
    desk.post(reverse("admin:articles_picture_several"), {})
    assert Picture.objects.count() == 2


def test_who_may_not_add_pictures_adds_none(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.moderator)
    assert client.post(reverse("admin:articles_picture_several"), {"files": [upload(encoded())]}).status_code == 403
    assert client.get(LIST).status_code == 403
    assert not Picture.objects.exists()


# -- How it is found -----------------------------------------------------------------------------


def test_words_are_looked_for_in_all_that_is_said_of_it(desk: Client) -> None:
    Picture.objects.create(alt="A ferry at the quay", credit="Ada Ink")
    Picture.objects.create(alt="A mayor", caption="At the quay on Monday", rights="CC BY 4.0")
    assert found(desk, q="quay") == {"A ferry at the quay", "A mayor"}
    assert found(desk, q="quay ink") == {"A ferry at the quay"}
    assert found(desk, q="cc by") == {"A mayor"}
    assert found(desk, q="nobody") == set()


def test_filters_find_what_lacks_something(desk: Client, now: datetime) -> None:
    today = now.date()
    Picture.objects.create(alt="ended", rights_until=today - timedelta(days=1))
    Picture.objects.create(alt="today", rights_until=today)
    Picture.objects.create(alt="soon", rights_until=today + timedelta(days=14))
    Picture.objects.create(alt="later", rights_until=today + timedelta(days=15))
    Picture.objects.create(alt=" ")
    assert found(desk, rights="ended") == {"ended"}
    assert found(desk, rights="ending") == {"today", "soon"}
    assert found(desk, alt="none") == {" "}
    for picture in Picture.objects.all():
        words = {"ended": Picture.objects.rights_ended(today), "ending": Picture.objects.rights_ending(today)}
        for state, rows in words.items():
            assert (picture.rights_state(today) == state) is rows.filter(pk=picture.pk).exists()
    page = desk.get(LIST).content.decode()
    assert "rights ended 2 Nov 2026" in page
    assert "rights until 17 Nov 2026" in page


def test_what_stands_nowhere_is_found(desk: Client, now: datetime) -> None:
    names = ("leads", "in text", "face", "on a page", "in a live entry", "nowhere")
    made = {name: Picture.objects.create(alt=name) for name in names}
    story = make_article(lead_picture=made["leads"])
    make_article(full_text=f'<p>x</p><figure data-picture="{made["in text"].key}"></figure>')
    AuthorFactory(portrait=made["face"])
    body = '<figure data-picture="{}"></figure>'
    Page.objects.create(title="About", path="about", body=body.format(made["on a page"].key))
    LiveEntry.objects.create(article=story, text=body.format(made["in a live entry"].key))
    assert found(desk, used="no") == {"nowhere"}


def test_the_list_costs_few_queries_at_20_000(desk: Client, cast: Cast) -> None:
    Picture.objects.bulk_create(
        Picture(alt=f"Boat {n} at the quay", caption="On a grey morning " * 3, credit=f"Ada {n % 50}", key=f"k{n}")
        for n in range(20_000)
    )
    desk.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        assert len(desk.get(LIST, {"q": "boat 1999 quay"}).context["tiles"]) == 12
    assert len(queries) <= 12


# -- What is said of it --------------------------------------------------------------------------


def test_a_replaced_file_keeps_key_and_stories_and_the_old_one_is_gone(
    desk: Client, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    picture = stored()
    pictures.prepare(picture, now=now)
    picture.refresh_from_db()
    key, old, storage = picture.key, str(picture.file.name), picture.file.storage
    small = pictures.version_name(picture, pictures.widths_of(picture)[0], "webp")
    story = make_article(lead_picture=picture)
    assert storage.exists(small)
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(
            reverse("admin:articles_picture_change", args=[picture.pk]),
            picture_form(file=upload(encoded(size=(900, 300))), focus_x="50", focus_y="50"),
        )
    assert answer.status_code == 302
    picture.refresh_from_db()
    assert (picture.key, picture.width, picture.height, picture.prepared_at) == (key, 900, 300, None)
    assert Article.objects.get(pk=story.pk).lead_picture == picture
    assert not storage.exists(old)
    assert not storage.exists(small)
    assert storage.exists(str(picture.file.name))


def test_a_file_that_two_pictures_share_stays(now: datetime) -> None:
    first = stored()
    Picture.objects.create(file=first.file.name, alt="The same")
    pictures.forget_files(first)
    assert first.file.storage.exists(str(first.file.name))


def test_the_form_says_where_it_stands_and_until_when_it_may(desk: Client, now: datetime) -> None:
    picture = stored(rights_until=now.date() - timedelta(days=2), rights="One use")
    make_article(headline="Ferries stop", lead_picture=picture)
    Page.objects.create(title="About us", path="about", body=f'<figure data-picture="{picture.key}"></figure>')
    page = desk.get(reverse("admin:articles_picture_change", args=[picture.pk])).content.decode()
    assert "The rights ended on 1 November 2026" in page
    assert "Ferries stop" in page
    assert "About us" in page
    Picture.objects.update(rights_until=None)
    assert "The rights" not in desk.get(reverse("admin:articles_picture_change", args=[picture.pk])).content.decode()


def test_rights_and_focus_are_kept_and_old_pages_fall(desk: Client, cast: Cast, now: datetime) -> None:
    picture = stored()
    make_article(lead_picture=picture)
    sent = picture_form(rights="CC BY", rights_until="2026-12-01", credit="Ada", focus_x="20", focus_y="80.4")
    assert desk.post(reverse("admin:articles_picture_change", args=[picture.pk]), sent).status_code == 302
    picture.refresh_from_db()
    assert (picture.rights, str(picture.rights_until), picture.focus) == ("CC BY", "2026-12-01", "0.200x0.804")
    assert 'class="focus-x2 focus-y8"' in pictures.picture_html(picture, sizes="100vw")
    assert "focus-x2 focus-y8" in Client().get("/").content.decode()
    picture.focus = "0.5x0.5"
    assert "class=" not in pictures.picture_html(picture, sizes="100vw")


def test_every_tenth_of_the_focus_has_its_rule() -> None:
    from django.contrib.staticfiles import finders

    rules = Path(str(finders.find("css/tokens.css"))).read_text(encoding="utf-8")  # on pages and on the desk
    assert all(f".focus-{axis}{tenth} " in rules for axis in "xy" for tenth in range(11))


def test_a_file_name_is_no_description(desk: Client) -> None:
    picture = stored()
    answer = desk.post(reverse("admin:articles_picture_change", args=[picture.pk]), picture_form(alt="IMG_2041.JPG"))
    assert "That is a file name" in answer.content.decode()


# -- How it is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/city/", "/archive/"])
def test_a_list_page_asks_for_its_pictures_at_most_once(path: str, now: datetime, client: Client) -> None:
    section = SectionFactory(slug="city")
    for number in range(12):
        shape = {"width": 1200, "height": 800, "prepared_at": now}
        picture = Picture.objects.create(file=f"pictures/{number}.jpg", alt="x", **shape)
        make_article(section=section, lead_picture=picture, published_at=now - timedelta(hours=number))
    furniture.snapshot.get()
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(path).content.decode()
    assert page.count("<picture>") >= 3
    assert page.count('width="1200" height="800"') == page.count("<img")  # the place is kept: nothing moves
    assert page.count("srcset=") == 3 * page.count("<picture>")
    asked = [query["sql"] for query in queries if 'FROM "articles_picture"' in query["sql"]]
    assert not asked  # they come in the row of their story
