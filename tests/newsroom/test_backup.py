"""Backup and restore: what comes back is what was there, and what is wrong is said before anything is touched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from PIL import Image

from articles.models import Article, Picture
from members.letters.sending import mailings
from members.models import Issue, Letter, Mailing, SiteRules
from newsroom import database, jobs
from newsroom.backups import folder, holding, making
from newsroom.home import home
from tests.factories import Cast, make_article, make_patron
from tests.newsroom import restored

ODD_NAME = "pictures/a b\\c\nd.txt"


def said(*arguments: Any, **options: Any) -> str:
    """What a command of ours says, or the sentence it ends with."""
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, **options)
    except CommandError as error:
        return str(error)
    return out.getvalue()


def fill(now: datetime) -> list[str]:
    """A small paper with a picture, a patron, and a mail that waits; the addresses of its pages."""
    story = make_article(headline="The quay is sold", published_at=now - timedelta(hours=3))
    closed = make_article("patrons", headline="Who bought it", published_at=now - timedelta(hours=2))
    picture = Picture(key="quay", alt="The quay", credit="A. B.")
    drawn = BytesIO()
    Image.new("RGB", (9, 6), "teal").save(drawn, "PNG")
    picture.file.save("quay.png", ContentFile(drawn.getvalue()))
    Article.objects.filter(pk=story.pk).update(lead_picture=picture)
    SiteRules.objects.create(pk=1, name="The Quay", tagline="News of the harbour")
    mailings.queue("welcome-1", template="members/welcome_patron", context={}, email="reader@example.org")
    lists = ["/", "/city/", "/archive/", "/feed/", "/sitemap.xml", "/corrections/", "/nowhere/"]
    return [*lists, story.get_absolute_url(), closed.get_absolute_url()]


@pytest.fixture
def machine() -> Iterator[Path]:
    """Another machine's disk. Not pytest's own folder: as root the database runs as somebody who may not enter it."""
    with TemporaryDirectory(prefix="newsroom-machine-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


def test_a_backup_comes_back_on_an_empty_machine(
    transactional_db: None, machine: Path, tmp_path: Path, now: datetime
) -> None:
    paths = fill(now)
    make_patron(Cast.make().patron)
    default_storage.save("site/logo.svg", ContentFile(b"<svg/>"))
    assert "2 files" in said("backup", tmp_path / "backups")
    there = {"pages": restored.pages(paths), "rows": restored.rows()}
    assert there["pages"]["/nowhere/"].startswith("404")

    address = database.embedded(machine / "postgres")
    environment = {**os.environ, "DATABASE_URL": address, "MEDIA_ROOT": str(machine / "media")}
    command = [sys.executable, "-m", "tests.newsroom.restored", str(tmp_path / "backups"), now.isoformat()]
    try:
        done = subprocess.run([*command, json.dumps(paths)], env=environment, capture_output=True, check=False)
    finally:
        database.stop(machine / "postgres")
    assert done.returncode == 0, done.stderr.decode()
    came = json.loads(done.stdout)
    assert came["pages"] == there["pages"]
    assert came["rows"] == there["rows"]
    assert ["Type --replace" in sentence for sentence in came["refused"]] == [True, True]
    assert "took nothing of it and is as it was: pg_restore: error" in came["broken"][0]
    assert came["broken"][1] == 0
    assert came["interrupted"] == [True, "queued"]  # and gone on with
    assert (came["mails"], came["jobs"]) == (["unsure"], 0)
    assert came["record"] == ["site.restore"]
    assert datetime.fromisoformat(came["backed_up_at"]) == now
    media = {name: default_storage.open(name).read() for name in ("site/logo.svg", Picture.objects.get().file.name)}
    assert {name: (machine / "media" / name).read_bytes() for name in media} == media


@pytest.fixture
def kept(db: None, now: datetime, tmp_path: Path) -> Path:
    """A folder with one backup of three files."""
    for name in ("pictures/one.jpg", "pictures/two.jpg", ODD_NAME):
        target = Path(default_storage.location) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(name)
    making.back_up(tmp_path / "kept", keep=1, now=now - timedelta(days=1), tell=lambda what, number: None)
    return tmp_path / "kept"


def test_backups_share_what_did_not_change_and_the_oldest_goes(kept: Path, now: datetime) -> None:
    first = folder.open_backup(kept)
    media = Path(default_storage.location)
    (media / "pictures/two.jpg").write_text("changed, and longer")
    (media / "pictures/three.jpg").write_text("three")
    half = kept / f"newsroom-2026-11-01T030000Z{folder.UNFINISHED}"
    half.mkdir()
    one = first.path / "media/pictures/one.jpg"
    assert "was let go" not in said("backup", kept, keep=2)
    second = folder.open_backup(kept)
    assert second.path != first.path
    assert (second.path / "media/pictures/one.jpg").stat().st_ino == one.stat().st_ino
    assert (second.path / "media/pictures/two.jpg").read_text() == "changed, and longer"
    assert (first.path / "media/pictures/two.jpg").read_text() == "pictures/two.jpg"
    assert (len(first.check()), len(second.check())) == (4, 5)
    assert not half.exists()
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "-c", folder.SUMS], cwd=second.path, check=True)
    assert folder.prune(kept, keep=1) == [first.path]
    assert [path.name for path in kept.iterdir() if path.name != ".lock"] == [second.path.name]
    assert second.check()
    assert oct(second.path.stat().st_mode)[-3:] == "700"


def test_what_comes_and_goes_while_a_backup_is_made_is_in_it(kept: Path, now: datetime) -> None:
    media = Path(default_storage.location)

    def meanwhile(what: str, number: int) -> None:
        if what == "database":  # between the media and the snapshot: a row of the snapshot may name either
            (media / "pictures/late.jpg").write_text("late")
            (media / "pictures/one.jpg").unlink()
            (media / "pictures/two.jpg").write_text("PICTURES/two.jpg")

    first = folder.open_backup(kept)
    made = making.back_up(kept, keep=2, now=now, tell=meanwhile)
    names = {path.name for path in (made.backup.path / "media/pictures").glob("*.jpg")}
    assert names == {"late.jpg", "one.jpg", "two.jpg"}
    assert (len(made.backup.check()), len(first.check())) == (5, 4)  # the one before is not written through
    assert (made.backup.path / "media/pictures/two.jpg").read_text() == "PICTURES/two.jpg"

    def interrupted(what: str, number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making.back_up(kept, keep=2, now=now + timedelta(hours=1), tell=interrupted)
    assert folder.finished(kept)[-1] == made.backup.path
    assert not list(kept.glob(f"*{folder.UNFINISHED}"))


def test_what_is_wrong_with_a_backup_is_said_before_anything_is_touched(kept: Path) -> None:
    backup = folder.open_backup(kept)
    picture, manifest = backup.path / "media/pictures/one.jpg", backup.path / folder.MANIFEST
    assert "is whole: 4 files" in said("restore", kept, check=True)
    well = json.loads(manifest.read_text())
    told = {
        "newer version": {**well, "format": 2},
        "another version (articles 9999_later)": {**well, "migrations": {"articles": "9999_later"}},
        "cannot be read": {"format": 1},
        "cannot be trusted": {**well, "sums": "0" * 64},
        "is not empty": well,
    }
    SiteRules.objects.create(pk=1)
    for sentence, changed in told.items():
        manifest.write_text(json.dumps(changed))
        assert sentence in said("restore", kept)
    picture.write_text("PICTURES/one.jpg")
    assert "media/pictures/one.jpg missing or changed. Nothing was touched" in said("restore", kept)
    (backup.path / folder.DUMP).unlink()
    assert "database.dump, media/pictures/one.jpg missing" in said("restore", kept)
    manifest.write_text(manifest.read_text()[:40])
    assert "cannot be read" in said("restore", kept)
    manifest.unlink()
    assert "is no backup and holds none" in said("restore", kept)
    assert "There is no folder" in said("restore", kept / "elsewhere")
    assert "was never finished" in said("restore", kept / f"x{folder.UNFINISHED}")
    assert SiteRules.objects.get().name == "Newsroom"


def test_why_there_is_no_backup_is_a_sentence_and_nothing_is_left(
    db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, programs = tmp_path / "kept", tmp_path / "bin"
    programs.mkdir()
    settings.POSTGRES_BIN = str(programs)
    assert "pg_dump is not on this machine. Install postgresql-client-" in said("backup", where)
    for version, sentence in {"9.6.24": "pg_dump 9 (", "99.1": "pg_dump gave up: pg_dump: error: disk on fire"}.items():
        program = programs / "pg_dump"
        program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}" && exit\n'
                           'echo "pg_dump: error: disk on fire" >&2; exit 1\n')  # fmt: skip
        program.chmod(0o755)
        assert sentence in said("backup", where)
    settings.POSTGRES_BIN = ""
    assert "Say where to" in said("backup", "")
    assert "Keep one backup at least" in said("backup", where, keep=0)
    assert "which everybody may read" in said("backup", Path(settings.MEDIA_ROOT) / "backups")
    (tmp_path / "file").write_text("")
    assert "cannot be used" in said("backup", tmp_path / "file" / "inside")
    with folder.alone(where):
        assert "Another backup into" in said("backup", where)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    assert "has 0.0 MB left, and the backup may need" in said("backup", where)
    assert [path.name for path in where.iterdir()] == [".lock"]
    assert SiteRules.current().backed_up_at is None


def test_what_waits_is_held_and_what_is_to_come_stays(cast: Cast, now: datetime) -> None:
    make_article(announced_at=None, published_at=now - timedelta(minutes=1), live_from=now - timedelta(minutes=1))
    letter = Letter.objects.create(slug="daily", name="Daily")
    states = {"sending": now, "scheduled": now - timedelta(hours=1), "sent": now, "draft": None}
    made = {
        state: Issue.objects.create(letter=letter, subject=state, state=state, send_at=at)
        for state, at in states.items()
    }
    coming = Issue.objects.create(letter=letter, subject="x", state="scheduled", send_at=now + timedelta(hours=1))
    told: dict[str, Any] = {"email": "a@example.org", "template": "x", "issue": made["sending"]}
    rows = {status: Mailing.objects.create(key=status, status=status, **told) for status in Mailing.Status.values}
    held = holding.hold(now)
    assert (held.mails, held.issues, held.stories) == (2, 2, 1)
    assert {state: Issue.objects.get(pk=issue.pk).state for state, issue in made.items()} == {
        "sending": "paused", "scheduled": "paused", "sent": "sent", "draft": "draft"
    }  # fmt: skip
    assert Issue.objects.get(pk=coming.pk).state == "scheduled"
    now_are = {status: Mailing.objects.get(pk=row.pk).status for status, row in rows.items()}
    assert now_are == {status: status for status in rows} | {"queued": "unsure", "handing": "unsure"}
    assert not Article.objects.live(now).unannounced().exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)
    assert (holding.hold(now).mails, holding.hold(now).issues) == (0, 0)


def test_the_nights_job_ends_the_warning_and_works_once_a_night(
    cast: Cast, settings: Any, tmp_path: Path, now: datetime
) -> None:
    make_article()
    SiteRules.objects.create(pk=1, backed_up_at=now - timedelta(hours=25))
    assert home(cast.publisher, now).backup == "old"
    jobs.back_up(0)
    assert home(cast.publisher, now).backup == "old"  # nobody named a folder
    settings.BACKUP_DIR = str(tmp_path / "nightly")
    jobs.back_up(0)
    jobs.back_up(1)
    assert home(cast.publisher, now).backup == ""
    assert len(folder.finished(tmp_path / "nightly")) == 1
    only = folder.finished(tmp_path / "nightly")[0] / folder.MANIFEST
    three, known = now.replace(hour=2), json.loads(only.read_text())  # three o'clock in Copenhagen's winter
    for last, moment, due in [
        (three - timedelta(hours=1), three, True),
        (three - timedelta(hours=1), three - timedelta(minutes=1), False),
        (three, three + timedelta(hours=23), False),
        (three - timedelta(days=3), three - timedelta(minutes=1), True),
    ]:
        only.write_text(json.dumps({**known, "made_at": last.isoformat()}))
        assert making.is_due(tmp_path / "nightly", moment) is due


@pytest.fixture
def older(kept: Path) -> dict[str, str]:
    """The last migrations of our apps; the backup comes from before each of them."""
    manifest = folder.open_backup(kept).path / folder.MANIFEST
    known, loader = json.loads(manifest.read_text()), MigrationLoader(connection)
    last = {app: known["migrations"][app] for app in ("articles", "members", "comments")}
    nodes = {app: loader.graph.node_map[app, name] for app, name in last.items()}
    before = {app: parent.key[1] for app, node in nodes.items() for parent in node.parents if parent.key[0] == app}
    assert "ready for the version before" in said("roll_back", kept)  # nothing is to be taken back
    manifest.write_text(json.dumps({**known, "migrations": known["migrations"] | before}))
    night = kept / "newsroom-2026-11-30T030000Z"  # one since the upgrade, which tells nothing of the shape before
    night.mkdir()
    (night / folder.MANIFEST).write_text(json.dumps(known))
    return last


def test_the_last_migrations_can_be_taken_back(older: dict[str, str], kept: Path) -> None:
    disk = MigrationLoader(connection).disk_migrations
    for app, name in older.items():
        assert all(operation.reversible for operation in disk[app, name].operations), name
    manifest = folder.open_backup(folder.finished(kept)[0]).path / folder.MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "migrations": {"articles": "9999_later"}}))
    assert "was made by a newer version (articles 9999_later)" in said("roll_back", kept)


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "long", reason="ten seconds of work: HYPOTHESIS_PROFILE=long"
)
def test_the_last_migrations_are_taken_back_and_what_was_written_stays(older: dict[str, str], kept: Path) -> None:
    story = make_article(headline="Written after the upgrade")
    connection.check_constraints()  # in this one transaction nothing may wait for its end
    were = making.heads()
    gone = said("roll_back", kept)
    assert [f"{app}.{name} was taken back" in gone for app, name in older.items()] == [True] * 3
    assert {app for app, name in making.heads().items() if were[app] != name} == {*older}
    with connection.cursor() as cursor:
        cursor.execute("SELECT headline FROM articles_article")
        assert cursor.fetchall() == [(story.headline,)]
    call_command("migrate", verbosity=0, interactive=False)
    assert making.heads() == were
    assert Article.objects.get() == story
