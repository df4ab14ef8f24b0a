"""Who walks: every kind of reader, what each may read of the world's stories, and the words that tell."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from comments.models import Discussion
from members.gate import Audience
from members.models import Complimentary, Grant, Member
from members.models.member import GRACE
from tests.factories import Cast, MemberFactory, TierFactory, make_patron
from tests.surfaces.door import Browser, Door
from tests.world import World, make_reply, make_story, marker, reply_marker

HIGHER = "higher"  # a patrons' story for tiers of rank 2 only
STORIES = (*Audience.values, HIGHER)
NOBODYS, MEMBERS, PATRONS = {Audience.EVERYONE.value}, {"everyone", "members"}, set(Audience.values)
READABLE: dict[str, set[str]] = {
    "anonymous": NOBODYS,
    "member": MEMBERS,
    "lapsed": MEMBERS,
    "lower": PATRONS,
    "patron": {*PATRONS, HIGHER},
    "grace": PATRONS,
    "staff": {*PATRONS, HIGHER},
}
KINDS = tuple(READABLE)


def whole_world() -> World:
    """The world of the walks, and one more story: for the higher tier."""
    world = World.make()
    story = make_story(HIGHER, world.section, world.author, world.tag, world.series, of=Audience.PATRONS)
    story.minimum_tier = TierFactory(slug="tier-2", name="Tier 2", rank=2)
    story.save(update_fields=["minimum_tier"])
    world.stories[HIGHER], world.discussions[HIGHER] = story, Discussion.objects.create(story=story)
    world.replies[HIGHER] = make_reply(world.discussions[HIGHER], HIGHER, Member.objects.get(name="Tess Talker"))
    return world


def person(who: str, cast: Cast) -> Member | None:
    """Somebody of this kind, made; nobody for the anonymous."""
    if who in ("anonymous", "member", "staff"):
        return {"anonymous": None, "member": cast.member, "staff": cast.editor}[who]
    member = MemberFactory(name=who.title())
    make_patron(member, rank=2 if who == "patron" else 1)
    now = timezone.now()
    if who == "lapsed":
        ended = {"starts_at": now - timedelta(days=30), "ends_at": now - timedelta(seconds=1)}
        Complimentary.objects.filter(member=member).update(**ended)
        Grant.objects.rebuild(member)
    if who == "grace":
        Grant.objects.filter(member=member).update(reason=GRACE, source="subscription")
    return member


def browser_of(who: str, cast: Cast, door: Door) -> Browser:
    """Their browser at this door."""
    return door.browser(person(who, cast))


def withheld(who: str) -> list[str]:
    """The words this reader must meet nowhere."""
    hidden = [story for story in STORIES if story not in READABLE[who]]
    return [word for story in hidden for word in (marker(story), reply_marker(story))]


def leaks(said: str, path: str, who: str) -> list[str]:
    """Words that stand where they must not. What was asked may be said back."""
    asked = path.partition("q=")[2].partition("&")[0]
    said = said.replace(asked, "") if asked else said
    return [f"{who}: {path} says {word}" for word in withheld(who) if word in said]


def rows_of(*models: Any) -> dict[str, list[Any]]:
    """Every row of what a reader can change."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
