"""Two real servers over one database, and the proxy of compose.yaml before the first of them."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from django.db import connection

from tests.environment import os
from tests.factories import HIDDEN
from tests.newsroom.servers import NGINX, Said, Servers, ask, proxy, two_servers, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # the database that the servers' begins as a copy of
WITHOUT_NGINX = "*** NO NGINX: the proxy of compose.yaml is not tried ***"
SLOW = 32  # twice the threads of a server
REST = HIDDEN.encode()
PROXY_SECONDS = 3.5  # one of nginx, which counts whole ones, one of ours, and a busy machine


@pytest.fixture(scope="module")
def servers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Servers]:
    """Both, running, over a paper of a few stories."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    migrated = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    with TemporaryDirectory(prefix="newsroom-servers-") as folder, two_servers(Path(folder), migrated) as running:
        yield running


@pytest.fixture(scope="module")
def front(servers: Servers) -> Iterator[int]:
    """The port of the proxy before the first server."""
    if NGINX is None:
        pytest.skip(WITHOUT_NGINX)
    folder = servers.here / "nginx"
    folder.mkdir()
    with proxy(folder, servers.ports[0]) as port:
        yield port


def render_of(answer: Said) -> str:
    assert answer.status == 200, answer
    return answer.headers["x-render"]


def is_kept(port: int, path: str) -> bool:
    """Whether two who ask get one render."""
    return render_of(ask(port, path)) == render_of(ask(port, path))


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` brings each of `count` threads that begin together."""
    begun, found = threading.Barrier(count), list[Any]()

    def run() -> None:
        begun.wait(10)
        found.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_sixty_four_who_ask_for_a_cold_page_get_one_render_of_each_server(servers: Servers) -> None:
    path = servers.path("open-0")
    for port in servers.ports:
        renders = at_once(64, lambda port=port: render_of(ask(port, path)))
        assert len(renders) == 64
        assert len(set(renders)) == 1


def test_editors_verb_on_one_server_is_seen_on_both_within_a_second(servers: Servers) -> None:
    first, path = servers.ports[0], servers.path("open-1")
    assert all(is_kept(port, path) for port in servers.ports)
    assert servers.verb(first, "open-1", "withdraw", "reason=It+was+forged.").status == 303
    assert ask(first, path).status == 410, "Who wrote it sees it at once."
    wait_until(lambda: {ask(port, path).status for port in servers.ports} == {410}, 1)
    assert servers.verb(first, "open-1", "restore").status == 303
    wait_until(lambda: all(ask(port, path).status == 200 for port in servers.ports), 1)
    servers.sql(
        "WITH changed AS (UPDATE articles_article SET headline = 'Another machine wrote this' WHERE id = %s) "
        "SELECT pg_notify('pages', %s)",
        servers.paper["stories"]["open-1"]["pk"],
        f"article-{servers.paper['stories']['open-1']['pk']}",
    )
    wait_until(lambda: all(b"Another machine wrote" in ask(port, path).body for port in servers.ports), 1)


def test_server_that_is_told_to_stop_leaves_no_ear_behind(servers: Servers) -> None:
    assert servers.is_heard
    port, server = servers.ports[1], servers.processes[1]
    server.terminate()
    assert server.wait(20) == 0
    wait_until(lambda: not servers.is_heard, 5)
    servers.start(port)
    wait_until(lambda: ask(port, "/robots.txt").status == 200 and servers.is_heard)


def test_without_a_database_kept_pages_keep_coming_and_both_servers_heal_by_themselves(servers: Servers) -> None:
    path, withdrawn = servers.path("open-2"), servers.path("open-3")
    assert all(is_kept(port, address) for port in servers.ports for address in (path, withdrawn))
    before = [render_of(ask(port, path)) for port in servers.ports]
    servers.verb(servers.ports[0], "open-3", "withdraw", "reason=Forged.")
    wait_until(lambda: ask(servers.ports[1], withdrawn).status == 410, 1)
    servers.stop_database()
    try:
        for port in servers.ports:
            wait_until(lambda port=port: ask(port, "/archive/").status == 503, 5)
            answers = at_once(64, lambda port=port: ask(port, path))
            assert {answer.status for answer in answers} == {200}
            assert {render_of(answer) for answer in answers} == {before[servers.ports.index(port)]}
            assert {answer.status for answer in at_once(8, lambda port=port: ask(port, "/archive/"))} == {503}
            assert ask(port, withdrawn).status == 503, "What was withdrawn is not what is kept."
            assert ask(port, path, Cookie=servers.cookie("patron")).status == 503
            assert (ask(port, "/healthz").status, ask(port, "/readyz").status) == (200, 200)
    finally:
        servers.start_database()
    for port, render in zip(servers.ports, before, strict=True):
        wait_until(lambda port=port: ask(port, "/archive/").status == 200, 20)
        wait_until(lambda port=port, render=render: render_of(ask(port, path)) != render, 20)
        wait_until(lambda port=port: is_kept(port, path), 20)
        assert ask(port, path, Cookie=servers.cookie("patron")).status == 200
        assert ask(port, withdrawn).status == 410


def test_worker_goes_on_when_the_database_is_back_and_stops_when_told(servers: Servers) -> None:
    with (servers.here / "worker.log").open("w") as words:
        command = [sys.executable, "manage.py", "worker"]
        worker = psutil.Popen(command, env=servers.environment, stdout=words, stderr=words)
    servers.processes.append(worker)
    wait_until(lambda: is_done(servers), 20)
    servers.stop_database()
    try:
        wait_until(lambda: "listener failed" in (servers.here / "worker.log").read_text(), 20)
    finally:
        servers.start_database()
    wait_until(lambda: is_done(servers), 30)
    worker.terminate()
    assert worker.wait(20) == 0
    for port in servers.ports:
        wait_until(lambda port=port: ask(port, "/archive/").status == 200, 20)


def is_done(servers: Servers) -> bool:
    """Whether a worker does a job within a second."""
    added = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', %s) RETURNING id"
    asked = "SELECT status::text FROM procrastinate_jobs WHERE id = %s"
    with psycopg.connect(servers.environment["DATABASE_URL"], autocommit=True) as connection:
        job = connection.execute(added, ["newsroom.jobs.nothing_of_ours"]).fetchone()
        time.sleep(1)
        return job is not None and connection.execute(asked, job).fetchone() == ("failed",)


@contextmanager
def slow_clients(port: int, path: str, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that sent `sent` and then neither read nor write."""
    with ExitStack() as stack:
        lines = []
        for _ in range(SLOW):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect(("127.0.0.1", port))
            line.sendall(sent.replace(b"PATH", path.encode()).replace(b"PORT", str(port).encode()))
            lines.append(stack.enter_context(line))
        yield lines


HEAD = b" PATH HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
SLOWNESS = {
    "reads a page": b"GET" + HEAD + b"\r\n",
    "reads a page made for it": b"GET" + HEAD + b"X-Fragment: 1\r\n\r\n",
    "writes its headers": b"GET" + HEAD + b"X-Long",
    "writes a form": b"POST" + HEAD + b"Cookie: csrftoken=" + b"t" * 32 + b"\r\nContent-Length: 500\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\na",
}


@pytest.mark.parametrize("slowness", SLOWNESS)
def test_client_that_takes_its_time_holds_nobody_up(servers: Servers, slowness: str) -> None:
    port, path = servers.ports[0], servers.path("long")
    whole = len(ask(port, path).body)
    assert whole > 250_000
    target = "/accounts/login/" if "form" in slowness else path
    with slow_clients(port, target, SLOWNESS[slowness]) as lines:
        time.sleep(0.3)
        for line in lines[:4]:
            if "reads" in slowness:
                assert line.recv(1)
        answers = at_once(8, lambda: ask(port, path))
        assert {len(answer.body) for answer in answers} == {whole}
        private = ask(port, servers.path("patrons"), Cookie=servers.cookie("patron"))
        assert REST in private.body
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    wait_until(lambda: ask(port, "/accounts/login/", "POST", "a=b", **form).status == 403, 10)


def test_stranger_never_gets_a_members_page_through_the_proxy_nor_a_member_a_strangers(
    servers: Servers, front: int
) -> None:
    path, cookie = servers.path("patrons"), servers.cookie("patron")
    for _ in range(4):
        for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Accept-Encoding": "gzip"})):
            mine = ask(front, path, method, Cookie=cookie)
            theirs = ask(front, path, method, **headers)
            assert (mine.status, mine.headers["cache-control"]) == (200, "private, no-store")
            assert theirs.headers["cache-control"].startswith("public, max-age=0")
            assert theirs.headers["vary"].lower().replace(" ", "") == "x-fragment,accept-encoding"
            if method == "GET" and not headers:
                assert REST in mine.body
                assert REST not in theirs.body
    answers = at_once(32, lambda: (ask(front, path, Cookie=cookie), ask(front, path)))
    assert {(REST in mine.body, REST in theirs.body) for mine, theirs in answers} == {(True, False)}


def test_cookie_that_only_looks_like_a_session_gets_a_page_nobody_else_gets(servers: Servers, front: int) -> None:
    path = servers.path("everyone")
    kept = render_of(ask(front, path))
    for cookie in (
        "newsroom_sessionX=1",
        "x=newsroom_session",
        f"a=b; {servers.cookie('member')}",
        "A=1;newsroom_session=",
    ):
        assert ask(front, path, Cookie=cookie).status == 200
        assert render_of(ask(servers.ports[0], path)) == kept, "The site keeps no page made for such a one."
    theme = ask(front, path, Cookie="theme=dark; newsroom_meter=forged")
    assert theme.headers["cache-control"].startswith("public"), "Other cookies are no reason to step aside."


def test_who_was_let_in_this_moment_sees_no_wall_and_who_logs_out_sees_one(servers: Servers, front: int) -> None:
    path, joining, leaving = servers.path("patrons"), servers.cookie("joining"), servers.cookie("leaving")
    assert REST not in ask(front, path, Cookie=joining).body
    member = servers.paper["people"]["joining"]["pk"]
    servers.sql(
        "WITH let_in AS (UPDATE members_grant SET starts_at = now() - interval '1 hour' WHERE member_id = %s) "
        "SELECT pg_notify('pages', %s)",
        member,
        f"member-{member}",
    )
    wait_until(lambda: REST in ask(front, path, Cookie=joining).body, 1)
    assert REST not in ask(front, path).body
    assert REST in ask(front, path, Cookie=leaving).body
    token = "t" * 32
    headers = {"Cookie": f"{leaving}; csrftoken={token}", "X-CSRFToken": token}
    out = ask(front, "/accounts/logout/", "POST", "", **headers)
    assert out.status in (302, 303), out
    assert "newsroom_session=" in out.headers["set-cookie"]
    assert REST not in ask(front, path, Cookie=leaving).body
    assert REST not in ask(front, path).body


def test_holder_of_a_gift_reads_at_an_address_that_nobody_keeps(servers: Servers, front: int) -> None:
    path = servers.path("patrons")
    opened = ask(front, f"/gift/{'t' * 32}/", "POST", "", Sec_Fetch_Site="same-origin")
    assert opened.status == 303, opened
    cookie = opened.headers["set-cookie"].split(";")[0]
    assert cookie.startswith("newsroom_gifts=")
    for _ in range(2):
        mine, theirs = ask(front, f"{path}rest/", Cookie=cookie), ask(front, f"{path}rest/")
        assert (REST in mine.body, REST in theirs.body) == (True, False)
        assert mine.headers["cache-control"] == theirs.headers["cache-control"] == "private, no-store"
        assert REST not in ask(front, path, Cookie=cookie).body, "The page itself is the same for everybody."
        part = ask(front, f"{path}rest/", Cookie=cookie, X_Fragment="1")
        assert REST in part.body
        assert b"<html" not in part.body
        assert b"<html" in ask(front, f"{path}rest/", Cookie=cookie).body


def test_metered_view_is_spent_by_who_asked_and_its_rest_is_kept_for_nobody(servers: Servers, front: int) -> None:
    path = f"{servers.path('metered')}rest/"
    spent = ask(front, path, "POST", "", Sec_Fetch_Site="same-origin")
    assert spent.status == 303
    cookie = spent.headers["set-cookie"].split(";")[0]
    assert REST in ask(front, path, Cookie=cookie).body
    assert REST not in ask(front, path).body


def test_who_has_the_page_is_told_so_and_a_member_is_not_told_so_of_a_strangers(servers: Servers, front: int) -> None:
    path = servers.path("everyone")
    for encoding in ("identity", "gzip", "br"):
        etag = ask(front, path, Accept_Encoding=encoding).headers["etag"]
        again = ask(front, path, Accept_Encoding=encoding, If_None_Match=etag)
        assert (again.status, again.body) == (304, b"")
        member = ask(front, path, Accept_Encoding=encoding, If_None_Match=etag, Cookie=servers.cookie("member"))
        assert (member.status, member.headers["cache-control"]) == (200, "private, no-store")


def test_what_falls_is_gone_behind_the_proxy_after_its_second(servers: Servers, front: int) -> None:
    path = servers.path("members")
    assert ask(front, path).status == 200
    servers.verb(servers.ports[1], "members", "withdraw", "reason=Forged.")
    wait_until(lambda: ask(front, path).status == 410, PROXY_SECONDS)
    servers.verb(front, "members", "restore")
    wait_until(lambda: ask(front, path).status == 200, PROXY_SECONDS)


PUBLIC, PRIVATE, NEVER_CHANGES = "public, max-age=0, must-revalidate", "private, no-store", "immutable"
BOTH = "x-fragment,accept-encoding"
Row = tuple[str, str, dict[str, str], int, str, str]


def kinds_of_answers(servers: Servers) -> list[Row]:
    """Kind: its address, how it is asked, and the status, `Cache-Control` and `Vary` it has."""
    story, session = servers.path("everyone"), {"Cookie": servers.cookie("patron")}
    page = ask(servers.ports[0], story).body.decode()
    static = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    servers.verb(servers.ports[0], "open-3", "withdraw", "reason=Forged.")
    return [
        (story, "GET", {}, 200, PUBLIC, BOTH),
        (story, "HEAD", {}, 200, PUBLIC, BOTH),
        (story, "GET", {"X_Fragment": "1"}, 200, PRIVATE, "x-fragment"),
        (story, "GET", session, 200, PRIVATE, ""),
        (story, "POST", {}, 403, PRIVATE, ""),
        ("/", "GET", {}, 200, PUBLIC, BOTH),
        ("/archive/?before=garbage", "GET", {}, 404, PRIVATE, ""),
        ("/?p=77", "GET", {}, 404, PRIVATE, ""),
        (f"{story}rest/", "GET", {}, 200, PRIVATE, ""),
        ("/search/?q=news", "GET", {}, 200, PRIVATE, ""),
        ("/account/", "GET", {}, 302, PRIVATE, ""),
        ("/archive", "GET", {}, 301, PRIVATE, ""),
        ("/no-such-place/", "GET", {}, 404, PRIVATE, ""),
        (servers.path("open-3"), "GET", {}, 410, PRIVATE, ""),
        ("/feed/", "GET", {}, 200, PUBLIC, BOTH),
        ("/feed.json", "GET", {}, 200, PUBLIC, BOTH),
        ("/sitemap.xml", "GET", {}, 200, PUBLIC, "x-fragment"),
        ("/robots.txt", "GET", {}, 200, PUBLIC, "x-fragment"),
        ("/healthz", "GET", {}, 200, PRIVATE, ""),
        ("/accounts/login/", "GET", {}, 200, "no-store", "cookie"),
        ("/admin/", "GET", {}, 302, "no-store", "cookie"),
        (static, "GET", {}, 200, NEVER_CHANGES, ""),
        ("/static/none.css", "GET", {}, 404, PRIVATE, ""),
    ]


def test_every_kind_of_answer_says_who_may_keep_it_and_what_it_differs_by(servers: Servers, front: int) -> None:
    wrong = []
    for path, method, headers, status, control, vary in kinds_of_answers(servers):
        for port in (servers.ports[0], front):
            body = "" if method == "POST" else None
            answer = ask(port, path, method, body, **headers)
            said = {part.strip() for part in answer.headers.get("vary", "").lower().split(",")}
            found = (answer.status, control in answer.headers["cache-control"], set(vary.split(",")) - {""} <= said)
            is_kept_by_others = answer.headers["cache-control"].startswith("public")
            if found != (status, True, True) or (is_kept_by_others and "set-cookie" in answer.headers):
                wrong.append((path, method, headers, found, answer.headers))
            if [
                name for name in answer.headers if name.startswith(("x-edge", "surrogate", "x-accel"))
            ] and port == front:
                wrong.append((path, "a mark of ours went out", answer.headers))
    assert not wrong
    assert int(ask(servers.ports[0], servers.path("everyone")).headers["age"]) >= 0
    picture = ask(front, "/media/picture.svg")
    assert NEVER_CHANGES in picture.headers["cache-control"]


def test_lead_picture_is_announced_on_story_pages_alone(servers: Servers, front: int) -> None:
    for path in (servers.path("everyone"), servers.path("patrons")):
        answer = ask(front, path)
        source = answer.body.decode().split('<source type="image/avif" srcset="', 1)[1].split('"', 1)[0]
        link = answer.headers["link"]
        assert f'imagesrcset="{source}"' in link
        assert {'rel="preload"', 'as="image"', 'type="image/avif"', 'fetchpriority="high"'} <= set(link.split("; "))
        assert "link" not in ask(front, f"{path}rest/", X_Fragment="1").headers
    assert "link" not in ask(front, "/").headers
