"""Addresses nobody answers: old ones lead on with one redirect, others get a page that helps."""

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from articles.missing import moved
from articles.models import Redirect
from newsroom import pagecache
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(db: None) -> None:
    """Addresses of a site that moved in."""
    Redirect.objects.bulk_create(
        [
            Redirect(old_path="/archives/7/", new_path="/2024/05/02/the-quay/"),
            Redirect(old_path="/über/uns/", new_path="/about/"),
            Redirect(old_path="/?p=7", new_path="/2024/05/02/the-quay/"),
            Redirect(old_path="/?page_id=8", new_path="/about/"),
        ]
    )


@pytest.mark.parametrize(
    ("address", "new"),
    [
        ("/archives/7/", "/2024/05/02/the-quay/"),
        ("/archives/7", "/2024/05/02/the-quay/"),
        ("/archives/7/?utm_source=letter", "/2024/05/02/the-quay/"),
        ("/%C3%BCber/uns/", "/about/"),
        ("/?p=7", "/2024/05/02/the-quay/"),
        ("/?utm_source=letter&p=7", "/2024/05/02/the-quay/"),
        ("/?page_id=8", "/about/"),
    ],
)
def test_old_address_leads_on_with_one_redirect(address: str, new: str, old: None, client: Client) -> None:
    for ask in (client.get, client.head):
        answer = ask(address)
        assert (answer.status_code, answer["Location"]) == (301, new)


@pytest.mark.parametrize("address", ["/archives/8/", "/?p=8", "/?page_id=7", "/?attachment_id=x", "/%00", "/?p=%00"])
def test_unknown_address_is_a_404_with_search_and_the_latest(address: str, old: None, client: Client) -> None:
    story = make_article()
    answer = client.get(address)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert answer["Cache-Control"] == "private, no-store"
    assert 'role="search"' in page
    assert story.headline in page
    assert page.count("<h1") == 1


def test_front_page_without_a_number_asks_for_no_redirect(old: None, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    assert not [query for query in queries if "articles_redirect" in query["sql"]]


def test_front_page_with_a_number_is_not_the_kept_front_page() -> None:
    def key(query: str) -> str | None:
        asked = {"REQUEST_METHOD": "GET", "HTTP_HOST": "testserver", "PATH_INFO": "/", "QUERY_STRING": query}
        return pagecache.cache_key(asked)

    assert key("p=7") != key("")
    assert key("utm_source=x") == key("")


def test_post_to_an_old_address_is_not_redirected(old: None, client: Client) -> None:
    assert client.post("/archives/7/").status_code != 301


def test_doubled_slashes_lead_to_single_ones_and_never_elsewhere(rf: RequestFactory) -> None:
    for path, single in (("//about//team/", "/about/team/"), ("//evil.example/", "/evil.example/")):
        answer = moved(rf.get("/", PATH_INFO=path))
        assert answer is not None
        assert answer["Location"] == single


def test_fragment_of_what_is_missing_is_no_page(client: Client) -> None:
    answer = client.get("/nowhere/", headers={"X-Fragment": "1"})
    assert answer.status_code == 404


def test_the_desk_speaks_for_itself(client: Client) -> None:
    assert client.get("/admin/nowhere/").status_code in (302, 404)
