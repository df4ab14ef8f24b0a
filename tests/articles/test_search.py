"""Search: live stories in any language, snippets from the teaser alone, a limit that keeps the words."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.discovery import SEARCHES
from articles.models import Article
from articles.search import find, pattern_of, snippet
from members.gate import Audience
from members.models import SiteRules
from newsroom import furniture
from tests.factories import make_article

pytestmark = pytest.mark.django_db
HIDDEN_WORD = "zqxhidden"


def found(query: str, now: datetime) -> list[str]:
    """The headlines of an answer, the best first."""
    return [hit.card.story.headline for hit in find(query, rules=SiteRules(), now=now)]


def write(headline: str, text: str = "<p>Words.</p>", **fields: Any) -> Article:
    """A live story."""
    return make_article(headline=headline, full_text=text, standfirst=fields.pop("standfirst", ""), **fields)


def test_story_is_found_by_headline_standfirst_and_text_and_other_forms_of_a_word(now: datetime) -> None:
    write("Harbours")
    write("Two", standfirst="About a harbour")
    write("Three", "<p>Near the harbour.</p>")
    write("Four")
    assert set(found("harbour", now)) == {"Harbours", "Two", "Three"}


def test_headline_counts_more_than_text_and_newer_more_than_older(now: datetime) -> None:
    write("In the text", "<p>A ferry. Another ferry.</p>")
    write("Ferry", published_at=now - timedelta(days=9))
    write("The ferry", published_at=now - timedelta(days=1))
    assert found("ferry", now) == ["The ferry", "Ferry", "In the text"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("quay sinks", {"A", "B"}),
        ('"quay sinks"', {"A"}),
        ("quay -sinks", {"C"}),
        ("quay -sinking", {"C"}),
        ('quay -"sinks slowly"', {"B", "C"}),
        ("slowly or holds", {"A", "B", "C"}),
        ("-quay", set()),
        ("", set()),
        ("   ", set()),
        ("“", set()),
        ("& | ! ( : *", set()),
        ("quay & (", {"A", "B", "C"}),
        ('"quay', {"A", "B", "C"}),
        ("quay\x00", {"A", "B", "C"}),
        ("quay " * 100, {"A", "B", "C"}),
    ],
)
def test_query_language(query: str, wanted: set[str], now: datetime) -> None:
    write("A", "<p>The quay sinks slowly.</p>")
    write("B", "<p>Slowly the ship sinks beside the quay.</p>")
    write("C", "<p>The quay holds.</p>")
    assert set(found(query, now)) == wanted


def test_german_story_is_found_in_its_own_grammar_on_an_english_site(now: datetime) -> None:
    write("Häuser am Hafen", "<p>Die Mieten der Wohnungen steigen.</p>", language="de")
    assert found("Haus", now) == found("Wohnung", now) == ["Häuser am Hafen"]


def test_story_in_a_language_without_grammar_is_found_as_it_stands(now: datetime) -> None:
    write("Порт і місто", "<p>Кран стоїть.</p>", language="uk")
    write("Foreign", "<p>Wëër zqxword.</p>", language="tlh")
    assert found("порт", now) == ["Порт і місто"]
    assert found("zqxword", now) == ["Foreign"]


def test_site_in_german_searches_german(now: datetime, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    write("Häuser am Hafen")
    assert found("Haus", now) == ["Häuser am Hafen"]


def test_what_is_not_live_is_not_found(now: datetime) -> None:
    write("Later quay", published_at=now + timedelta(hours=1))
    write("Draft quay", status=Article.Status.DRAFT)
    write("Gone quay", status=Article.Status.WITHDRAWN)
    assert found("quay", now) == []


@pytest.mark.parametrize("audience", Audience.values)
@pytest.mark.parametrize("who", ["", "patron"])
def test_page_never_shows_what_is_behind_the_cut(audience: str, who: str, client: Client, cast: Any) -> None:
    text = f'<p>Open words.</p><hr data-paywall="here"><p>Secret {HIDDEN_WORD} ending.</p>'
    story = make_article(audience, full_text=text, standfirst="")
    if who:
        client.force_login(cast.patron)
    page = client.get("/search/", {"q": HIDDEN_WORD}).content.decode()
    assert story.headline in page
    assert "Secret" not in page
    assert "ending" not in page


def test_snippet_is_escaped_then_marked() -> None:
    story = Article(teaser_text="Fish <b>& chips</b> cost more at the quays.")
    said = snippet(story, pattern_of('quay "chips" -fish'))
    assert said == "Fish &lt;b&gt;&amp; <mark>chips</mark>&lt;/b&gt; cost more at the <mark>quays</mark>."


def test_snippet_is_taken_around_the_word() -> None:
    story = Article(teaser_text="word " * 60 + "harbour " + "tail " * 60)
    said = snippet(story, pattern_of("harbour"))
    assert said.startswith("… word")
    assert "<mark>harbour</mark>" in said
    assert said.endswith("tail …")


def test_query_is_said_back_escaped_and_the_page_is_not_indexed(client: Client) -> None:
    page = client.get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<meta name="robots" content="noindex' in page


def test_page_counts_links_and_shows_stories(client: Client) -> None:
    story = write("The quay", "<p>The quay sinks.</p><p>More.</p>")
    answer = client.get("/search/", {"q": "quay"})
    page = answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert '<span class="number">1</span> story with “quay”' in page
    assert f'href="{story.get_absolute_url()}"' in page
    assert "The <mark>quay</mark> sinks." in page
    assert page.count("<h1") == 1
    assert 'value="quay"' in page


def test_nothing_found_says_so_and_nothing_asked_says_nothing(client: Client) -> None:
    assert "No story has “zqx”" in client.get("/search/?q=zqx").content.decode()
    assert "No story has" not in client.get("/search/").content.decode()


def test_too_many_searches_are_refused_with_the_words_kept(client: Client, now: datetime) -> None:
    write("The quay")
    statuses = [client.get("/search/?q=quay").status_code for _number in range(SEARCHES)]
    refused = client.get("/search/?q=quay")
    assert set(statuses) == {200}
    assert refused.status_code == 429
    assert 'value="quay"' in refused.content.decode()
    assert 'role="alert"' in refused.content.decode()
    assert client.get("/search/").status_code == 200
    assert client.get("/search/?q=quay", REMOTE_ADDR="198.51.100.7").status_code == 200


def test_search_costs_four_queries_whatever_it_finds(client: Client, now: datetime) -> None:
    for number in range(30):
        write(f"Quay {number}")
    furniture.snapshot.trusted = True
    furniture.snapshot.get()
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/search/?q=quay").content.decode()
    furniture.snapshot.trusted = False
    assert page.count('<article class="teaser') == 20
    assert len(queries) == 4  # the last counts replies, once a minute
