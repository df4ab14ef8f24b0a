"""Writing down whom an issue goes to: one row each, whoever gets none with the reason.

A page of a thousand and the place reached commit together, so a process killed anywhere loses nobody and writes
nobody down twice.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from members.gate import Audience
from members.letters.issues import contents
from members.letters.joining.entitled import may_get
from members.letters.sending import suppression
from members.models import Issue, Letter, LetterSubscription, Mailing, Member

PAGE = 1000
TEMPLATE = "members/issue"
NOT_THERE = gettext_lazy("no letters go to this address")
NOT_FOR_THEM = gettext_lazy("not among those the letter is for")


def write_page(issue: Issue, *, now: datetime) -> int:
    """Write down the next thousand of those who receive the letter. Returns how many; fewer than a page: all are.

    Somebody who asks for the letter meanwhile is written down while pages remain. `issue` is told how far it is.
    """
    with transaction.atomic():
        receiving = issue.letter.subscriptions.receiving().filter(pk__gt=issue.written_to).order_by("pk")
        page = list(receiving[:PAGE])
        before, reached, is_last = issue.written_to, page[-1].pk if page else issue.written_to, len(page) < PAGE
        row = Issue.objects.filter(pk=issue.pk, written_to=before, is_written=False)
        if not row.update(written_to=reached, is_written=is_last):
            issue.refresh_from_db(fields=["written_to", "is_written"])
            return 0  # somebody else wrote this page
        Mailing.objects.bulk_create(_copies(issue, page, now), ignore_conflicts=True)
    issue.written_to, issue.is_written = reached, is_last
    return len(page)


def key_of(issue: Issue, row: LetterSubscription) -> str:
    """The key of a copy: once per issue and subscription."""
    return f"issue-{issue.pk}-{row.pk}"


def _copies(issue: Issue, page: list[LetterSubscription], now: datetime) -> list[Mailing]:
    """A row for each of them; two queries for a page."""
    wanted = [row.member_id for row in page if row.member_id]
    people = Member.objects.filter(pk__in=wanted)
    if issue.letter.audience != Audience.EVERYONE:
        people = people.with_standing(now)
    members = {member.pk: member for member in people}
    emails = {row.pk: members[row.member_id].email if row.member_id else row.email for row in page}
    barred = suppression.among(emails.values())
    copies = []
    for row in page:
        member, email = members.get(row.member_id or 0), emails[row.pk]
        because = str(NOT_THERE) if email.lower() in barred else _because(issue.letter, member, now)
        copies.append(
            Mailing(
                key=key_of(issue, row), issue=issue, subscription=row, member=member, email=email, template=TEMPLATE,
                status=Mailing.Status.SUPPRESSED if because else Mailing.Status.QUEUED, error=because,
                queued_at=now, settled_at=now if because else None,
            )
        )  # fmt: skip
    return copies


def _because(letter: Letter, member: Member | None, now: datetime) -> str:
    """Why the letter is not for them; empty where it is."""
    if letter.audience == Audience.EVERYONE:
        return ""
    return "" if may_get(letter, contents.recipient(member), now) else str(NOT_FOR_THEM)
