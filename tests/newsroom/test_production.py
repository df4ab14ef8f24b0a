"""Production, as far as it can be tried on one machine: checks, image, static files, server."""

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from django.db import connection

from newsroom import checks, environment
from newsroom.demo.processes import free_port
from tests.newsroom import production
from tests.newsroom.production import ROOT, image_files, manage

pytestmark = pytest.mark.slow


def found_by(check: Any) -> list[CheckMessage]:
    return list(check(None))


@pytest.fixture
def safe(settings: Any) -> Any:
    """Settings as a careful operator has them."""
    settings.DEBUG, settings.HTTPS, settings.STAFF_NEED_MFA = False, True, True
    for name, value in production.SAFE.items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS, settings.TRUSTED_PROXY_COUNT = ["news.example.org"], 1
    settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_API_BASE = ["whsec_x"], ""
    settings.STRIPE_ALLOW_TEST_KEY, settings.POSTGRES_BIN = False, "/nowhere"
    return settings


ALL = (
    checks.stripe_base,
    checks.machine,
    checks.secrets,
    checks.stripe_keys,
    checks.proxies,
    checks.desk,
    checks.extras,
    checks.backups,
)


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("STRIPE_API_BASE", "http://127.0.0.1:12111", "newsroom.E001"),
        ("DEBUG", True, "newsroom.E002"),
        ("DEBUG", True, "newsroom.E013"),
        ("SITE_URL", "http://news.example.org", "newsroom.E003"),
        ("SITE_URL", "", "newsroom.E003"),
        ("ALLOWED_HOSTS", [], "newsroom.E004"),
        ("ALLOWED_HOSTS", ["*"], "newsroom.E004"),
        ("DEFAULT_FROM_EMAIL", "", "newsroom.E005"),
        ("SECRET_KEY", "short", "newsroom.E006"),
        ("SECRET_KEY", "not-a-secret-for-development-only" * 2, "newsroom.E006"),
        ("STRIPE_SECRET_KEY", "sk_test_x", "newsroom.E007"),
        ("STRIPE_WEBHOOK_SECRETS", [], "newsroom.E008"),
        ("STRIPE_SECRET_KEY", "", "newsroom.W001"),
        ("TRUSTED_PROXY_COUNT", 0, "newsroom.E009"),
        ("STAFF_NEED_MFA", False, "newsroom.E010"),
        ("S3_BUCKET", "pictures", "newsroom.E011"),
        ("REDIS_URL", "redis://cache", "newsroom.E012"),
        ("BACKUP_DIR", "/backups", "newsroom.E023"),
    ],
)
def test_each_unsafe_setting_has_its_error_and_says_what_to_do(
    safe: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: Any, number: str
) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda module: None)
    assert [message for check in ALL for message in found_by(check)] == []
    setattr(safe, name, value)
    found = {message.id: message for check in ALL for message in found_by(check)}
    assert set(found) <= {number, *(("newsroom.E002", "newsroom.E013") if name == "DEBUG" else ())}
    assert found[number].hint


def test_demo_alone_may_name_another_stripe(safe: Any) -> None:
    safe.DEBUG, safe.STRIPE_SECRET_KEY = True, checks.DEMO_KEY
    for base, number in {"http://127.0.0.1:9": 0, "https://127.0.0.1:9": 1, "http://stripe.example:9": 1}.items():
        safe.STRIPE_API_BASE = base
        assert len(found_by(checks.stripe_base)) == number, base


def test_every_check_is_registered() -> None:
    assert set(ALL) <= set(registry.get_checks(include_deployment_checks=True))


def test_deploy_check_of_a_production_environment_has_nothing_to_say(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", STATIC_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "", "Set SECRET_KEY"),
        ("DATABASE_URL", "", "Set DATABASE_URL"),
        ("DEBUG", "perhaps", "DEBUG must be 1 or 0"),
        ("EMAIL_PORT", "smtp", "EMAIL_PORT must be a whole number"),
    ],
)
def test_missing_or_unreadable_variable_is_named_in_the_last_line(name: str, value: str, said: str) -> None:
    done = manage("check", **{name: value})
    assert done.returncode != 0
    assert said in done.stdout.strip().splitlines()[-1]


def test_environment_file_gives_way_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSROOM_TAKEN", "here")
    monkeypatch.delenv("NEWSROOM_NEW", raising=False)
    (tmp_path / ".env").write_text('# A comment=no\nNEWSROOM_TAKEN=file\nNEWSROOM_NEW = "a = b"\nnonsense\n\n')
    environment.read_file(tmp_path / ".env")
    assert environment.text("NEWSROOM_TAKEN") == "here"
    assert environment.text("NEWSROOM_NEW") == "a = b"


def test_every_variable_of_the_settings_is_explained_in_the_example() -> None:
    asked = set(re.findall(r'environment\.\w+\(\s*"([A-Z0-9_]+)"', (ROOT / "newsroom/settings.py").read_text()))
    named = set(re.findall(r"^#? ?(ANYMAIL_|[A-Z0-9_]+(?==))", (ROOT / ".env.example").read_text(), re.MULTILINE))
    demo = {"DEBUG", "DEMO_TOUR", "STRIPE_API_BASE", "FAIL_LOUDLY", "STRIPE_HOSTED_ORIGINS", "STRIPE_ALLOW_TEST_KEY"}
    assert asked - named - demo - {"STAFF_NEED_MFA"} == set()
    assert named - asked == {"POSTGRES_PASSWORD"}


def test_image_has_neither_tests_nor_demo_and_nothing_production_imports_is_missing() -> None:
    files = {path.as_posix() for path in image_files()}
    assert {"manage.py", "newsroom/wsgi.py", "members/models/member.py", "templates/base.html"} <= files
    assert not [name for name in files if name.startswith(("tests/", "newsroom/demo/", ".git")) or "demo" in name]
    assert not [name for name in files if "fakestripe" in name or name.endswith(".pyc")]


def test_the_image_dumps_with_the_version_of_its_server() -> None:
    client = re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())
    server = re.search(r"image: postgres:(\d+)", (ROOT / "compose.yaml").read_text())
    assert client is not None
    assert server is not None
    assert client[1] == server[1]


def test_every_package_of_ours_is_copied_into_the_image() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    others = {"templates", "static", "manage.py", "pyproject.toml", "requirements.txt", ".env.example"}
    assert packages | others == {source.rstrip("/") for source in production.copied()}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's files with their static files collected, as the Dockerfile's build stage leaves them."""
    folder = tmp_path_factory.mktemp("image")
    production.build_image(folder)
    done = manage("collectstatic", "--noinput", folder=folder, STATIC_ROOT=str(folder / "staticfiles"))
    assert done.returncode == 0, done.stdout
    return folder


def test_static_files_are_hashed_and_modules_import_their_hashed_neighbours(image: Path) -> None:
    static = image / "staticfiles"
    hashed = re.compile(r"\.[0-9a-f]{12}\.\w+$")
    assert [path for path in (static / "css").glob("tokens.*.css") if hashed.search(path.name)]
    assert [path for path in static.rglob("*.css.br") if "tokens" in path.name]
    unhashed = []
    for module in (path for path in (static / "js").glob("*.js") if hashed.search(path.name)):
        for named in re.findall(r"""(?:from|import)\s*["'](\./[^"']+)["']""", module.read_text(encoding="utf-8")):
            target = (module.parent / named).resolve()
            if not (hashed.search(named) and target.is_file()):
                unhashed.append(f"{module.name} imports {named}")
    assert not unhashed
    assert list((static / "django_prose_editor").glob("*.js"))


@pytest.fixture
def site(image: Path, transactional_db: None) -> Iterator[int]:
    """The image's own server command over the tests' database; its port."""
    port = free_port()
    command = production.server_command()
    command[command.index("--port") + 1] = str(port)
    command[command.index("--host") + 1] = "127.0.0.1"
    command[command.index("--workers") + 1] = "1"
    settings = {"DATABASE_URL": database_url(), "STATIC_ROOT": str(image / "staticfiles"), "MEDIA_ROOT": str(image)}
    words = (image / "server.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=image, env=production.environment(**settings), stdout=words, stderr=words
    )
    try:
        until = time.monotonic() + 60
        while not answers(port):
            assert server.poll() is None, (image / "server.log").read_text()
            assert time.monotonic() < until, (image / "server.log").read_text()
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)
        words.close()


def database_url() -> str:
    """The tests' database as an address."""
    parts = urlsplit(production.os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def answers(port: int) -> bool:
    try:
        return ask(port, "/healthz", proxied=False)[0] == 200
    except URLError:
        return False


class Still(urllib.request.HTTPRedirectHandler):
    """Redirects are answers."""

    def redirect_request(self, *arguments: Any) -> None:
        """Follow none."""


def ask(port: int, path: str, *, proxied: bool = True, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """What the server says, as the proxy would ask it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if proxied:  # as over TLS, which ended in front of us
        sent |= {"Host": "news.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=sent)
    try:
        with urllib.request.build_opener(Still).open(request, timeout=30) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def test_server_of_the_image_serves_pages_static_files_and_health(site: int) -> None:
    status, headers, body = ask(site, "/")
    assert status == 200, body
    assert "max-age=31536000" in headers["strict-transport-security"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    until = time.monotonic() + 20
    while "age" not in headers and time.monotonic() < until:  # until the listener hears
        headers = ask(site, "/")[1]
    assert "age" in headers
    assert not [name for name in headers if name.startswith("x-edge")]
    address = re.search(rb'href="(/static/css/[^"]+)"', body)
    assert address is not None
    status, headers, _body = ask(site, address[1].decode(), Accept_Encoding="br")
    assert (status, headers["content-encoding"]) == (200, "br")
    assert "immutable" in headers["cache-control"]
    assert ask(site, "/", proxied=False)[0] == 400  # a name that is not ours
    assert ask(site, "/readyz", proxied=False)[2] == b'{"process": "ok", "database": "ok"}'
    assert ask(site, "/tour/")[0] == 404
    assert ask(site, "/admin/")[0] == 302
