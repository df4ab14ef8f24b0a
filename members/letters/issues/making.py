"""Issues of letters: what goes out, fixed in words at the moment it is made; and stories that are taken back."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from members.letters.issues import contents
from members.letters.sending import mailings, steering
from members.models import Issue, Letter, Mailing
from newsroom.caching import purge


@dataclass(frozen=True, slots=True)
class StoryNotice:
    """A new story as letters need it, in plain values: members know nothing of articles.

    `teaser_html` is what everybody may read, `body_html` the whole story for those whom the gate lets (empty:
    the letter carries the teaser); `path` starts with a slash; `terms` are the gate's, times as ISO text;
    `carries` says how much of it stands in the letter, `note` is a line of the editor's above it. `withdrawn`:
    it was taken back after the issue was made; nobody sees anything of it.
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
    withdrawn: bool = False


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
                    "content": {"intro_html": "", "stories": [_as_carried(notice, letter)]},
                    "state": Issue.State.SENDING,
                    "send_at": timezone.now(),
                },
            )
            if is_new:
                purge(letter.page_key)
                jobs.queue_issue(issue.pk)


def _as_carried(notice: StoryNotice, letter: Letter) -> dict[str, Any]:
    """The story as this letter carries it: one that never shows the whole text does not hold it."""
    body = notice.body_html if letter.carries == Letter.Carries.WHOLE else ""
    return {**asdict(notice), "carries": letter.carries, "body_html": body}


def stop_story(story_id: int, *, now: datetime) -> int:
    """A story was withdrawn: no letter and no letter's page shows it any more.

    An issue that has no other story closes, and if it is not out yet it stops: what is still queued of it is not
    sent. Returns how many copies. Effects: issues, mailings, the cached pages of those issues.
    """
    with transaction.atomic():
        return sum(_take_out(issue, story_id, now) for issue in _carrying(story_id))


def reopen_story(story_id: int) -> None:
    """A withdrawn story is back: so is it in its letters' pages. What was not sent stays so."""
    with transaction.atomic():
        for issue in _carrying(story_id):
            _mark(issue, story_id, withdrawn=False)
            issue.withdrawn_at = None
            issue.save(update_fields=["content", "withdrawn_at"])


def _carrying(story_id: int) -> QuerySet[Issue]:
    """The issues with that story, locked; drafts are read anew before they are sent."""
    found = Issue.objects.filter(content__stories__contains=[{"story_id": story_id}])
    return (
        found.exclude(state=Issue.State.DRAFT).select_related("letter").select_for_update(of=("self",)).order_by("pk")
    )


def _take_out(issue: Issue, story_id: int, now: datetime) -> int:
    """Mark the story; an issue with no other closes, one under way stops. Returns how many copies are not sent."""
    _mark(issue, story_id, withdrawn=True)
    if any(not story.get("withdrawn") for story in contents.stories_of(issue)):
        issue.save(update_fields=["content"])
        return 0
    issue.withdrawn_at = issue.withdrawn_at or now
    issue.save(update_fields=["content", "withdrawn_at"])
    because = _("the story was taken back")
    if issue.state in steering.UNDER_WAY:
        return steering.stop(issue, reason=because, by=None, now=now)
    return mailings.suppress(Mailing.objects.filter(issue=issue), because=because, now=now)


def _mark(issue: Issue, story_id: int, *, withdrawn: bool) -> None:
    for story in contents.stories_of(issue):
        if story["story_id"] == story_id:
            story["withdrawn"] = withdrawn
    purge(f"issue-{issue.pk}", issue.letter.page_key)
