"""A site leaves whole, says what it leaves behind, and is the same where it comes back."""

import hashlib
import io
import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import time_machine
from django.contrib.postgres.search import SearchQuery
from django.core import mail
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.models import Article, Page, Picture, Revision, Tag
from comments.models import Discussion, Reply
from members.gate import Audience
from members.models import AuditEntry, Ballot, Issue, Mailing, Member, Round, SiteRules, StoryGift, TopicStep
from members.topics.rounds import counting
from newsroom.leaving import packing, stays, unpacking
from newsroom.leaving.part import Table
from newsroom.leaving.parts import PARTS, files_of_models, undecided
from tests import database
from tests.factories import make_article
from tests.newsroom.one_of_each import PNG, THEN, build

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = [part for part in PARTS if isinstance(part, Table)]
LOOKS_SECRET = re.compile(r"password|token|digest|secret|hash|_ip$|^ip_|^key$|^session|^code|mfa|otp")
NO_SECRETS = {
    "checkout_attempts.session_id": "Stripe's name for an attempt",
    "documents.key": "how texts name it",
    "gifts.code_hash": "of 80 random bits: without it nobody could redeem what was paid",
    "letters.digest": "a rhythm",
    "letters.digest_at": "a rhythm",
    "letters.digest_most": "a rhythm",
    "letters.digest_waits": "a rhythm",
    "letters.digest_weekday": "a rhythm",
    "mail_events.key": "a provider's name for an event",
    "mails.key": "what was mailed, so that it is never mailed twice",
    "pictures.key": "how texts name it",
    "replies.text_digest": "of a text that stands beside it",
    "working_copies.key": "names a form",
}


def run(command: str, *args: object) -> str:
    """What a command says."""
    out = io.StringIO()
    call_command(command, *map(str, args), stdout=out)
    return out.getvalue()


def empty() -> None:
    """Only what migrations made is left, and keys begin anew."""
    with connection.cursor() as cursor:
        cursor.execute(database.EMPTY.format(kept=str(database.KEPT)[1:-1]))
        for table in ("articles_tag", "django_comments"):
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [table])


def everything() -> dict[str, Any]:
    """Every row that goes along, all its columns but those that stay behind."""
    found: dict[str, Any] = {}
    for part in TABLES:
        names = [f.attname for f in part.model._meta.concrete_fields if f.name not in part.without]
        found[part.name] = {row["pk"]: row for row in part.kept().values("pk", *names)}
    closed = Ballot.objects.exclude(round__closed_at=None).prefetch_related("choices")
    found["ballots"] = Counter(
        (ballot.round_id, ballot.standing, tuple(sorted(choice.option_id for choice in ballot.choices.all())))
        for ballot in closed
    )
    return found


def test_site_comes_back_row_by_row(tmp_path: Path, client: Client) -> None:
    world = build()
    folder = tmp_path / "out"
    counted = counting.count(Round.objects.get(slug="autumn"), timezone.now())
    vote = Round.objects.create(question="Over?", slug="over", opens_at=THEN, closes_at=timezone.now())
    with pytest.raises(CommandError, match=re.escape("“Over?” is over and not counted")):
        run("export_site", folder)
    Round.objects.filter(pk=vote.pk).update(closes_at=timezone.now() + timedelta(hours=1))
    before = everything()
    said = run("export_site", folder)
    assert "is not closed" in said
    assert "is on its way" in said
    assert "wait to be sent: 1." in said
    assert all(before[part.name] for part in PARTS), "a model without a row here is moved untried"
    keeps_no_secret(folder)
    follows_its_schemas(folder)

    empty()
    mail.outbox.clear()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert "Nobody was mailed" in run("import_site", folder)
    what_was_under_way_waits(vote.pk)
    Round.objects.filter(pk=vote.pk).update(closes_at=before["rounds"][vote.pk]["closes_at"])
    after = everything()
    for part in PARTS:
        assert after[part.name] == before[part.name], part.name
    with_story = Article.objects.get(pk=world.stories[Audience.PATRONS].pk)
    assert client.get(with_story.get_absolute_url()).status_code == 200
    assert Article.objects.filter(search=SearchQuery("open", config="english")).count() == len(world.stories)
    what_stayed_behind_is_made_anew()
    recounted = counting.count(Round.objects.get(slug="autumn"), timezone.now())
    assert (recounted.ballots, recounted.left_out) == (counted.ballots, counted.left_out)
    assert [(p.option.pk, p.votes) for p in recounted.places] == [(p.option.pk, p.votes) for p in counted.places]
    with pytest.raises(CommandError, match="not empty: there are members"):
        run("import_site", folder)
    assert everything() == after


def keeps_no_secret(folder: Path) -> None:
    """Nothing that opens anything, tells where somebody wrote from or who voted for what is in it."""
    words = "\n".join(path.read_text() for path in folder.glob("data/*.jsonl"))
    secrets = ["t" * 32, "192.0.2.7", "d1gest-of-a-network", "/a-secret-link/", "topics-result", '"waits"']
    assert not [secret for secret in secrets if secret in words]
    assert '"password"' not in words
    rows = [json.loads(line) for line in (folder / "data/ballots.jsonl").open()]
    assert {tuple(row) for row in rows} == {("round", "standing", "options")}
    assert {row["round"] for row in rows} == {Round.objects.get(slug="autumn").pk}
    page = (folder / "README.md").read_text()
    assert all(reason in page for reason in stays.STAYS.values())
    assert all(f"`{part.name}.jsonl`" in page for part in PARTS)
    assert folder.stat().st_mode & 0o077 == 0


def follows_its_schemas(folder: Path) -> None:
    """Each row is what the file's own JSON Schema says, judged by an independent reader; so is its checksum."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert len(manifest["files"]) == len(PARTS) + 1
    for path, sealed in manifest["files"].items():
        data = (folder / path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (sealed["sha256"], sealed["bytes"])
        schema = json.loads((folder / "schema" / f"{Path(path).stem}.schema.json").read_text())
        if Path(path).stem in ("stories", "replies", "ballots", "media"):  # the others are made as these are
            jsonschema.Draft202012Validator.check_schema(schema)
        reader = jsonschema.Draft202012Validator(schema)
        rows = [json.loads(line) for line in data.splitlines()]
        assert len(rows) == sealed["rows"]
        for row in rows:
            reader.validate(row)


def what_was_under_way_waits(vote: int) -> None:
    """A letter on its way is paused, what came due is told to nobody, a vote whose hour passed goes on: the record
    says so. Then all stands as it did."""
    assert Round.objects.get(pk=vote).closes_at > timezone.now() + timedelta(days=6)
    AuditEntry.objects.get(subject_type="members.Round", changes__has_key="closes_at").delete()
    assert not Article.objects.live(timezone.now()).unannounced().exists()
    assert Article.objects.filter(slug="unannounced").update(announced_at=None)
    assert TopicStep.objects.filter(note="untold").exclude(told_at=None).update(told_at=None)
    issue, entry = Issue.objects.get(state="paused"), AuditEntry.objects.get(verb="letter.halt")
    assert issue.waits_because == entry.reason
    issue.state, issue.waits_since, issue.waits_because = "sending", None, ""
    issue.save()
    entry.delete()


def what_stayed_behind_is_made_anew() -> None:
    """Nobody can sign in by an old password or use an old link; pictures wait for their versions; keys count on."""
    assert not any(member.has_usable_password() for member in Member.objects.all())
    assert "t" * 32 not in StoryGift.objects.values_list("token", flat=True)
    assert SiteRules.objects.get().backed_up_at is None
    assert not Mailing.objects.exclude(context={}).exists()
    assert set(Reply.objects.values_list("ip_address", "ip_digest")) == {(None, "")}
    assert not Ballot.objects.exclude(member=None).exists()
    assert not Ballot.objects.filter(round__closed_at=None).exists()
    assert not mail.outbox
    jobs = ProcrastinateJob.objects.values_list("task_name", "args")
    shown = Picture.objects.exclude(file="")
    assert sorted(args["picture_id"] for name, args in jobs if name.endswith("prepare_picture")) == [
        *shown.order_by("pk").values_list("pk", flat=True)
    ]
    assert len(jobs) == len(shown)
    assert shown[0].file.read().startswith(b"\x89PNG")
    others = set(Tag.objects.values_list("pk", flat=True))
    assert Tag.objects.create(name="New", slug="new").pk > max(others)
    assert Discussion.objects.exclude(pinned=None).get().pinned.comment
    new = Reply.objects.write(Discussion.objects.first(), None, text="New", posted_at=timezone.now(), display_name="N")
    assert new.path.endswith(f"{new.pk:08x}")
    new.delete()
    Tag.objects.filter(slug="new").delete()


def test_every_model_and_every_secret_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    assert undecided() == []
    known = {name: model for model, name in files_of_models().items()}
    assert len(known) == len(PARTS), "two models in one file"
    assert not stays.STAYS.keys() & {model._meta.label for model in files_of_models()}
    monkeypatch.delitem(stays.STAYS, "members.ApiKey")
    assert undecided() == ["members.ApiKey"]

    before: set[str] = set()
    forward, secret = [], set()
    for part in TABLES:
        before.add(part.name)
        for column in part.columns():
            target = files_of_models().get(column.refers_to) if column.refers_to else None
            forward += [f"{part.name}.{column.name}"] if target and target not in before else []
            assert target or column.names or not column.refers_to, f"{part.name}.{column.name} leads nowhere"
            secret |= {f"{part.name}.{column.name}"} if LOOKS_SECRET.search(column.name) else set()
    assert forward == ["discussions.pinned"], "rows come back before what they name"
    assert secret == NO_SECRETS.keys()


def small() -> None:
    """A few rows and a file."""
    Tag.objects.bulk_create([Tag(name="Water", slug="water"), Tag(name="Ice", slug="ice")])
    page = Page.objects.create(title="About", path="about", body="<p>Us.</p>")
    Discussion.objects.create(page=page)
    Picture.objects.create(alt="A boat").file.save("boat.png", ContentFile(PNG))


def test_what_is_broken_is_refused_with_its_place(tmp_path: Path) -> None:
    small()
    run("export_site", tmp_path / "whole")
    empty()
    folder = tmp_path / "whole"
    names = ("manifest.json", *(f"data/{name}.jsonl" for name in ("tags", "pages", "discussions", "media")))
    as_written = {path: path.read_bytes() for path in [*map(folder.joinpath, names), *folder.glob("media/**/*.png")]}
    for spoil, sentence in SPOILED:
        spoil(folder)
        with pytest.raises(CommandError, match=re.escape(sentence)) as refused:
            run("import_site", folder)
        assert str(refused.value).endswith("Nothing was brought in.")
        unpacking.refuse_a_full_one()  # would say what there is
        for path, data in as_written.items():
            path.write_bytes(data)
    with pytest.raises(CommandError, match="is a file"):
        run("import_site", folder / "README.md")
    run("import_site", folder)  # files that the refused ones laid are used
    assert Tag.objects.count() == 2


def rewrite(folder: Path, path: str, change: Callable[[str], str]) -> None:
    """Change a file of an export and its checksum with it, as somebody would who means it."""
    data = change((folder / path).read_text()).encode()
    (folder / path).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][path] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def changed(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Spoils `data/<name>.jsonl`, sealed anew."""
    return lambda folder: rewrite(folder, f"data/{name}.jsonl", lambda text: text.replace(old, new))


def told(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Spoils what the export says of itself."""

    def spoil(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        change(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest))

    return spoil


def append(path: str) -> Callable[[Path], object]:
    """Spoils a file without sealing it."""
    return lambda folder: next(folder.glob(path)).open("a").write("{}\n")


SPOILED: list[tuple[Callable[[Path], Any], str]] = [
    (lambda folder: (folder / "manifest.json").unlink(), "holds no whole export"),
    (lambda folder: (folder / "manifest.json").write_text('{"db": []}'), "no export of Newsroom"),
    (lambda folder: (folder / "manifest.json").write_text('{"format": "news'), "no export of Newsroom"),
    (told(lambda manifest: manifest.update(version=9)), "The export is of version 9; this Newsroom reads version 1."),
    (told(lambda manifest: manifest.pop("files")), "manifest.json is damaged"),
    (told(lambda manifest: manifest["files"].pop("data/tags.jsonl")), "data/tags.jsonl is not in its list"),
    (lambda folder: (folder / "data/tags.jsonl").unlink(), "data/tags.jsonl is not there"),
    (append("data/tags.jsonl"), "data/tags.jsonl is not as it was written"),
    (append("media/pictures/*/*/*.png"), ".png is not as it was written"),
    (changed("media", "pictures/", "../../pictures/"), "which is no file under media/"),
    (changed("tags", '"id"', '"number":5,"id"'), "tags.jsonl, line 1: “number” is nothing this Newsroom knows"),
    (changed("tags", '"ice"', "nonsense"), "tags.jsonl, line 2: this is no row"),
    (changed("pages", '"updated_at":"2', '"updated_at":"x2'), "pages.jsonl, line 1: “updated_at” cannot be 'x2"),
    (changed("tags", '"ice"', '"water"'), "tags.jsonl, line 2: duplicate key value"),
    (changed("tags", '"Ice"', f'"{"I" * 99}"'), "tags.jsonl, line 2, name: value too long"),
    (changed("tags", '"Ice"', "null"), "tags.jsonl, line 2: null value in column"),
    (changed("tags", '"Ice"', '"I\\u0000"'), "tags.jsonl, from line 1 on: PostgreSQL text fields cannot contain NUL"),
    (changed("discussions", '"page":', '"page":9'), "A row names another that is not in the export"),
]  # fmt: skip


def test_export_is_whole_or_not_there(tmp_path: Path) -> None:
    small()
    folder, growing = tmp_path / "out", tmp_path / "out.partial"
    with pytest.raises(KeyboardInterrupt):
        packing.pack(folder, now=timezone.now(), progress=interrupted)
    assert growing.is_dir()
    assert not folder.exists()
    folder.mkdir()
    run("export_site", folder)
    assert not growing.exists()
    for name, sentence in (("out", "is not empty"), ("other", "no export that was interrupted")):
        (tmp_path / "other.partial").mkdir(exist_ok=True)
        (tmp_path / "other.partial" / "diary.txt").write_text("mine")
        with pytest.raises(CommandError, match=sentence):
            run("export_site", tmp_path / name)
    assert (tmp_path / "other.partial" / "diary.txt").exists()


def interrupted(what: str, number: int) -> None:
    raise KeyboardInterrupt


def test_export_is_one_moment_in_little_memory(tmp_path: Path) -> None:
    story = make_article()
    content = {"text": "x" * 16_000}
    Revision.objects.bulk_create(Revision(article=story, verb="save", content=content) for _ in range(1000))
    part = next(part for part in TABLES if part.name == "revisions")
    with packing.snapshot():
        assert Tag.objects.count() == 0
        somebody_else = connections.create_connection("default")
        try:
            with somebody_else.cursor() as cursor:
                cursor.execute("INSERT INTO articles_tag (name, slug, description) VALUES ('New', 'new', '')")
        finally:
            somebody_else.close()
        assert Tag.objects.count() == 0, "what others write meanwhile is not in it"
        tracemalloc.start()
        read = sum(len(row["content"]["text"]) for row in part.rows())
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert Tag.objects.count() == 1
    assert read == 16_000_000
    assert peak < read // 3
