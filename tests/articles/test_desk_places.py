"""Sections, pages, redirects, tags and pictures on the desk."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from articles.desk.library.pictures import is_file_name
from articles.models import Name, Page, Picture, Redirect, Section, Tag
from tests.factories import SectionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Any) -> Client:
    """The editor's browser."""
    client = Client()
    client.force_login(cast.editor)
    return client


def jpeg(size: tuple[int, int] = (640, 480), *, described: bool = False) -> SimpleUploadedFile:
    """An upload; `described` writes into it where it was taken."""
    image, out = Image.new("RGB", size, "teal"), BytesIO()
    exif = Image.Exif()
    if described:
        exif[0x010E] = "the editor's kitchen"
    image.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("quay.jpg", out.getvalue(), "image/jpeg")


def page_form(**changes: Any) -> dict[str, Any]:
    """A page as the browser would send it."""
    return {"title": "About us", "path": "about", "body": "<p>We print.</p>", "is_published": "on", **changes}


def test_a_page_is_live_at_its_address_at_once(desk: Client) -> None:
    assert Client().get("/about/").status_code == 404
    desk.post(reverse("admin:articles_page_add"), page_form())
    assert "We print." in Client().get("/about/").content.decode()
    page = Page.objects.get()
    desk.post(reverse("admin:articles_page_change", args=[page.pk]), page_form(path="about/us", body="<p>Moved.</p>"))
    assert "Moved." in Client().get("/about/us/").content.decode()
    assert Client().get("/about/").status_code == 404


def test_no_two_claim_one_address(desk: Client) -> None:
    SectionFactory(slug="city", name="City")
    refused = desk.post(reverse("admin:articles_page_add"), page_form(path="city"))
    assert "“City” already lives there" in refused.content.decode()
    assert "We print." in refused.content.decode()  # nothing typed is lost
    desk.post(reverse("admin:articles_page_add"), page_form(path="about"))
    taken = desk.post(reverse("admin:articles_section_add"), {"name": "About", "slug": "about", "position": 1})
    assert "“About us” already lives there" in taken.content.decode()
    reserved = desk.post(reverse("admin:articles_section_add"), {"name": "Admin", "slug": "admin", "position": 1})
    assert "a name the site itself uses" in reserved.content.decode()


def test_a_renamed_section_moves_its_name(desk: Client) -> None:
    section = SectionFactory(slug="city", name="City")
    sent = {"name": "Town", "slug": "town", "position": 1, "is_in_menu": "on"}
    desk.post(reverse("admin:articles_section_change", args=[section.pk]), sent)
    assert Section.objects.get().slug == "town"
    assert list(Name.objects.values_list("path", "section")) == [("town", section.pk)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("/a/", "/a/", "leads back to itself"),
        ("a/", "/b/", "starts with one"),
        ("/a/", "//evil.example/", "starts with one"),
    ],
)
def test_redirects_lead_from_one_address_of_ours_to_another(desk: Client, old: str, new: str, said: str) -> None:
    Redirect.objects.create(old_path="/old/", new_path="/new/")
    answer = desk.post(reverse("admin:articles_redirect_add"), {"old_path": old, "new_path": new})
    assert said in answer.content.decode()
    assert Redirect.objects.count() == 1


def test_an_upload_in_place_is_encoded_anew_and_described(desk: Client) -> None:
    upload = {"file": jpeg(described=True), "alt": "Two cranes over the harbour", "credit": "Ida Holm"}
    answer = desk.post(reverse("admin:articles_picture_upload"), upload)
    picture = Picture.objects.get()
    assert answer.json()["key"] == picture.key
    assert (picture.alt, picture.credit) == ("Two cranes over the harbour", "Ida Holm")
    assert not Image.open(picture.file).getexif()
    new_words = {"key": picture.key, "alt": "Three cranes"}
    assert desk.post(reverse("admin:articles_picture_upload"), new_words).json()["alt"] == "Three cranes"
    assert desk.get(reverse("admin:articles_picture_lookup"), {"q": "three"}).json()["results"][0]["key"] == picture.key


def test_what_is_no_picture_is_refused_with_a_sentence(desk: Client) -> None:
    fake = SimpleUploadedFile("quay.jpg", b"<script>alert(1)</script>", "image/jpeg")
    answer = desk.post(reverse("admin:articles_picture_upload"), {"file": fake, "alt": "A quay"})
    assert answer.status_code == 400
    assert "not a picture" in answer.json()["error"]
    named = desk.post(reverse("admin:articles_picture_upload"), {"file": jpeg(), "alt": "IMG_2034.jpg"})
    assert "file name" in named.json()["error"]
    assert not Picture.objects.exists()


def test_the_focus_is_set_by_numbers_too(desk: Client) -> None:
    desk.post(reverse("admin:articles_picture_upload"), {"file": jpeg(), "alt": "A quay"})
    picture = Picture.objects.get()
    path = reverse("admin:articles_picture_change", args=[picture.pk])
    assert desk.get(path).status_code == 200
    desk.post(path, {"alt": "A quay", "focus_x": "20", "focus_y": "75.5"})
    picture.refresh_from_db()
    assert str(picture.focus) == "0.200x0.755"


@pytest.mark.parametrize("alt", ["IMG_2034", "DSC0001.JPG", "harbour.png", "Screenshot-2026-11-03"])
def test_a_file_name_is_no_alternative_text(alt: str) -> None:
    assert is_file_name(alt)


@pytest.mark.parametrize("alt", ["Two cranes", "Harbour", "The image 2034 of the harbour"])
def test_words_are(alt: str) -> None:
    assert not is_file_name(alt)


def test_tags_are_suggested(desk: Client) -> None:
    for name in ("Harbour", "Old harbour", "Budget"):
        Tag.objects.create(name=name, slug=name.lower().replace(" ", "-"))
    found = desk.get(reverse("admin:articles_tag_lookup"), {"q": "harb"}).json()["results"]
    assert found == ["Harbour", "Old harbour"]


@pytest.mark.parametrize("model", ["article", "page", "section", "tag", "series", "author", "picture", "redirect"])
def test_every_list_and_form_opens(desk: Client, model: str) -> None:
    assert desk.get(reverse(f"admin:articles_{model}_changelist")).status_code == 200
    assert desk.get(reverse(f"admin:articles_{model}_add")).status_code == 200
    assert desk.get(reverse("admin:articles_revision_changelist")).status_code == 200
