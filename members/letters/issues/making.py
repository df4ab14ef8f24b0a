"""Issues of letters: what goes out, fixed in words at the moment it is made."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from members.models import Issue, Letter, Mailing


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

    Effects: issues and the jobs that send them; commits with the caller's transaction.
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
                jobs.queue_issue(issue.pk)


def stop_story(story_id: int, *, now: datetime) -> int:
    """A story was withdrawn: its letters' pages close, what is still queued is not sent. Returns how many copies."""
    from members.letters.sending import mailings

    Issue.objects.filter(story_id=story_id, withdrawn_at=None).update(withdrawn_at=now)
    return mailings.suppress(Mailing.objects.filter(issue__story_id=story_id), because="withdrawn", now=now)


def reopen_story(story_id: int) -> None:
    """A withdrawn story is back: so are its letters' pages. What was not sent stays so."""
    Issue.objects.filter(story_id=story_id).update(withdrawn_at=None)
