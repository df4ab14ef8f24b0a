"""What the tests of letters made of stories begin with: a letter with readers, a draft, and its form as sent."""

from datetime import datetime
from typing import Any

from articles.letters import composing
from articles.letters.composing import Pick, Words
from articles.models import Article
from members.models import Issue, Letter, LetterSubscription, Member
from tests.factories import MemberFactory


def make_letter(now: datetime, *, readers: int = 2, **fields: Any) -> Letter:
    """A letter with so many readers; one of them, if any, has an account."""
    letter = Letter.objects.create(**{"slug": "weekly", "name": "Weekly", **fields})
    member = MemberFactory(email=f"{letter.slug}-0@example.org") if readers else None
    for place in range(readers):
        LetterSubscription.objects.create(
            letter=letter,
            email=f"{letter.slug}-{place}@example.org",
            member=None if place else member,
            confirmed_at=now,
        )
    return letter


def make_draft(letter: Letter, *stories: Article, by: Member | None = None, **words: str) -> Issue:
    """A draft that could go out."""
    picks = [Pick(story.pk) for story in stories]
    return composing.put_down(letter, Words(**{"subject": "This week", **words}), picks, by=by)


def sent_form(issue: Issue, **changes: Any) -> dict[str, Any]:
    """What the browser would send: the draft's form as it is, with `changes`."""
    issue = Issue.objects.get(pk=issue.pk)
    picks = composing.picks_of(issue)
    rows: dict[str, Any] = {"story": [pick.story_id for pick in picks]}
    for place, pick in enumerate(picks, start=1):
        rows |= {f"{name}-{pick.story_id}": value for name, value in _row(place, pick).items()}
    words = composing.words_of(issue)
    shown = {"subject": words.subject, "preheader": words.preheader, "intro": words.intro}
    return {**shown, "seen": composing.seen_of(issue), "at": "2026-11-24T07:00", "press": "save", **rows, **changes}


def _row(place: int, pick: Pick) -> dict[str, Any]:
    return {"place": place, "carries": pick.carries, "note": pick.note}
