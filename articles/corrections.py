"""Corrections: what was put right in a story that readers know. The words that were wrong stay in its versions."""

from collections.abc import Iterable

from articles.models import Correction
from members.models import AuditEntry, Member
from newsroom.caching import purge


def note(
    added: Iterable[Correction], changed: Iterable[Correction], removed: Iterable[Correction], *, by: Member
) -> None:
    """Write down who made, changed or took away which correction, and renew the pages and feed that show it.

    The rows are stored already, in the caller's transaction. A retraction stands above the story, whose text stays
    for whoever wants to check; to take the text away is `publishing.withdraw`.
    """
    for verb, rows in (("correction.add", added), ("correction.change", changed), ("correction.remove", removed)):
        for row in rows:
            changes = {"kind": [None, row.kind], "text": [None, row.text]}
            if verb == "correction.remove":
                changes = {name: pair[::-1] for name, pair in changes.items()}
            AuditEntry.objects.note(verb, by=by, subject=row.article, reason=row.text[:300], changes=changes)
            purge(f"article-{row.article_id}", "corrections")
