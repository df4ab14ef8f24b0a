"""The desk leads old addresses on: one by one beside what readers miss, or a whole list, always in one step."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import MissedAddress, Name, Page, Redirect, Tag
from articles.moved.leading import lead, read_list
from articles.moved.planning import MOST, Wish, plan
from articles.moved.written import LeadError
from members.models import AuditEntry
from tests.articles.test_desk import signed_in
from tests.factories import SectionFactory, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
PAGE, PASTE = "admin:articles_missedaddress_changelist", "admin:articles_missedaddress_paste"
LEAD = "admin:articles_missedaddress_lead"


def rows() -> dict[str, str]:
    return dict(Redirect.objects.values_list("old_path", "new_path"))


@pytest.fixture
def about() -> Page:
    page = Page.objects.create(title="Who we are", path="about-us", is_published=True)
    Name.objects.create(path="about-us", page=page)
    return page


def test_what_is_missed_is_led_on_with_one_press(cast: Any, about: Page, client: Client) -> None:
    story = make_article(slug="the-quay-sinks", headline="The quay sinks slowly")
    MissedAddress.objects.create(path="/aboutus", times=9)
    MissedAddress.objects.create(path="/news/the-quay-that-sinks/", times=7)
    MissedAddress.objects.create(path="/x-y-z/", times=3)
    desk = signed_in(cast.editor)
    page = desk.get(reverse(PAGE)).content.decode()
    assert page.index("/aboutus") < page.index("/news/the-quay-that-sinks/") < page.index("/x-y-z/")
    assert 'value="/about-us/"' in page
    assert f'value="{story.get_absolute_url()}"' in page
    pressed = {"old_path": "/aboutus", "new_path": "", "suggested": "/about-us/"}
    assert desk.post(reverse(LEAD), pressed).status_code == 303
    assert client.get("/aboutus")["Location"] == "/about-us/"
    entry = AuditEntry.objects.get(verb="redirect.lead")
    assert (entry.by, entry.changes) == (cast.editor, {"new_path": ["", "/about-us/"]})
    assert set(MissedAddress.objects.values_list("path", flat=True)) == {"/news/the-quay-that-sinks/", "/x-y-z/"}
    refused = desk.post(reverse(LEAD), {"old_path": "/x-y-z/", "new_path": "/X-Y-Z"})
    assert refused.status_code == 422
    assert "That leads back to itself." in refused.content.decode()
    last = MissedAddress.objects.get(path="/x-y-z/")
    assert desk.post(reverse("admin:articles_missedaddress_forget", args=[last.pk])).status_code == 303
    assert not MissedAddress.objects.filter(pk=last.pk).exists()
    assert "/aboutus" in desk.get(reverse(PAGE)).content.decode()  # among those led on lately


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("/*", "/", "That would catch everything."),
        ("*", "/", "starts with one"),
        ("/.*", "/", "has no other star"),
        ("/old/*/x/", "/", "has no other star"),
        ("/old*", "/", "has no other star"),
        ("/account/*", "/", "The site itself answers there."),
        ("/admin/old/", "/", "The site itself answers there."),
        ("/wp-admin/", "/", "The site itself answers there."),
        ("/", "/x/", "That is the front page itself."),
        ("/About-Us", "/x/", "answers there already"),
        ("/harbour/", "/x/", "answers there already"),
        ("/tag/water/", "/x/", "answers there already"),
        ("/2031/01/01/tomorrow/", "/x/", "answers there already"),
        ("/search/", "/x/", "answers there already"),
        ("/x/", "/y/*", "Only a pattern can lead on what follows"),
        ("/x/*", "/x/y/*", "leads back to itself"),
        ("/x/*", "/x/y/", "leads back to itself"),
        ("/c/", "/a/", "That goes round in a circle: /c → /a → /b → /c."),
        ("/d/*", "/e/f/*", "That goes round in a circle: /d/* → /e/* → /d/*."),
        ("/x/", "", "Two things are needed"),
        ("/x/", "https://[broken/", "not a complete web address"),
        ("https://[broken/", "/x/", "not a complete web address"),
        ("/" + "x" * 700, "/x/", "too long"),
    ],
)
def test_what_would_catch_too_much_or_go_round_is_refused(old: str, new: str, why: str, about: Page, cast: Any) -> None:
    SectionFactory(slug="harbour")
    Tag.objects.create(name="Water", slug="water")
    soon = timezone.now().replace(year=2031, month=1, day=1)
    make_article(slug="tomorrow", published_on=soon.date(), published_at=soon, live_from=soon)
    for known, target in (("/a/", "/b/"), ("/b/", "/c/"), ("/e/*", "/d/*")):
        Redirect.objects.create(old_path=known, new_path=target)
    before = rows()
    led = lead([Wish(old, new)], by=cast.editor, now=timezone.now())
    assert (led.leads, rows()) == ({}, before)
    assert why in str(led.refused[0].why)


def test_chains_are_shortened_to_one_step_before_and_behind(cast: Any, about: Page) -> None:
    story = make_article(slug="the-quay").get_absolute_url()
    Redirect.objects.create(old_path="/first/", new_path="/second/")
    Redirect.objects.create(old_path="/?p=7", new_path=story)
    Redirect.objects.create(old_path="/about-us/", new_path="/asleep/")  # over a living page: it never answers
    wishes = [
        Wish("/SECOND", "/?p=7"),  # one that is led on itself
        Wish("http://www.testserver/third/", "/first"),  # one that leads on in two steps
        Wish("/fourth/", "/the-quay/amp/"),  # an old form
        Wish("/fifth", "/about-us/#team"),  # lives
        Wish("/blog/*", "/old-blog/*"),
        Wish("/gone/", "/nobody/"),
    ]
    led = lead(wishes[:-1], by=cast.editor, now=timezone.now())
    assert not led.refused
    assert rows() == {
        "/?p=7": story, "/about-us/": "/asleep/", "/first/": story, "/second": story, "/third/": story,
        "/fourth/": story, "/fifth": "/about-us/#team", "/blog/*": "/old-blog/*",
    }  # fmt: skip
    assert (led.made, led.changed, led.unchanged, list(led.further)) == (5, 0, 0, ["/first/"])
    lead([Wish("/old-blog/*", "/*"), Wish("/fifth/", "/blog/news/")], by=cast.editor, now=timezone.now())
    assert (rows()["/blog/*"], rows()["/fifth"]) == ("/*", "/news/")
    assert plan(wishes[-1:], now=timezone.now()).unanswered == ["/nobody/"]


def test_the_form_shortens_too_and_names_what_stands(cast: Any) -> None:
    Redirect.objects.create(old_path="/first/", new_path="/second/")
    desk = signed_in(cast.editor)
    add = reverse("admin:articles_redirect_add")
    assert desk.post(add, {"old_path": "/second/", "new_path": "https://third.example.org/"}).status_code == 302
    assert set(rows().values()) == {"https://third.example.org/"}
    twice = desk.post(add, {"old_path": "/FIRST", "new_path": "/x/"})
    assert "/first/ leads to https://third.example.org/ already." in twice.content.decode()
    first = Redirect.objects.get(old_path="/first/")
    change = reverse("admin:articles_redirect_change", args=[first.pk])
    assert desk.post(change, {"old_path": "/first/", "new_path": "/fourth/"}).status_code == 302
    assert rows()["/first/"] == "/fourth/"
    assert desk.post(reverse("admin:articles_redirect_delete", args=[first.pk]), {"post": "yes"}).status_code == 302
    assert "/first/" not in rows()


def test_a_list_is_taken_line_by_line_and_what_is_wrong_stays_in_the_form(cast: Any, about: Page) -> None:
    Redirect.objects.create(old_path="/line-5/", new_path="/elsewhere/")
    MissedAddress.objects.create(path="/line-7", times=4)
    good = "\n".join(f"/line-{number}/;/about-us/" for number in range(500))
    bad = "/round/;/round/\nhttps://elsewhere.example/;/x/\n/alone/\n/line-7/;/other/\n/*;/"
    desk = signed_in(cast.editor)
    desk.get(reverse(PASTE))
    with CaptureQueriesContext(connection) as queries:
        answer = desk.post(reverse(PASTE), {"table": f"Source;Target\r\n{good}\n\n{bad}\n"})
    assert len(queries) <= 12, "\n".join(query["sql"][:100] for query in queries)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "499 new, 1 lead elsewhere now, 5 were not taken" in page
    assert "An earlier line leads it to /about-us/." in page
    assert "<td>503</td>" in page  # where it stood in what was pasted
    assert "/alone/" in answer.context["form"]["table"].value()
    assert set(rows().values()) == {"/about-us/"}
    assert not MissedAddress.objects.exists()
    assert AuditEntry.objects.get().reason == "and 499 more"
    assert desk.post(reverse(PASTE), {"table": good}).status_code == 303
    assert "500 stood so already" in desk.get(reverse(PAGE)).content.decode()
    assert desk.post(reverse(PASTE), {"table": "/a/,/b/\n" * (MOST + 1)}).status_code == 422
    with pytest.raises(LeadError, match=r"At most 10,000 at once: these are 10001\."):
        plan(read_list("/a/\t/b/\n" * (MOST + 1)), now=timezone.now())
