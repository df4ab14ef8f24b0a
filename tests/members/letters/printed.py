"""Issues and readers for tests of what letters carry: stories with a marker past their teaser, readers of each kind."""

from dataclasses import asdict
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from members.gate import Audience, Terms
from members.letters.issues.making import StoryNotice
from members.letters.issues.rendering import Press
from members.models import Complimentary, Grant, Issue, Letter, LetterSubscription, Mailing, Member, Tier
from tests.factories import MemberFactory, make_article

OPEN = "Open &amp; free."


def marker(story: int | str) -> str:
    """What stands only past the teaser of that story."""
    return f"zq{story}hidden"


def notice(name: str, audience: str = Audience.EVERYONE, *, story: Any = None, **fields: Any) -> StoryNotice:
    """A story as letters are told of it; `terms` are added to its own."""
    story = story or make_article(audience=audience)
    terms = asdict(Terms(story.pk, audience, timezone.now() - timedelta(hours=1))) | fields.pop("terms", {})
    known = {
        "story_id": story.pk,
        "headline": f"Quay sinks: {name}",
        "standfirst": "And nobody owns it.",
        "teaser_html": f"<p>{OPEN}</p>",
        "path": story.get_absolute_url(),
        "terms": {key: value.isoformat() if isinstance(value, datetime) else value for key, value in terms.items()},
        "body_html": f"<p>{OPEN}</p><p>{marker(name)}</p>",
        "carries": Letter.Carries.WHOLE,
    }
    return StoryNotice(**{**known, **fields})


def issue_of(letter: Letter, *notices: StoryNotice, **fields: Any) -> Issue:
    """An issue on its way."""
    known = {"subject": "The week", "state": Issue.State.SENDING, "send_at": timezone.now()}
    content = {"intro_html": fields.pop("intro_html", ""), "stories": [asdict(each) for each in notices]}
    issue: Issue = Issue.objects.create(letter=letter, content=content, **{**known, **fields})
    return issue


def mailing_to(issue: Issue, member: Member | None = None, email: str = "") -> Mailing:
    """A queued copy for a member, or for an address without an account."""
    email = email or (member.email if member else "ann@example.org")
    rows = LetterSubscription.objects
    row, _is_new = rows.get_or_create(
        letter=issue.letter, email=email, defaults={"member": member, "confirmed_at": timezone.now()}
    )
    mailing: Mailing = Mailing.objects.create(
        key=f"issue-{issue.pk}-{row.pk}", issue=issue, subscription=row, member=member, email=email,
        template="members/issue",
    )  # fmt: skip
    return mailing


def copy_for(issue: Issue, member: Member | None = None) -> EmailMultiAlternatives:
    """The message this reader gets."""
    made = Press(issue, timezone.now()).copy(mailing_to(issue, member))
    assert isinstance(made, EmailMultiAlternatives), made
    return made


def parsed(message: EmailMultiAlternatives) -> Parsed:
    """The message as a mail program reads it from the wire."""
    read = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert isinstance(read, Parsed)
    return read


def part(message: Parsed, kind: str) -> str:
    """Its plain text or its HTML."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def patron_of(rank: int, *, lapsed: bool = False) -> Member:
    """A member with a tier of that rank, or one who had it until yesterday."""
    tier, _is_new = Tier.objects.get_or_create(rank=rank, defaults={"slug": f"tier-{rank}", "name": f"Tier {rank}"})
    member: Member = MemberFactory()
    now = timezone.now()
    ends = now - timedelta(days=1) if lapsed else now + timedelta(days=30)
    Complimentary.objects.create(member=member, tier=tier, starts_at=now - timedelta(days=40), ends_at=ends, reason="x")
    Grant.objects.rebuild(member)
    return member
