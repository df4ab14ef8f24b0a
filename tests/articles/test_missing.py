"""Addresses nobody answers: old ones lead on with one redirect, others get a page that helps."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import jobs, missing
from articles.missing import moved
from articles.models import MissedAddress, Redirect
from newsroom import pagecache
from tests.articles.test_desk import signed_in
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
        request: Any = rf.get("/", PATH_INFO=path)
        request.now = timezone.now()
        answer = moved(request)
        assert answer is not None
        assert answer["Location"] == single


def test_fragment_of_what_is_missing_is_no_page(client: Client) -> None:
    answer = client.get("/nowhere/", headers={"X-Fragment": "1"})
    assert answer.status_code == 404


def test_the_desk_speaks_for_itself(client: Client) -> None:
    assert client.get("/admin/nowhere/").status_code in (302, 404)


# -- What readers miss -----------------------------------------------------------------------------


def missed() -> dict[str, int]:
    return dict(MissedAddress.objects.values_list("path", "times"))


def test_what_readers_miss_is_counted(client: Client) -> None:
    for _twice in range(2):
        client.get("/about-us/")
    client.head("/über/uns")
    assert missed() == {"/about-us/": 2, "/über/uns": 1}


@pytest.mark.parametrize(
    "address",
    [
        "/wp-login.php", "/.env", "/.git/config", "/old/page.php", "/backup.sql", "/favicon.ico", "/cgi-bin/x",
        "/xmlrpc.php", "/assets/app.js.map", "/about-us/?fbclid=x", "/x" * 200, "/a%20b/", "/%00", "/%3Cscript%3E",
        "/gift/forged/", "/preview/forged/", "/letters/leave/forged/", "/static/x.css", "/media/x.jpg", "/admin/x/",
    ],
)  # fmt: skip
def test_what_only_machines_ask_for_or_may_be_secret_is_not(address: str, client: Client) -> None:
    client.get(address)
    assert missed() == {}


def test_neither_redirects_nor_posts_nor_fragments_count(old: None, client: Client) -> None:
    client.get("/archives/7/")
    client.post("/nowhere/")
    client.get("/nowhere/", headers={"X-Fragment": "1"})
    assert missed() == {}


@pytest.mark.usefixtures("kept_furniture")
def test_one_network_counts_ten_a_minute_and_everybody_together_120(client: Client) -> None:
    for number in range(12):
        client.get(f"/lost-{number}/")
    assert len(missed()) == 10
    for number in range(150):
        client.get(f"/gone-{number}/", REMOTE_ADDR=f"10.0.{number}.1")
    assert len(missed()) == 120


@pytest.mark.django_db(transaction=True)
def test_the_answer_stands_where_counting_fails(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(missing, "COUNT_ONE", "INSERT INTO nowhere VALUES (%s, %s, %s)")
    answer = client.get("/about-us/")
    assert answer.status_code == 404
    assert 'role="search"' in answer.content.decode()
    assert "was not counted" in caplog.text


def test_the_thousand_most_missed_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "KEPT", 2)
    for times, path in ((3, "/a/"), (1, "/b/"), (2, "/c/")):
        MissedAddress.objects.create(path=path, times=times)
    for _twice in range(2):
        jobs.forget_missed(timestamp=0)
    assert missed() == {"/a/": 3, "/c/": 2}


# -- Redirects on the desk -------------------------------------------------------------------------


def lead(cast: Any, old: str, new: str) -> Any:
    return signed_in(cast.editor).post(reverse("admin:articles_redirect_add"), {"old_path": old, "new_path": new})


@pytest.mark.parametrize(
    ("old", "new", "stored"),
    [
        ("/x/", "https://elsewhere.example/y", ("/x/", "https://elsewhere.example/y")),
        ("/x/", "http://testserver/city/", ("/x/", "/city/")),
        ("http://testserver/x/", "/city/", ("/x/", "/city/")),
        ("/%C3%BCber/", "/city/", ("/über/", "/city/")),
        ("/?p=7", "/city/", ("/?p=7", "/city/")),
    ],
)
def test_redirects_lead_within_the_site_or_out_by_https(cast: Any, old: str, new: str, stored: tuple[str, str]) -> None:
    assert lead(cast, old, new).status_code == 302
    assert Redirect.objects.values_list("old_path", "new_path").get() == stored


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/x/", "http://elsewhere.example/"),
        ("/x/", "javascript:alert(1)"),
        ("/x/", "//elsewhere.example/"),
        ("/x/", "/\\elsewhere.example/"),
        ("/x/", "https://user@elsewhere.example/"),
        ("/x/", "https:///y"),
        ("/x/", "https://[broken/"),
        ("/x", "/x/"),
        ("/x/", "/x/?again=1"),
        ("/x/", "//x#top"),
        ("/new", "/old/"),
        ("https://elsewhere.example/", "/x/"),
    ],
)
def test_loops_and_strange_targets_are_refused(cast: Any, old: str, new: str) -> None:
    Redirect.objects.create(old_path="/old/", new_path="/new/")
    assert lead(cast, old, new).status_code == 200
    assert Redirect.objects.count() == 1


def test_every_redirect_the_desk_takes_ends_after_one_step(cast: Any, client: Client) -> None:
    paths = ("/a/", "/b/", "/c", "/c/", "/a")
    for old in paths:
        for new in paths:
            lead(cast, old, new)
    for old in paths:
        answer = client.get(old)
        if answer.status_code == 301:
            assert client.get(answer["Location"]).status_code == 404


def test_missed_addresses_are_for_those_who_see_redirects(cast: Any) -> None:
    path = reverse("admin:articles_missedaddress_changelist")
    assert signed_in(cast.moderator).get(path).status_code == 403
    assert signed_in(cast.writer).get(path).status_code == 403
    assert signed_in(cast.editor).get(reverse("admin:articles_missedaddress_changelist")).status_code == 200
