"""Who reported, an e-mail address, a network, what is held, rejected or was said before, a moderator's name and notes:
these are on no face but the desk's. Each is a word of its own here, looked for wherever anybody may look.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Byline
from comments import jobs
from comments.models import Follow, Mute, Reaction, Reply, Ruling, Sanction, Version
from comments.moderation import appeals, reports, sanctions, verbs
from comments.notices import telling
from comments.threads.orders import Order
from members.models import Member
from newsroom import rights
from newsroom.groups import MODERATORS
from tests.articles.test_leaks import patterns
from tests.comments.conftest import discussion_of, say
from tests.comments.listening import sent, wish
from tests.factories import AuthorFactory, MemberFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
FRAGMENT = {"HTTP_X_FRAGMENT": "1"}
IN_PARTS = ("/replies/in/", "/replies/to/", "/replies/feed/")  # where a script asks
OF_BOB = {"zqheld", "zqrejected", "zqreason", "zqmessage", "zqpleads", "zqbob@"}  # his words, or said to him
NEVER = {"zqmoderator", "zqnote", "zqreporter", "zqcomplaint", "zqnetwork", "zqearlier", "zqmuter"}
OTHERS = {"zqalice@", "zqmoe@", "zqrita@", "zqfan", "zqmuter@"}
SECRETS = OF_BOB | NEVER | OTHERS


@dataclass(frozen=True)
class Talk:
    """A discussion in which everything happened that readers are not told of."""

    story: Article
    alice: Member  # who is read and reported
    bob: Member  # who is held, rejected and warned
    reporter: Member
    follower: Member
    moderator: Member
    seen: Reply
    held: Reply
    rejected: Reply
    ruling: Ruling
    sanction: Sanction

    @classmethod
    def held_over(cls, story: Article) -> "Talk":
        """All of it, through the verbs."""
        now = timezone.now()
        alice, bob = MemberFactory(name="Alice", email="zqalice@example.org"), MemberFactory(email="zqbob@example.org")
        reporter = MemberFactory(name="zqreporter", email="zqrita@example.org")
        moderator = MemberFactory(name="zqmoderator", email="zqmoe@example.org", group=MODERATORS)
        MemberFactory(name="Second Moderator", group=MODERATORS)
        muter = MemberFactory(name="zqmuter", email="zqmuter@example.org")
        follower = wish(MemberFactory(email="follower@example.org"), followed="at_once")
        Follow.objects.create(member=follower, discussion=discussion_of(story))
        Byline.objects.create(article=story, author=AuthorFactory(member=alice))
        seen = say(story, "Everybody reads this.", by=alice, ip_digest="zqnetwork", is_featured=True)
        Version.objects.create(reply=seen, text="zqearlier")
        Reaction.objects.create(reply=seen, member=MemberFactory(name="zqfan"))
        Mute.objects.create(member=muter, muted=alice)
        reports.report(seen, by=reporter, reason="hate", note="zqcomplaint", now=now)
        held = say(story, "zqheld", by=bob, under=seen, status=Reply.Status.HELD, ip_digest="zqnetwork")
        rejected = say(story, "zqrejected", by=bob, under=seen, status=Reply.Status.HELD)
        ruling = verbs.reject(rejected, by=moderator, now=now, reason="zqreason", message="zqmessage")
        assert ruling is not None
        until = now + timedelta(days=9)
        sanction = sanctions.impose(bob, "hold", by=moderator, now=now, reason="zqreason", note="zqnote", until=until)
        appeals.appeal(bob, ruling=ruling, text="zqpleads", now=now)
        verbs.pin(seen, by=moderator, now=now)
        return cls(story, alice, bob, reporter, follower, moderator, seen, held, rejected, ruling, sanction)

    def faces(self) -> Iterator[str]:
        """Every address at which the discussion shows, for whoever it shows."""
        discussion = self.seen.discussion_id
        yield from ("/", self.story.get_absolute_url(), self.story.section.get_absolute_url(), "/feed/", "/feed.json")
        yield from (f"/replies/in/{discussion}/?order={order}" for order in Order.values)
        yield from (f"/replies/feed/{discussion}/", f"/replies/feed/{discussion}/?only=picks")
        for reply in (self.seen, self.held, self.rejected):
            yield from (f"/replies/in/{discussion}/?branch={reply.pk}", f"/replies/in/{discussion}/?after={reply.path}")
            yield f"/replies/to/story/{self.story.pk}/?to={reply.pk}"
            yield f"/replies/follow/story/{self.story.pk}/?branch={reply.pk}"
            names = ("reply", "reply_edit", "reply_delete", "reply_mute", "reply_report")
            yield from (reverse(name, args=[reply.pk]) for name in names)
        yield from (reverse("reply_appeal", args=["ruling", row.pk]) for row in Ruling.objects.all())
        yield reverse("reply_appeal", args=["sanction", self.sanction.pk])
        yield from (reverse("reply_mine"), f"/author/{AuthorFactory().slug}/", "/search/?q=everybody", "/archive/")


@pytest.fixture
def talk(story: Any) -> Talk:
    """It, and a story of a section."""
    return Talk.held_over(story)


def said(client: Client, path: str, **headers: str) -> str:
    """An answer with its headers."""
    answer = client.get(path, **headers)
    return f"{answer.headers} {answer.content.decode()}"


def told(text: str, secrets: set[str]) -> set[str]:
    """The secrets in a text."""
    return {secret for secret in secrets if secret in text}


@pytest.mark.parametrize("who", ["nobody", "member", "alice", "bob", "moderator"])
def test_no_public_face_tells_what_is_the_desks(who: str, talk: Talk, cast: Any, signed_in: Any) -> None:
    own = {"bob": OF_BOB, "alice": {"zqalice@"}, "moderator": {"zqmoe@", "zqmoderator"}}  # one's own name is no secret
    people = {"alice": talk.alice, "bob": talk.bob, "moderator": talk.moderator}
    client = Client() if who == "nobody" else signed_in(people.get(who) or getattr(cast, who))
    secrets, found, pages = SECRETS - own.get(who, set()), set(), 0
    for path in talk.faces():
        for headers in ({}, FRAGMENT) if path.startswith(("/replies/in/", "/replies/to/")) else ({},):
            page = said(client, path, **headers)
            pages += "Everybody reads this." in page
            found |= {(path, secret) for secret in told(page, secrets)}
    assert found == set()
    assert pages > 15, "the walk sees the discussion"


def test_the_author_alone_reads_what_waits_and_why_it_was_refused(talk: Talk, cast: Any, signed_in: Any) -> None:
    bob = signed_in(talk.bob)
    assert "zqheld" in said(bob, talk.story.get_absolute_url())
    mine = said(bob, reverse("reply_mine"))
    assert told(mine, SECRETS) == {"zqheld", "zqrejected", "zqreason", "zqmessage"}
    decision = said(bob, reverse("reply_appeal", args=["ruling", talk.ruling.pk]))
    assert told(decision, SECRETS) == {"zqrejected", "zqreason", "zqmessage", "zqpleads"}


def test_structured_data_and_feeds_name_who_speaks_and_no_more(talk: Talk) -> None:
    page = Client().get(talk.story.get_absolute_url()).content.decode()
    blocks = [
        json.loads(part.partition("</script>")[0]) for part in page.split('<script type="application/ld+json">')[1:]
    ]
    comments = [comment for block in blocks for comment in block.get("comment", [])]
    assert [set(comment) for comment in comments] == [
        {"@type", "author", "dateCreated", "text", "upvoteCount", "url"},
    ]
    assert comments[0]["author"] == {"@type": "Person", "name": "Alice"}


def test_mails_carry_to_each_what_is_theirs(talk: Talk) -> None:
    now = timezone.now()
    answer = say(talk.story, "An answer.", by=talk.bob, under=talk.seen)
    Reply.objects.filter(pk=answer.pk).update(announced_at=None)
    telling.tell_answered(answer.pk)
    telling.tell_answered(talk.held.pk)
    telling.decided(talk.ruling, talk.bob.pk)
    telling.tell_decided(talk.ruling.pk)
    removed = verbs.remove(talk.seen, by=talk.moderator, now=now, reason="Too hot.")
    assert removed is not None
    jobs.tell_reporters([talk.seen.pk])
    telling.tell_decided(removed.pk)
    for task in (jobs.mail_notices, jobs.mail_moderators):
        task(timestamp=int((now + timedelta(days=2)).timestamp()))
    letters = {letter.to[0]: everything_in(letter) for letter in sent()}
    theirs = {talk.bob.email: OF_BOB, talk.reporter.email: {"zqreporter", "zqrita@", "zqcomplaint"}}
    theirs |= {talk.alice.email: {"zqalice@"}, talk.moderator.email: {"zqmoderator", "zqmoe@"}}
    assert {talk.bob.email, talk.alice.email, talk.follower.email, talk.reporter.email} <= set(letters)
    for address, letter in letters.items():
        assert told(letter, SECRETS - theirs.get(address, set())) == set(), address


def everything_in(letter: EmailMultiAlternatives) -> str:
    """Every part of a mail, its headers too."""
    parts = [str(content) for content, _kind in letter.alternatives]
    return "\n".join([letter.subject, str(letter.body), *parts, str(letter.extra_headers), str(letter.from_email)])


def test_an_export_holds_ones_own_and_nothing_of_others(talk: Talk, cast: Any) -> None:
    telling.tell_decided(talk.ruling.pk)
    own = {
        talk.bob: OF_BOB,
        talk.alice: {"zqalice@", "zqearlier"},
        talk.reporter: {"zqreporter", "zqrita@", "zqcomplaint"},
        cast.member: set(),
    }
    for member, secrets in own.items():
        text = json.dumps(rights.export(member), default=str)
        assert told(text, SECRETS - secrets) == set(), member
    assert told(json.dumps(rights.export(talk.bob), default=str), SECRETS) >= OF_BOB


def test_a_writer_at_the_desk_reads_nothing_of_it(talk: Talk, cast: Any, signed_in: Any) -> None:
    writer, moderator = signed_in(cast.writer), signed_in(talk.moderator)
    desk = [(name, needed) for name, needed in patterns(admin.site.get_urls()) if name.startswith("comments_")]
    assert len(desk) > 20
    seen: set[str] = set()
    for (name, needed), key in product(desk, (talk.seen.pk, talk.sanction.pk)):
        path = reverse(f"admin:{name}", kwargs=dict.fromkeys(needed, key))
        assert told(said(writer, path), SECRETS - {"zqmoderator"}) == set(), name  # who moderates, colleagues know
        seen |= told(said(moderator, path), SECRETS)
    assert {"zqheld", "zqrejected", "zqearlier", "zqreporter", "zqcomplaint", "zqnote"} <= seen, "the walk can see them"
    assert told(said(writer, "/admin/"), SECRETS) == set()
