"""`python -m tests.newsroom.restored DIR`: restores a backup into the database of the environment; prints what came.

Run in a process of its own, which knows nothing of the machine that was backed up.
"""

import json
import sys
from hashlib import sha256
from typing import Any

PLACES = ("/", "/news/", "/archive/", "/about/", "/feed/", "/sitemap.xml", "/search/?q=harbour")


def pages(paths: list[str]) -> dict[str, str]:
    """Digest of what an anonymous reader is answered, by address."""
    from django.test import Client

    said = {path: Client().get(path) for path in paths}
    return {path: f"{answer.status_code} {sha256(answer.content).hexdigest()}" for path, answer in said.items()}


def rows(but: tuple[str, ...]) -> dict[str, str]:
    """Digest of all rows, by table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        named = [name for (name,) in cursor.fetchall() if name not in but]
        digest = (
            "SELECT '{0}', count(*) || ' ' || md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {0} t"
        )
        cursor.execute(" UNION ALL ".join(digest.format(name) for name in named))
        return dict(cursor.fetchall())


def main(source: str, paths: list[str], moment: str) -> dict[str, Any]:
    """Restore `source`, look at everything at `moment`."""
    from datetime import datetime

    import django
    import time_machine

    django.setup()
    from django.core.management import call_command

    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        call_command("restore", source, stdout=sys.stderr)
        from members.models import Issue, Mailing

        return {
            "pages": pages(paths),
            "rows": rows(()),
            "mails": list(Mailing.objects.order_by("pk").values_list("status", flat=True)),
            "issues": list(Issue.objects.order_by("pk").values_list("state", flat=True)),
        }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3])))
