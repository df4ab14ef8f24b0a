"""Arranging: who stands where on the front page, the parts of a series, the day's brief and the urgent banner.

The one writer of slots. Every verb writes the record and drops the pages that change with it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from articles.front import SECONDS, STRIP
from articles.models import Article, FrontSlot, Series
from articles.models.article import UNSEEN_BY_LISTS
from members.models import AuditEntry, Member, SiteRules
from newsroom.caching import purge

ROOM = {FrontSlot.Place.LEAD: 1, FrontSlot.Place.SECOND: SECONDS, FrontSlot.Place.STRIP: STRIP}
FRONT_KEYS = ("front", "moments")  # `moments`: a pin ends at a stored time
BRIEF_FIELDS = ("brief", "brief_until")
BANNER_FIELDS = ("banner", "banner_level", "banner_url", "banner_from", "banner_until")


class ArrangingError(Exception):
    """What was asked cannot stand; the message is fit to show."""


def place(
    story: Article,
    *,
    at: str,
    position: int = 1,
    shape: str | None = None,
    until: datetime | None = None,
    by: Member,
    now: datetime,
) -> FrontSlot:
    """Put `story` in a place of the front page; who stood there moves down, the last one falls out.

    `at`: a `FrontSlot.Place`; a strip is always that of the story's section. Without `shape` it keeps the one
    it has. A story still to come waits in its place and takes it when it is live. Raises ArrangingError.
    """
    _must_stand(story, at, position, until, now)
    with transaction.atomic():
        slots = _locked_slots()
        had = next((slot for slot in slots if slot.story_id == story.pk), None)
        slot = had or FrontSlot(story=story, shape=FrontSlot.Shape.ABOVE)
        before = _said(had)
        slot.place, slot.position, slot.pinned_until = at, position, until
        slot.section = story.section if at == FrontSlot.Place.STRIP else None
        slot.shape = shape or slot.shape
        slot.placed_by, slot.placed_at = by, now
        _make_room([other for other in slots if other is not slot], slot, now)
        slot.save()
        AuditEntry.objects.note("front.place", by=by, subject=story, changes={"place": [before, _said(slot)]})
        purge(*FRONT_KEYS)
    return slot


def lead(story: Article, *, by: Member, now: datetime) -> FrontSlot:
    """Make it the lead of the front page, at once or as soon as it is live. Raises ArrangingError."""
    return place(story, at=FrontSlot.Place.LEAD, by=by, now=now)


def move(story: Article, *, at: str, position: int, by: Member, now: datetime) -> FrontSlot:
    """Put it elsewhere with the shape and the pin it has. Raises ArrangingError."""
    slot = FrontSlot.objects.filter(story=story).first()
    still = slot.pinned_until if slot and slot.pinned_until and slot.pinned_until > now else None
    return place(story, at=at, position=position, until=still, by=by, now=now)


def clear(story: Article, *, by: Member, now: datetime) -> bool:
    """Take it out of its place and lower its mark as the lead; whether there was any. What is free fills itself."""
    with transaction.atomic():
        slot = FrontSlot.objects.filter(story=story).first()
        marked = Article.objects.filter(pk=story.pk, is_lead=True).update(is_lead=False)
        if slot is None and not marked:
            return False
        said = _said(slot) or str(FrontSlot.Place.LEAD)
        FrontSlot.objects.filter(story=story).delete()
        AuditEntry.objects.note("front.clear", by=by, subject=story, changes={"place": [said, ""]})
        purge(*FRONT_KEYS)
    return True


def follow_mark(story: Article, *, by: Member, now: datetime) -> None:
    """The story's form changed "leads the front page": a story that is approved takes or leaves the place now.

    Before it is approved the mark waits: it counts from the moment the story is live.
    """
    if story.is_lead and story.status == Article.Status.PUBLISHED:
        lead(story, by=by, now=now)
    elif not story.is_lead and FrontSlot.objects.filter(story=story, place=FrontSlot.Place.LEAD).exists():
        clear(story, by=by, now=now)


def number_parts(series: Series, parts: dict[int, int | None], *, by: Member) -> list[str]:
    """Number the stories of `series` ({story key: part, or None}); what is still odd about it, in sentences.

    Pages that say "part 2 of 5" fall with the series.
    """
    with transaction.atomic():
        stories = list(series.articles.select_for_update(of=("self",)).defer(*UNSEEN_BY_LISTS))
        changes: dict[str, Any] = {}
        for story in stories:
            number = parts.get(story.pk, story.series_part)
            if number != story.series_part:
                changes[str(story)] = [story.series_part, number]
                Article.objects.filter(pk=story.pk).update(series_part=number)
        if changes:
            AuditEntry.objects.note("series.order", by=by, subject=series, changes=changes)
            purge(f"series-{series.pk}")
    return odd_parts([parts.get(story.pk, story.series_part) for story in stories])


def odd_parts(numbers: Iterable[int | None]) -> list[str]:
    """What a reader would stumble over: numbers given twice, numbers missing, parts without one."""
    listed = list(numbers)
    given = sorted(number for number in listed if number is not None)
    twice = sorted({number for number in given if given.count(number) > 1})
    missing = sorted(set(range(1, max(given, default=0) + 1)) - set(given))
    found = []
    if twice:
        found.append(_("Given twice: part %(parts)s.") % {"parts": ", ".join(map(str, twice))})
    if missing:
        found.append(_("Missing: part %(parts)s.") % {"parts": ", ".join(map(str, missing))})
    if given and len(given) < len(listed):
        found.append(_("%(count)d without a number: they come last.") % {"count": len(listed) - len(given)})
    return found


def set_brief(text: str, *, until: datetime | None, by: Member, now: datetime) -> None:
    """Set today in brief, on every page at once; empty takes it down. Raises ArrangingError."""
    if text and (until is None or until <= now):
        raise ArrangingError(_("Say until when the brief holds: a time to come."))
    _set_rules({"brief": text, "brief_until": until if text else None}, "site.brief", by)


def set_banner(
    text: str, *, level: str, url: str, starts: datetime | None, until: datetime | None, by: Member, now: datetime
) -> None:
    """Set the urgent banner, from `starts` (None: now) to `until`; empty takes it down. Raises ArrangingError."""
    if text and (until is None or until <= now):
        raise ArrangingError(_("Say when the banner ends: a time to come."))
    if text and starts and until and starts >= until:
        raise ArrangingError(_("The banner would end before it begins."))
    values: dict[str, Any] = {"banner": text, "banner_level": level, "banner_url": url if text else ""}
    values |= {"banner_from": (starts or now) if text else None, "banner_until": until if text else None}
    _set_rules(values, "site.banner", by)


def _set_rules(values: dict[str, Any], verb: str, by: Member) -> None:
    with transaction.atomic():
        SiteRules.objects.get_or_create(pk=1)
        rules = SiteRules.objects.select_for_update().get(pk=1)
        changes = {name: [getattr(rules, name), new] for name, new in values.items() if getattr(rules, name) != new}
        if not changes:
            return
        for name, new in values.items():
            setattr(rules, name, new)
        rules.save(update_fields=[*values, "updated_at"])
        AuditEntry.objects.note(verb, by=by, subject=rules, changes=changes)
        purge("site")


def _must_stand(story: Article, at: str, position: int, until: datetime | None, now: datetime) -> None:
    if story.status != Article.Status.PUBLISHED:
        raise ArrangingError(_("“%(story)s” is not approved: publish or schedule it first.") % {"story": story})
    if at not in ROOM or not 1 <= position <= ROOM[FrontSlot.Place(at)]:
        raise ArrangingError(_("The front page has no such place."))
    if at == FrontSlot.Place.STRIP and (story.section is None or story.section.is_opinion):
        raise ArrangingError(_("“%(story)s” belongs to no section with a strip.") % {"story": story})
    if until is not None and until <= now:
        raise ArrangingError(_("A pin ends at a time to come."))


def _make_room(others: list[FrontSlot], slot: FrontSlot, now: datetime) -> None:
    """Whoever stands where `slot` wants to stand moves down by one, and so on; who has no place left is let go.

    The present lead stays until a story still to come is live.
    """
    same = [other for other in others if (other.place, other.section_id) == (slot.place, slot.section_id)]
    if slot.place == FrontSlot.Place.LEAD:
        _let_go([other for other in same if slot.story.is_live(now) or not other.story.is_live(now)])
        FrontSlot.objects.filter(pk__in=[other.pk for other in same]).update(position=2)
        return
    standing = {other.position: other for other in sorted(same, key=lambda other: -other.position)}
    position, moved = slot.position, standing.get(slot.position)
    while moved is not None:
        position += 1
        following = standing.get(position)
        if position > ROOM[FrontSlot.Place(slot.place)]:
            _let_go([moved])
        else:
            FrontSlot.objects.filter(pk=moved.pk).update(position=position)
        moved = following


def _locked_slots() -> list[FrontSlot]:
    """Every slot with its story; whoever arranges next waits until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('front'))")  # rows to lock may not be there yet
    unseen = [f"story__{name}" for name in UNSEEN_BY_LISTS]
    return list(FrontSlot.objects.select_related("story").defer(*unseen))


def _let_go(slots: list[FrontSlot]) -> None:
    FrontSlot.objects.filter(pk__in=[slot.pk for slot in slots]).delete()


def _said(slot: FrontSlot | None) -> str:
    """A slot as the record says it: `second 2 until 2026-11-03 18:00, above`."""
    if slot is None:
        return ""
    where = f"{slot.place} {slot.position}" if slot.place != FrontSlot.Place.LEAD else str(slot.place)
    until = f" until {slot.pinned_until:%Y-%m-%d %H:%M} UTC" if slot.pinned_until else ""
    return f"{where}{until}, {slot.shape}"
