"""A site with a row of every model, each with words that are hard to write down: what moves is compared by it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import models

from articles.models import Document, EmbedHost, FrontSlot, Picture
from comments.models import Appeal, Discussion, Mute, Notice, Reply
from members.gate import Audience
from members.models import Ballot, Choice, Issue, MailEvent, Mailing, Round, SiteRules, TopicStep
from newsroom.leaving.part import Table
from newsroom.leaving.parts import PARTS
from tests.factories import Cast, make_article, make_patron
from tests.world import World

HARD = 'Ü\t\\N "é" ’\n\\.\r🙂'  # what COPY, JSON and lines could stumble over
THEN = datetime(2026, 11, 2, 9, 30, 15, 123456, tzinfo=UTC)
LATER = THEN + timedelta(days=90)
ENDS = ("ends_at", "expires_at", "closes_at", "due_at", "settled_at", "done_at", "sent_at", "closed_at")
BLANK = ("story", "page", "branch", "section", "sanction", "merged_into", "original")  # one of two, or none
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)


def build() -> World:
    """The paper of the walks with its people and files, ballots in a closed round and an open one, and one row of
    every other model."""
    world, cast = World.make(), Cast.make()
    picture = Picture.objects.create(alt=HARD[:300], prepared_at=THEN)
    picture.file.save("boat.png", ContentFile(PNG))
    Document(kind="pdf", media_type="application/pdf", title="Plan").file.save("plan.pdf", ContentFile(b"%PDF-1.4"))
    rules = SiteRules.objects.get()
    rules.backed_up_at = THEN
    rules.logo.save("logo.png", ContentFile(PNG))
    vote(Round.objects.get(slug="autumn"), cast)
    vote(world.vote, cast)
    Discussion.objects.filter(story=world.stories[Audience.EVERYONE]).update(pinned=world.replies[Audience.EVERYONE])
    answer(world, cast)
    make_article(slug="unannounced", announced_at=None)
    TopicStep.objects.create(topic=world.topic, kind="published", at=THEN, note="untold")
    for part in PARTS:
        if isinstance(part, Table) and not part.kept().exists():
            row = part.model(**values(part.model, cast))
            models.QuerySet(part.model).bulk_create([row])
    mail(cast)
    return world


def vote(round_: Round, cast: Cast) -> None:
    """Two patrons vote, one for two things, and somebody erased did."""
    options = list(round_.options.order_by("pk"))
    for member, chosen in ((cast.patron, options[:1]), (make_patron(cast.writer), options[:2]), (None, options[1:])):
        standing = Ballot.Standing.COUNTED if round_.closed_at else ""
        ballot = Ballot.objects.create(round=round_, member=member, cast_at=THEN, standing=standing)
        Choice.objects.bulk_create(Choice(ballot=ballot, option=option) for option in chosen)


def answer(world: World, cast: Cast) -> None:
    """A reply to a reply, with what we know of where it came from."""
    first = world.replies[Audience.EVERYONE]
    Reply.objects.write(
        first.discussion, first, text=HARD, posted_at=THEN, author=cast.patron, status="published",
        ip_address="192.0.2.7", ip_digest="d1gest-of-a-network",
    )  # fmt: skip


def mail(cast: Cast) -> None:
    """A mail that waits and one that says who voted, neither of which goes along, with what was said of the second."""
    Mailing.objects.create(key="waits", email="a@example.org", template="members/welcome")
    told = Mailing.objects.create(
        key=f"topics-result-1-{cast.patron.pk}",
        email="a@example.org",
        template="members/topic_result",
        status="accepted",
    )
    MailEvent.objects.create(key="told", kind="opened", provider="x", mailing=told)
    Notice.objects.create(member=cast.editor, about="reply-99", kind="answers", due_at=LATER)


def values(model: type[models.Model], cast: Cast) -> dict[str, Any]:
    """A value for each field that needs one."""
    own: dict[Any, dict[str, Any]] = {
        Mute: {"member": cast.member, "muted": cast.patron},
        Mailing: {"issue": Issue.objects.first(), "status": "accepted", "context": {"leave": "/a-secret-link/"}},
        FrontSlot: {"place": "lead"},
        EmbedHost: {"host": "maps.example.org"},  # goes into a header
        Appeal: {"sanction": None},
    }
    found = {}
    for field in model._meta.concrete_fields:
        if field.primary_key and not field.is_relation:
            continue
        found[field.name] = value_of(field)
    return {**found, **own.get(model, {})}


def value_of(field: "models.Field[Any, Any]") -> Any:
    """What stands in it: hard to write, and where it may be, not what it has by default."""
    if field.is_relation:
        return None if field.name in BLANK and field.null else field.related_model._base_manager.first()  # type: ignore[union-attr]
    if field.choices:
        return next(key for key, _label in field.flatchoices if key)
    if isinstance(field, models.FileField | models.UUIDField | models.BooleanField):
        return field.get_default()
    if isinstance(field, models.DateTimeField):
        return LATER if field.name in ENDS else THEN
    kinds = (
        (models.DateField, date(2026, 11, 2)), (models.TimeField, time(7, 30, 1, 5)), (models.IntegerField, 7),
        (models.JSONField, {"words": [HARD, 1, 2.5, None, {"deep": True}]}),
    )  # fmt: skip
    for kind, value in kinds:
        if isinstance(field, kind):
            return value
    return f"{field.name} {HARD}"[: field.max_length]
