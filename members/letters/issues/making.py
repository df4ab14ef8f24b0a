"""Issues of letters: what goes out, fixed in words at the moment it is made, one mailing per recipient.

Recipients are written down page by page, each page and its jobs in one transaction, so a worker killed
anywhere loses nobody and writes nobody down twice.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.types import JSONDict

from members.models import Issue, Letter, LetterSubscription, Mailing

PAGE = 1000


@dataclass(frozen=True, slots=True)
class StoryNotice:
    """A new story as letters need it, in plain values: members know nothing of articles.

    `teaser_html` is what everybody may read, `body_html` the whole story for those whom the gate lets (empty:
    the letter carries the teaser); `path` starts with a slash; `terms` are the gate's, times as ISO text;
    `carries` says how much of it stands in the letter, `note` is a line of the editor's above it.
    """

    story_id: int
    headline: str
    standfirst: str
    teaser_html: str
    path: str
    terms: dict[str, Any] = field(default_factory=dict)
    body_html: str = ""
    section_id: int | None = None
    carries: str = Letter.Carries.TEASER
    note: str = ""


def queue_for_story(notice: StoryNotice) -> None:
    """Make one issue of each letter that sends new stories of its section; a story is never in the same letter twice.

    Effects: issues and the jobs that write their recipients down; commits with the caller's transaction.
    """
    from members.letters import jobs

    with transaction.atomic():
        for letter in Letter.objects.of_new_stories():
            if letter.section_ids and notice.section_id not in letter.section_ids:
                continue
            issue, is_new = Issue.objects.get_or_create(
                letter=letter,
                story_id=notice.story_id,
                defaults={
                    "subject": notice.headline[:200],
                    "content": {"intro_html": "", "stories": [{**asdict(notice), "carries": letter.carries}]},
                    "state": Issue.State.SENDING,
                    "send_at": timezone.now(),
                },
            )
            if is_new:
                jobs.queue_recipients.defer(issue_id=issue.pk, after=0)


def queue_page(issue: Issue, *, after: int) -> int:
    """Write down the next recipients, those with a subscription id past `after`, and defer their mails.

    Returns how many there were; a whole page defers the next one. Running it again adds nothing.
    """
    from members.letters import jobs

    with transaction.atomic():
        receiving = issue.letter.subscriptions.receiving().filter(pk__gt=after).order_by("pk")
        page = list(receiving.select_related("member")[:PAGE])
        Mailing.objects.bulk_create([_copy(issue, row) for row in page], ignore_conflicts=True)
        keys = [_key(issue, row) for row in page]
        due = Mailing.objects.filter(key__in=keys, status=Mailing.Status.QUEUED).values_list("pk", flat=True)
        copies: list[JSONDict] = [{"mailing_id": pk} for pk in due]
        jobs.send_mailing.batch_defer(*copies)
        if len(page) == PAGE:
            jobs.queue_recipients.defer(issue_id=issue.pk, after=page[-1].pk)
    return len(page)


def stop_story(story_id: int, *, now: datetime) -> int:
    """A story was withdrawn: its letters' pages close, what is still queued is not sent. Returns how many copies."""
    Issue.objects.filter(story_id=story_id, withdrawn_at=None).update(withdrawn_at=now)
    queued = Mailing.objects.filter(issue__story_id=story_id, status=Mailing.Status.QUEUED)
    return queued.update(status=Mailing.Status.SUPPRESSED, error="withdrawn")


def reopen_story(story_id: int) -> None:
    """A withdrawn story is back: so are its letters' pages. What was not sent stays so."""
    Issue.objects.filter(story_id=story_id).update(withdrawn_at=None)


def _key(issue: Issue, row: LetterSubscription) -> str:
    return f"issue-{issue.pk}-{row.pk}"


def _copy(issue: Issue, row: LetterSubscription) -> Mailing:
    return Mailing(
        key=_key(issue, row),
        issue=issue,
        subscription=row,
        member=row.member,
        email=row.member.email if row.member else row.email,
        template="members/story",
    )
