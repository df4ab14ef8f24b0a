"""Leading old addresses on, by the desk: one, or a list of them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from articles.models import MissedAddress, Redirect
from articles.moved.asked import ANY, both
from articles.moved.planning import Led, Wish, plan
from members.models import AuditEntry, Member

SEPARATORS = "\t;,"


def lead(wishes: Sequence[Wish], *, by: Member, now: datetime) -> Led:
    """Lead old addresses on; one that cannot be is named in the answer and keeps the others from nothing.

    Effects: redirects made or changed, others shortened so that one step is enough, what was missed there forgotten,
    one entry of the record. A dozen queries at most. Raises LeadError for too many.
    """
    with transaction.atomic():
        wait_for_others()
        led = plan(wishes, now=now)
        if led.leads:
            rows = store({**led.leads, **led.further})
            forget_missed(led.leads)
            _note(led, rows[0], by)
    return led


def wait_for_others() -> None:
    """Hold everybody else who leads addresses on until this transaction ends: two at once could make a loop."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('redirects'))")


def store(rows: dict[str, str]) -> list[Redirect]:
    """Make these redirects, or have those that stand lead there. One query."""
    return Redirect.objects.bulk_create(
        [Redirect(old_path=old, new_path=new) for old, new in rows.items()],
        update_conflicts=True,
        unique_fields=["old_path"],
        update_fields=["new_path"],
    )


def forget_missed(olds: Iterable[str]) -> None:
    """Nobody misses these addresses any more. One query."""
    named = Q(path__in=[form for old in olds for form in both(old)])
    for old in olds:
        if old.endswith(ANY):
            named |= Q(path__istartswith=old.removesuffix(ANY))
    MissedAddress.objects.filter(named).delete()


def read_list(text: str) -> list[Wish]:
    """Wishes of a pasted table: two columns, by tab, semicolon or comma. A first line may name the columns."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    first = lines[0][1] if lines else ""
    separator = next((mark for mark in SEPARATORS if mark in first), ",")
    wishes = []
    for number, line in lines:
        cells = [cell.strip() for cell in next(csv.reader(StringIO(line), delimiter=separator), [])]
        if number == lines[0][0] and not any("/" in cell for cell in cells):
            continue
        old, new = (*cells, "", "")[:2]
        wishes.append(Wish(old, new, number))
    return wishes


def _note(led: Led, first: Redirect, by: Member) -> None:
    """One entry in the record, of the first; how many came with it is its reason."""
    more = len(led.leads) - 1
    reason = _("and %(count)d more") % {"count": more} if more else ""
    changes = {"new_path": [led.before.get(first.old_path, ""), first.new_path]}
    AuditEntry.objects.note("redirect.lead", by=by, subject=first, reason=reason, changes=changes)
