"""`python -m tests.bench.paper STORIES REPLIES`: fills an empty database, prints the addresses to ask as JSON."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 - after setup
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402 - as above
from django.db import transaction  # noqa: E402 - as above
from django.utils import timezone  # noqa: E402 - as above

from articles.models import Article  # noqa: E402 - as above
from comments.models import Discussion, Reply  # noqa: E402 - as above
from members.gate import Audience  # noqa: E402 - as above
from members.models import Member  # noqa: E402 - as above
from tests.factories import AuthorFactory, MemberFactory, SectionFactory, make_article, make_patron  # noqa: E402

PAPER = Path(__file__).resolve().parents[2] / "newsroom" / "demo" / "paper" / "stories"
PARAGRAPHS = 14  # a story of about 900 words
SECTIONS = ("city", "politics", "culture", "business", "science", "opinion")


def texts() -> list[str]:
    """Bodies as long as a story is, of the demo paper's own paragraphs: real words compress as real words do."""
    found = [
        paragraph
        for path in sorted(PAPER.glob("*.html"))
        for paragraph in re.findall(r"<p>.*?</p>", path.read_text(encoding="utf-8"), re.DOTALL)
    ]
    bodies = [found[start : start + PARAGRAPHS] for start in range(0, len(found) - PARAGRAPHS, PARAGRAPHS)]
    return ["".join((*body[:4], '<hr data-paywall="here">', *body[4:])) for body in bodies]


def make_stories(count: int) -> Article:
    """`count` live stories, newest last; that one is for patrons."""
    authors = [AuthorFactory() for _ in range(5)]
    sections = [SectionFactory(slug=slug) for slug in SECTIONS]
    bodies, now = texts(), timezone.now()
    for number in range(count, 0, -1):
        story = make_article(
            full_text=bodies[number % len(bodies)],
            section=sections[number % len(sections)],
            published_at=now - timedelta(hours=7 * number),
            audience=Audience.PATRONS if number == 1 else Audience.EVERYONE,
        )
        story.authors.add(authors[number % len(authors)])
    return story


def make_replies(story: Article, count: int) -> None:
    """`count` visible replies, every third an answer to the one before."""
    discussion, _is_new = Discussion.objects.get_or_create(story=story)
    writers = [MemberFactory() for _ in range(10)]
    before = None
    for number in range(count):
        before = Reply.objects.write(
            discussion,
            before if number % 3 == 2 else None,
            text=f"Reply {number}: they knew in the spring, and the minutes of the harbour office say so.",
            posted_at=timezone.now(),
            author=writers[number % len(writers)],
            status=Reply.Status.PUBLISHED,
            announced_at=timezone.now(),
        )


def sign_in(member: Member) -> str:
    """The key of a session in which `member` is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "members.readers.MemberBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def main(stories: int, replies: int) -> None:
    """Fill and tell: the newest story is gated and has replies, the one before is open and has as many."""
    with transaction.atomic():
        gated = make_stories(stories)
        newest, *others = Article.objects.exclude(pk=gated.pk).order_by("-published_at").select_related("section")
        for story in (gated, newest):
            make_replies(story, replies)
        patron, member = make_patron(MemberFactory()), MemberFactory()
        found = {
            "gated": gated.get_absolute_url(),
            "replies": newest.get_absolute_url(),
            "open": others[0].get_absolute_url(),
            "cold": [story.get_absolute_url() for story in others[1:]],
            "section": newest.section.get_absolute_url(),
            "author": newest.authors.get().get_absolute_url(),
            "session": sign_in(patron),
            "member": sign_in(member),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
