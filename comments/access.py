"""The gate, asked for a request: who may see replies, and who may write one.

Replies quote the story, so who may not read it sees none of them. Story, topic and page become one
`Subject` here; nothing behind this module asks which of the three it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.crypto import salted_hmac

from articles.models import Article, Page
from articles.models.article import UNSEEN_BY_LISTS
from comments.closing import why_closed
from comments.models import SUBJECTS, Discussion, Reply
from comments.refusals import refusal
from members.gate import (
    ANONYMOUS,
    NO_METER,
    Allowance,
    Audience,
    Decision,
    Reader,
    ReplyRight,
    Terms,
    decide,
    decide_reply,
)
from members.models import Member, SiteRules, Tier, Topic
from newsroom.network import client_address, network_prefix

Thing = Article | Topic | Page
MODERATE = "comments.moderate_reply"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is discussed: a story, topic or page, its terms, and its discussion once there is one.

    `why_closed`: the sentence that says so where no replies are taken, else empty.
    """

    kind: str
    thing: Thing
    terms: Terms
    discussion: Discussion | None
    why_closed: str = ""

    @property
    def path(self) -> str:
        """Its public address."""
        return self.thing.get_absolute_url()

    @property
    def cache_key(self) -> str:
        """The key of its own page."""
        return thing_key(self.thing)


@dataclass(frozen=True, slots=True)
class Poster:
    """Who writes: the account, the gate's view of it, and a keyed hash of the network."""

    member: Member
    reader: Reader
    allowance: Allowance = NO_METER
    network: str = ""


def kind_of(thing: Thing) -> str:
    """`story`, `topic` or `page`."""
    return next(kind for kind, model in SUBJECTS.items() if isinstance(thing, model))


def thing_key(thing: Thing) -> str:
    """What goes stale when it changes, or gets its first reply."""
    kind = kind_of(thing)
    return f"{'article' if kind == 'story' else kind}-{thing.pk}"


def subject_of(thing: Thing, discussion: Discussion | None, rules: SiteRules, now: datetime) -> Subject:
    """`thing` with its terms; replies end where its discussion, its section or the site's rules say so."""
    terms = _terms(thing, rules)
    why = why_closed(thing, discussion, terms, rules, now)
    if why:
        terms = replace(terms, reply_right=ReplyRight.CLOSED)
    return Subject(kind_of(thing), thing, terms, discussion, why)


def _terms(thing: Thing, rules: SiteRules) -> Terms:
    if isinstance(thing, Article):
        return thing.terms(rules)
    if isinstance(thing, Topic):
        is_public = thing.status not in (Topic.Status.PROPOSED, Topic.Status.MERGED)
        live_from, right = (thing.proposed_at if is_public else None), rules.reply_right
    else:
        live_from = thing.updated_at if thing.is_published else None
        right = rules.reply_right if thing.replies_open else ReplyRight.CLOSED
    return Terms(story_id=0, audience=Audience.EVERYONE, live_from=live_from, reply_right=right)


def subject_or_404(request: Any, kind: str, pk: int) -> Subject:
    """The story, topic or page if the request's reader may know of it, with its discussion: one query.

    Another where silence closes discussions.
    """
    model: Any = SUBJECTS[kind]
    rows = model.objects.select_related("discussion")
    if kind == "story":
        rows = rows.select_related("minimum_tier", "section").defer(*UNSEEN_BY_LISTS)
    thing = rows.filter(pk=pk).first()
    if thing is None:
        raise Http404
    discussion: Discussion | None = getattr(thing, "discussion", None)
    if discussion is not None and request.furniture.rules.close_silent_after_days is not None:
        discussion = Discussion.objects.with_last().get(pk=discussion.pk)
    subject = subject_of(thing, discussion, request.furniture.rules, request.now)
    if not request.reader.on_staff and not subject.terms.is_live(request.now):
        raise Http404
    return subject


def discussion_or_404(request: Any, pk: int, *, to_read: bool = True) -> tuple[Discussion, Subject]:
    """Discussion `pk` with its count and its subject, if the request's reader may see its replies: one query.

    `to_read=False` is content with a reader who may know of the story: it leads to its wall.
    """
    discussion = Discussion.objects.with_subject().with_count().with_last().filter(pk=pk).first()
    if discussion is None:
        raise Http404
    subject = subject_of(discussion.subject, discussion, request.furniture.rules, request.now)
    is_known = request.reader.on_staff or subject.terms.is_live(request.now)
    if not is_known or (to_read and not may_read(request, subject.terms)):
        raise Http404
    return discussion, subject


def reply_or_404(request: Any, pk: int, *, to_read: bool = True) -> tuple[Reply, Subject]:
    """Reply `pk` with its discussion, and what it stands under, if the reader sees both. Two queries."""
    reply = Reply.objects.shown_to(request.reader.member_id).select_related("author").filter(pk=pk).first()
    if reply is None:
        raise Http404
    reply.discussion, subject = discussion_or_404(request, reply.discussion_id, to_read=to_read)
    return reply, subject


def own_reply_or_404(request: Any, pk: int) -> tuple[Reply, Subject, Member]:
    """Like `reply_or_404`, and the request's member, who wrote it."""
    reply, subject = reply_or_404(request, pk)
    if reply.author is None or reply.author_id != request.reader.member_id:
        raise Http404
    return reply, subject, reply.author


def answered_by(request: Any, subject: Subject, pk: int | None) -> Reply | None:
    """The reply `pk` that somebody wants to answer, if the reader sees it under this subject."""
    if not pk or subject.discussion is None or not may_read(request, subject.terms):
        return None
    shown = Reply.objects.of(subject.discussion).visible().published().select_related("author")
    found: Reply | None = shown.filter(pk=pk).first()
    return found


def may_read(request: Any, terms: Terms) -> bool:
    """Whether the request's reader sees what stands under a story of these terms."""
    reader, allowance = _standing(request, terms)
    return decide(terms, reader, allowance, request.now) is Decision.READ


def around(request: Any, subject: Subject) -> dict[str, Any]:
    """What templates print beside replies: where to write, what this reader may do, who they are."""
    reader, allowance = _standing(request, subject.terms)
    return {
        "subject": subject,
        "write_path": reverse("reply_write", args=[subject.kind, subject.thing.pk]),
        "decision": decide_reply(subject.terms, reader, allowance, request.now).value,
        "refusal": refusal(subject.terms, reader, allowance, request.now, why_closed=subject.why_closed),
        "replying_tiers": Tier.objects.replying,  # asked by a template that names them
        "member": request.member if reader.is_member else None,
        "moderates": reader.on_staff and request.user.has_perm(MODERATE),
    }


def poster_of(request: Any, terms: Terms) -> Poster:
    """The signed-in member as one who writes."""
    reader, allowance = _standing(request, terms)
    prefix = network_prefix(client_address(request))
    network = salted_hmac("comments.network", prefix, algorithm="sha256").hexdigest()
    return Poster(request.user, reader, allowance, network)


def is_for_everybody(request: Any) -> bool:
    """Whether the page is kept and shown to everybody who is not signed in: it is made for nobody in particular."""
    return getattr(request, "edge_seconds", None) is not None and not request.reader.is_member


def _standing(request: Any, terms: Terms) -> tuple[Reader, Allowance]:
    """The reader and what is left of the meter. On a page kept for everybody an anonymous one has neither."""
    rules = request.furniture.rules
    if is_for_everybody(request):
        return ANONYMOUS, Allowance(switched_on=rules.meter_is_on)
    counts = rules.meter_is_on and terms.audience_at(request.now) == Audience.METERED
    return request.reader, request.meter.allowance(terms.story_id) if counts else NO_METER
