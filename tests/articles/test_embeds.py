"""What stories show from elsewhere: frames from known hosts, cards for the rest, and nothing loaded unasked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from articles import jobs
from articles.attachments import link_cards
from articles.attachments.embeds import FRAME_ORIGINS, PROVIDERS, frame_of, host_of
from articles.editor import clean_story
from articles.models import EmbedHost, LinkPreview
from articles.nodes import Body, Shown, render
from newsroom.fetch import Fetched
from tests.factories import Cast, make_article
from tests.newsroom.test_fetch import Site, give

YOUTUBE = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1"


@pytest.mark.parametrize(
    ("address", "src"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=x", YOUTUBE),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc", YOUTUBE),
        ("http://m.youtube.com/shorts/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1m5s", f"{YOUTUBE}&start=65"),
        ("https://vimeo.com/76979871", "https://player.vimeo.com/video/76979871?dnt=1&autoplay=1"),
        ("https://vimeo.com/76979871/ab12cd34ef", "https://player.vimeo.com/video/76979871?h=ab12cd34ef&dnt=1&autoplay=1"),
        ("https://t.me/durov/142", "https://t.me/durov/142?embed=1"),
        ("https://t.me/s/durov/142", "https://t.me/durov/142?embed=1"),
        ("https://x.com/anna/status/1349794411333394432?s=20", "https://platform.twitter.com/embed/Tweet.html?id=1349794411333394432&dnt=true"),
        ("https://twitter.com/anna/status/20", "https://platform.twitter.com/embed/Tweet.html?id=20&dnt=true"),
        ("https://www.datawrapper.de/_/aB3dE/", "https://datawrapper.dwcdn.net/aB3dE/"),
        ("https://datawrapper.dwcdn.net/aB3dE/4/", "https://datawrapper.dwcdn.net/aB3dE/"),
        ("https://public.flourish.studio/visualisation/1234/", "https://flo.uri.sh/visualisation/1234/embed"),
        (
            "https://soundcloud.com/forss/flickermood",
            "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fforss%2Fflickermood&auto_play=true&hide_related=true",
        ),
    ],
)  # fmt: skip
def test_known_address_is_framed_by_its_provider(address: str, src: str) -> None:
    frame = frame_of(address, {})
    assert frame is not None
    assert frame.src == src
    assert any(src.startswith(f"{origin}/") for origin in FRAME_ORIGINS)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/@channel",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://evil.example/https://youtu.be/dQw4w9WgXcQ",
        'https://youtu.be/"><script>',
        "https://t.me/durov",
        "https://t.me/joinchat/AAAA",
        "https://x.com/anna",
        "https://vimeo.com/about",
        "https://soundcloud.com/forss",
        "https://charts.example.org/1",
        "ftp://youtu.be/dQw4w9WgXcQ",
        "https://[",
        "",
    ],
)
def test_any_other_address_is_not_framed(address: str) -> None:
    assert frame_of(address, {}) is None


def test_every_provider_answers_for_its_own_origin() -> None:
    assert {host_of(provider.origin) for provider in PROVIDERS} >= {"youtube-nocookie.com", "player.vimeo.com", "t.me"}
    assert all(provider.origin.startswith("https://") for provider in PROVIDERS)


def test_host_of_the_desk_is_framed_over_https_on_its_plain_port_alone() -> None:
    hosts = {"charts.example.org": "Our charts"}
    frame = frame_of("https://charts.example.org/1?a=1", hosts)
    assert frame is not None
    assert (frame.provider, frame.src) == ("Our charts", "https://charts.example.org/1?a=1")
    for address in (
        "http://charts.example.org/1",
        "https://charts.example.org:8443/1",
        "https://a.charts.example.org/",
    ):
        assert frame_of(address, hosts) is None


def test_frame_waits_for_a_press_and_is_a_link_without_scripts() -> None:
    html = '<figure data-embed="https://youtu.be/dQw4w9WgXcQ"></figure>'
    card = LinkPreview(url="https://youtu.be/dQw4w9WgXcQ", title='A "film" <b>')
    cards = {card.url: card}
    shown = str(render(Body(clean_story(html)).blocks, Shown(cards=cards, loads_frames=True)))
    assert "<iframe" not in shown
    assert " src=" not in shown
    assert f'hidden data-load-frame="{YOUTUBE}"' in shown
    assert '<a href="https://youtu.be/dQw4w9WgXcQ" rel="external noopener">Open on youtu.be</a>' in shown
    assert "A &quot;film&quot; &lt;b&gt;" in shown
    assert "is-video" in shown
    in_a_letter = str(render(Body(clean_story(html)).blocks, Shown(cards=cards)))
    assert "button" not in in_a_letter
    assert "youtu.be" in in_a_letter


@pytest.mark.parametrize("address", ["https://[::1", "https://[", "https://a.example:99999/", "http://[x]/y"])
def test_address_that_is_broken_breaks_no_page(address: str) -> None:
    text = f'<p>x <a href="{address}">y</a></p><figure data-embed="{address}"></figure>'
    assert "x" in str(render(Body(text).blocks, Shown()))


# -- Cards ---------------------------------------------------------------------------------------


def page(html: str, media_type: str = "text/html", charset: str = "utf-8") -> Fetched:
    return Fetched("https://a.example/", media_type, charset, html.encode())


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (
            '<meta property="og:title" content="Quay &amp; sea"><meta property="og:description" content=" Two\nlines ">'
            '<meta property="og:site_name" content="The Paper"><title>Other</title>',
            ("Quay & sea", "Two lines", "The Paper"),
        ),
        ('<title> Plain\n title </title><meta name="description" content="D">', ("Plain title", "D", "")),
        ('<meta property="og:title" content="First"><meta property="og:title" content="Second">', ("First", "", "")),
        ("<p>nothing said</p>", ("", "", "")),
        ("", ("", "", "")),
        ("<!-- only a comment -->", ("", "", "")),
    ],
)
def test_card_says_what_the_page_says_of_itself(html: str, said: tuple[str, str, str]) -> None:
    found = link_cards.read(page(html))
    assert (found.title, found.description, found.site) == said


def test_card_of_what_is_no_page_or_in_no_known_letters_is_empty() -> None:
    assert link_cards.read(page("<title>x</title>", media_type="image/png")).title == ""
    assert link_cards.read(page("<title>x</title>", charset="no-such")).title == ""
    assert len(link_cards.read(page(f"<title>{'x' * 500}</title>")).title) == 200


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """A site of somebody else's."""
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.mark.django_db
def test_card_is_asked_for_once_and_the_storys_page_says_it(elsewhere: Site, now: datetime) -> None:
    elsewhere.pages["/quay"] = give(b'<title>T</title><meta property="og:title" content="The &lt;quay&gt; sinks">')
    address = f"http://news.example:{elsewhere.port}/quay"
    story = make_article(full_text=f'<p>x</p><figure data-embed="{address}"></figure>')
    before = Client().get(story.get_absolute_url()).content.decode()
    assert "news.example/quay" in before
    card = LinkPreview.objects.get(url=address)
    assert link_cards.due(now, 9) == [card.pk]
    assert link_cards.fill(card, now=now, network=elsewhere.network)
    assert link_cards.due(now, 9) == []
    assert "The &lt;quay&gt; sinks</a>" in Client().get(story.get_absolute_url()).content.decode()
    make_article(full_text=f'<figure data-embed="{address}"></figure>', slug="again")
    assert LinkPreview.objects.count() == 1
    assert len(elsewhere.asked) == 1


@pytest.mark.django_db
def test_card_of_an_address_inside_our_network_stays_host_and_path(now: datetime) -> None:
    link_cards.want(["http://127.0.0.1/admin", "javascript:x", "https://example.org/" + "a" * 1000])
    card = LinkPreview.objects.get()
    jobs.fill_card(card_id=card.pk)
    jobs.fill_card(card_id=card.pk)
    card.refresh_from_db()
    assert card.title == ""
    assert card.fetched_at is not None


@pytest.mark.django_db
def test_card_nobody_could_fill_within_a_day_is_left_alone(now: datetime) -> None:
    LinkPreview.objects.create(url="https://example.org/", asked_at=now - timedelta(hours=25))
    assert link_cards.due(now, 9) == []


# -- Hosts added on the desk ---------------------------------------------------------------------


def policy_of(path: str) -> list[str]:
    """What the page at `path` may frame."""
    policy = Client().get(path)["Content-Security-Policy"]
    return next(part.split()[1:] for part in policy.split(";") if part.split()[0] == "frame-src")


@pytest.mark.django_db
def test_publisher_adds_a_host_and_stories_may_frame_it(cast: Cast) -> None:
    address = "https://charts.example.org/7"
    story = make_article(full_text=f'<p>x</p><figure data-embed="{address}"></figure>')
    path = story.get_absolute_url()
    assert "data-load-frame" not in Client().get(path).content.decode()
    assert policy_of(path) == FRAME_ORIGINS
    desk = Client()
    desk.force_login(cast.publisher)
    added = desk.post(
        reverse("admin:articles_embedhost_add"),
        {"host": "HTTPS://Charts.example.org/x", "name": "Charts", "is_active": "on"},
    )
    assert added.status_code == 302
    assert policy_of(path) == [*FRAME_ORIGINS, "https://charts.example.org"]
    assert f'data-load-frame="{address}"' in Client().get(path).content.decode()
    host = EmbedHost.objects.get()
    desk.post(reverse("admin:articles_embedhost_change", args=[host.pk]), {"host": host.host, "name": "Charts"})
    assert policy_of(path) == FRAME_ORIGINS
    assert "data-load-frame" not in Client().get(path).content.decode()
    assert policy_of("/") == ["'none'"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "*.example.org", "example", "a b.example", "testserver", "youtube.com", "x" * 130],
)
def test_host_that_is_none_or_ours_or_known_is_refused(cast: Cast, host: str) -> None:
    desk = Client()
    desk.force_login(cast.publisher)
    answer = desk.post(reverse("admin:articles_embedhost_add"), {"host": host, "name": "x", "is_active": "on"})
    assert answer.status_code == 200
    assert not EmbedHost.objects.exists()


@pytest.mark.django_db
def test_only_who_may_adds_a_host(cast: Cast) -> None:
    desk = Client()
    desk.force_login(cast.editor)
    assert desk.get(reverse("admin:articles_embedhost_add")).status_code == 403
    assert desk.get(reverse("admin:articles_embedhost_changelist")).status_code == 200


@pytest.mark.django_db
def test_editor_is_told_what_becomes_of_an_address(cast: Cast) -> None:
    desk = Client()
    desk.force_login(cast.writer)

    def told(address: str) -> object:
        return desk.get(reverse("admin:articles_embed_lookup"), {"keys": address}).json()["results"]

    youtube = "https://youtu.be/dQw4w9WgXcQ"
    assert told(youtube) == [{"key": youtube, "provider": "YouTube", "title": "", "host": "youtu.be"}]
    assert told("https://example.org/a")[0]["provider"] == ""  # type: ignore[index]  # JSON
    assert told("nonsense") == []
    desk.force_login(cast.moderator)
    assert desk.get(reverse("admin:articles_embed_lookup"), {"keys": youtube}).status_code == 403
