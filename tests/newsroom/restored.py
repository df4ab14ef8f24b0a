"""What a site shows and holds, and a new machine that a backup comes back to.

`python -m tests.newsroom.restored DIR MOMENT PATHS`: restores into the database of the environment, which is empty,
and prints what it is then. A process of its own: it knows nothing of the machine that was backed up.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

CHANGED = (  # by a restore: what waits is held, and the record says so
    "members_mailing", "members_siterules", "members_auditentry", "procrastinate_jobs", "procrastinate_events",
    "newsroom_cache",
)  # fmt: skip


def pages(paths: Sequence[str]) -> dict[str, str]:
    """What an anonymous reader is answered, by address: status and digest."""
    from django.test import Client

    said = {path: Client().get(path) for path in paths}
    return {path: f"{answer.status_code} {sha256(answer.content).hexdigest()}" for path, answer in said.items()}


def rows() -> dict[str, str]:
    """Digest of all rows, by table; what a restore changes is left out."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = sorted({name for (name,) in cursor.fetchall()}.difference(CHANGED))
        text = "coalesce(string_agg(t::text, '' ORDER BY t::text), '')"
        digest = f"SELECT '{{0}}', count(*) || ' ' || md5({text}) FROM {{0}} t"
        cursor.execute(" UNION ALL ".join(digest.format(name) for name in names))
        return dict(cursor.fetchall())


def interrupt(step: str, number: int) -> None:
    """Somebody pulls the plug when the database is there and nothing is held yet."""
    if step == "migrations":
        raise KeyboardInterrupt


def come_back(source: str, paths: list[str]) -> dict[str, Any]:
    """Restore into the empty database, with one interruption; once more, which is refused without its name."""
    from django.core.management import CommandError, call_command
    from django.db import connection
    from django.utils import timezone

    from articles.models import Article
    from members.models import AuditEntry, Mailing, SiteRules
    from newsroom.backups import postgres
    from newsroom.backups.folder import open_backup
    from newsroom.backups.restoring import restore

    half = Path(source, "half.dump")
    half.write_bytes((dump := open_backup(Path(source)).dump.read_bytes())[: len(dump) * 2 // 3])
    try:
        postgres.load(half, by=1)
    except postgres.PostgresError as error:
        broken = (str(error), postgres.tables())
    with suppress(KeyboardInterrupt):
        restore(Path(source), replace="", now=timezone.now(), tell=interrupt)
    interrupted = (postgres.is_half_restored(), Mailing.objects.get().status)
    call_command("restore", source, stdout=sys.stderr)
    Article.objects.update(headline="Lost")
    refused = []
    for wrong in ("", "another"):
        try:
            call_command("restore", source, replace=wrong, stdout=sys.stderr)
        except CommandError as error:
            refused.append(str(error))
    call_command("restore", source, replace=connection.settings_dict["NAME"], stdout=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        jobs = cursor.fetchone()[0]
    return {
        "pages": pages(paths),
        "rows": rows(),
        "broken": broken,
        "interrupted": interrupted,
        "refused": refused,
        "jobs": jobs,
        "mails": list(Mailing.objects.order_by("pk").values_list("status", flat=True)),
        "backed_up_at": SiteRules.current().backed_up_at.isoformat(),
        "record": list(AuditEntry.objects.values_list("verb", flat=True)),
    }


def main(source: str, moment: str, paths: str) -> None:
    """At `moment`, where the clock stands still."""
    from datetime import datetime

    import django
    import time_machine

    django.setup()
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        print(json.dumps(come_back(source, json.loads(paths))))


if __name__ == "__main__":
    main(*sys.argv[1:])
