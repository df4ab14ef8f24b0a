"""What a journalist's work here means for stories: the sections they are limited to, and what ends when they leave."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from articles.models import PreviewLink, Section, SectionLimit
from members import staffing
from members.models import AuditEntry, Member


def limit_to(member: Member, sections: Iterable[Section], *, by: Member, now: datetime) -> bool:
    """Limit somebody to `sections`; none of them: they work in all. False if nothing changes. Audited."""
    wanted = {section.pk: section.name for section in sections}
    with transaction.atomic():
        Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
        rows = SectionLimit.objects.filter(member=member).select_related("section")
        had = {row.section_id: row.section.name for row in rows}
        if had.keys() == wanted.keys():
            return False
        rows.exclude(section__in=wanted).delete()
        SectionLimit.objects.bulk_create(SectionLimit(member=member, section_id=pk) for pk in wanted if pk not in had)
        changes = {"sections": [", ".join(sorted(had.values())), ", ".join(sorted(wanted.values()))]}
        AuditEntry.objects.note("staff.sections", by=by, subject=member, changes=changes)
    return True


def let_go(member: Member, *, by: Member, now: datetime, reason: str) -> None:
    """End somebody's work here: `staffing.let_go`, their limits, and the preview links they gave to outsiders.

    Bylines and the author's page stay. Raises StaffError as `staffing.let_go` does; then nothing has changed.
    """
    with transaction.atomic():
        staffing.let_go(member, by=by, now=now, reason=reason)
        SectionLimit.objects.filter(member=member).delete()
        PreviewLink.objects.filter(made_by=member, revoked_at=None).update(revoked_at=now)
