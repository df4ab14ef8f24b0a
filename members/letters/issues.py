"""Issues of letters: what goes out, fixed in words at the moment it is made."""

from dataclasses import asdict, dataclass, field
from typing import Any

from members.models import Issue, Letter


@dataclass(frozen=True, slots=True)
class StoryNotice:
    """A new story as letters need it, in plain values: members know nothing of articles.

    `teaser_html` is what everybody may read; `path` starts with a slash; `terms` are the gate's, with
    times as ISO text.
    """

    story_id: int
    headline: str
    standfirst: str
    teaser_html: str
    path: str
    terms: dict[str, Any] = field(default_factory=dict)


def queue_for_story(notice: StoryNotice) -> None:
    """Make one issue of each letter that sends new stories; a story is never in the same letter twice."""
    letters = Letter.objects.filter(is_active=True, sends_new_stories=True)
    Issue.objects.bulk_create(
        [
            Issue(letter=letter, subject=notice.headline, story_id=notice.story_id, content=asdict(notice))
            for letter in letters
        ],
        ignore_conflicts=True,
    )
