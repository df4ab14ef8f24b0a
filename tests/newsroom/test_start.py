"""`start_newsroom`: five questions, a file of secrets, a site that looks deliberate; run again it changes nothing."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from articles.models import Page, Section
from members.models import Mailing, Member, MenuItem, SiteRules, StaffInvitation
from newsroom.starting import answers, env_file
from newsroom.starting.answers import AnswerError
from newsroom.starting.opening import open_site
from tests.newsroom.production import ROOT, copied

GIVEN = {
    "name": "The Quay & Harbour", "address": "quay.example.org", "time_zone": "kyiv", "language": "English",
    "publisher": "anna@example.org",
}  # fmt: skip


def started(**options: Any) -> str:
    """What the command says, or the sentences it ends with."""
    out = StringIO()
    try:
        call_command("start_newsroom", stdout=out, stderr=out, **options)
    except CommandError as error:
        return out.getvalue() + str(error)
    return out.getvalue()


@pytest.mark.parametrize(
    ("read", "said", "is_read_as"),
    [
        (answers.read_name, "  The   Quay ", "The Quay"),
        (answers.read_name, " ", "needs a name"),
        (answers.read_name, "x" * 81, "too long"),
        (answers.read_name, "The $un", "has none of"),
        (answers.read_address, "news.example.org", "https://news.example.org"),
        (answers.read_address, "http://News.Example.org/", "https://news.example.org"),
        (answers.read_address, "https://новини.укр", "https://xn--b1amarcd.xn--j1amh"),
        (answers.read_address, "https://example.org/blog/", "root of its own name: https://example.org,"),
        (answers.read_address, "example.org:8000", "root of its own name"),
        (answers.read_address, "https://", "no address"),
        (answers.read_address, "localhost", "no address"),
        (answers.read_address, "192.0.2.1", "no address"),
        (answers.read_address, "ftp://example.org", "no address"),
        (answers.read_address, "news example.org", "no address"),
        (answers.read_time_zone, "europe/kyiv", "Europe/Kyiv"),
        (answers.read_time_zone, "new york", "America/New_York"),
        (answers.read_time_zone, "Europe/Kjiv", "Perhaps Europe/Kyiv or"),
        (answers.read_time_zone, "", "no time zone"),
        (answers.read_language, "DE", "de"),
        (answers.read_language, "en", "en-gb"),
        (answers.read_language, "Klingon", "It speaks en-gb (English)"),
        (answers.read_publisher, " anna@example.org ", "anna@example.org"),
        (answers.read_publisher, "anna", "no e-mail address"),
    ],
)
def test_an_answer_is_put_right_or_told_what_would_be_one(read: Any, said: str, is_read_as: str) -> None:
    try:
        found = read(said)
    except AnswerError as error:
        found = str(error)
    assert is_read_as in found


def test_the_file_has_secrets_of_its_own_and_is_never_written_over(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / ".env"
    typed: Iterator[str] = iter(
        ["The Quay & Harbour", "localhost", "quay.example.org", "", "xx", "de", "anna@example.org"]
    )
    monkeypatch.setattr("builtins.input", lambda question: next(typed))
    told = started(env=path)
    assert "“localhost” is no address" in told
    assert "does not speak “xx”" in told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    assert lines["SITE_URL"] == "https://quay.example.org"
    assert lines["ALLOWED_HOSTS"] == "quay.example.org"
    assert lines["DEFAULT_FROM_EMAIL"] == "The Quay & Harbour <newsroom@quay.example.org>"
    assert (lines["LANGUAGE_CODE"], lines["TIME_ZONE"]) == ("de", "UTC")
    assert len(lines["SECRET_KEY"]) > 50
    assert lines["POSTGRES_PASSWORD"] in lines["DATABASE_URL"]
    assert [line.split("=")[0] for line in text.splitlines()] == [
        line.split("=")[0] for line in env_file.EXAMPLE.read_text().splitlines()
    ]
    assert "is there already and stays" in started(env=path, no_input=True, **GIVEN)
    assert path.read_text() == text
    other = tmp_path / "other.env"
    started(env=other, no_input=True, **GIVEN | {"name": "The Quay, Harbour"})
    assert "DEFAULT_FROM_EMAIL=newsroom@quay.example.org\n" in other.read_text()
    assert lines["SECRET_KEY"] not in other.read_text()
    wrong = started(env=tmp_path / "x", no_input=True, **GIVEN | {"address": "", "publisher": "anna"})
    assert "--address: " in wrong
    assert "--publisher: “anna”" in wrong
    assert not (tmp_path / "x").exists()


def test_a_machine_with_nothing_gets_its_file_and_is_told_how_to_begin_the_database(tmp_path: Path) -> None:
    for source in map(ROOT.joinpath, copied()):  # with what is compiled: the image's files alone take ten seconds
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / source.name)
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in GIVEN.items()]
    command = [sys.executable, "manage.py", "start_newsroom", "--no-input", *options]
    done = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is written, with secrets of its own" in done.stdout, done.stderr
    assert "The database does not answer yet" in done.stderr
    assert (tmp_path / ".env").is_file()


def test_the_site_is_opened_once_and_the_publisher_invited(db: None, settings: Any, now: datetime) -> None:
    settings.NEWSROOM_NAME, settings.NEWSROOM_PUBLISHER = "The Quay", ""
    assert "--publisher: " in started(no_input=True)
    assert not SiteRules.objects.exists()
    told = started(no_input=True, publisher="anna@example.org")
    assert "The Quay is there: http://testserver" in told
    assert "/account/desk/" in told
    page = Page.objects.get()
    for path in ("/", "/news/", page.get_absolute_url(), "/archive/", "/feed/", "/membership/"):
        answer = Client().get(path)
        assert answer.status_code == 200, path
        assert "The Quay" in answer.content.decode(), path
    assert "anna@example.org" in Client().get(page.get_absolute_url()).content.decode()
    assert MenuItem.objects.get().path == page.get_absolute_url()
    invitation = StaffInvitation.objects.get()
    assert (invitation.email, invitation.role.name) == ("anna@example.org", "Publishers")
    assert Mailing.objects.get().email == "anna@example.org"
    SiteRules.objects.update(name="Renamed")
    Section.objects.update(name="Stories")
    again = started(no_input=True, name="Another", publisher="ben@example.org")
    assert "nothing of it was changed" in again
    assert invitation.email in again
    assert SiteRules.objects.get().name == "Renamed"
    counts = [model.objects.count() for model in (Page, Section, StaffInvitation, Mailing, MenuItem)]
    assert counts == [1, 1, 1, 1, 1]
    StaffInvitation.objects.update(expires_at=now - timedelta(days=1))
    assert open_site(name="x", publisher="anna@example.org", now=now).invitation != invitation
    Member.objects.create_user("cleo@example.org", is_staff=True)
    StaffInvitation.objects.update(expires_at=now - timedelta(days=1))
    assert open_site(name="x", publisher="anna@example.org", now=now).invitation is None
    assert mail.outbox == []
