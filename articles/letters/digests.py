"""Letters that put themselves together by a schedule, in the site's time zone.

New is what the world was told of after the last issue's cut and up to this one's hour, was out for less than a day when
it was told, and was not imported: backdated and imported stories are announced silently and are no news here either.
The cut is the hour in the schedule, not the moment the job ran: an issue made late, after a stop, holds what it would
have held, a story told later waits for the next one, and an hour with nothing new makes no issue at all. What was
missed is made later the same day; a whole day missed is carried by the next issue.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.letters import composing, issuing, recipients
from articles.letters.composing import Pick, Words
from articles.letters.notices import FRESH_FOR
from articles.models import Article, FrontSlot
from members.models import Issue, Letter

Digest = Letter.Digest
FRIDAY = 5
FIRST = {Digest.DAILY: timedelta(hours=24), Digest.WORKDAYS: timedelta(hours=24), Digest.WEEKLY: timedelta(days=7)}
LONGEST = {Digest.DAILY: timedelta(days=7), Digest.WORKDAYS: timedelta(days=7), Digest.WEEKLY: timedelta(days=14)}
LINE = 200  # characters of subject and preview line


def hour_of(letter: Letter, now: datetime) -> datetime | None:
    """Today's hour of the letter as UTC, whether past or to come; None on a day without an issue.

    An hour that the clock skips in spring comes as much later; one that it repeats in autumn is the first.
    """
    today = timezone.localdate(now, timezone.get_default_timezone())
    if letter.digest_at is None or letter.digest == Digest.NONE:
        return None
    if letter.digest == Digest.WORKDAYS and today.isoweekday() > FRIDAY:
        return None
    if letter.digest == Digest.WEEKLY and today.isoweekday() != letter.digest_weekday:
        return None
    return datetime.combine(today, letter.digest_at, tzinfo=timezone.get_default_timezone()).astimezone(UTC)


def period_of(letter: Letter, hour: datetime) -> str:
    """What makes an issue the only one of its time: `2026-11-23`, or the week, `2026-W47`."""
    day = timezone.localdate(hour, timezone.get_default_timezone())
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}" if letter.digest == Digest.WEEKLY else day.isoformat()


def due(now: datetime) -> list[int]:
    """Keys of the letters whose hour has come today and that have no issue of it yet. Two queries."""
    wanted: dict[int, str] = {}
    for letter in Letter.objects.digests():
        hour = hour_of(letter, now)
        if hour is not None and hour <= now:
            wanted[letter.pk] = period_of(letter, hour)
    made = set(Issue.objects.filter(letter__in=wanted, period__isnull=False).values_list("letter_id", "period"))
    return [pk for pk, period in wanted.items() if (pk, period) not in made]


def put_together(letter_id: int, *, now: datetime) -> Issue | None:
    """Make the issue of this hour and hand it over, or leave it as a draft where a person is to send it.

    None where it is not due, was made before, nothing is new, or nobody would get it. Twice has the effect of once:
    the letter's row is locked, and the database takes one issue of a period.
    """
    with transaction.atomic():
        letters = Letter.objects.digests().select_related("minimum_tier").select_for_update(of=("self",))
        letter = letters.filter(pk=letter_id).first()
        hour = hour_of(letter, now) if letter else None
        if letter is None or hour is None or hour > now:
            return None
        period = period_of(letter, hour)
        if letter.issues.filter(period=period).exists():
            return None
        stories = news(letter, since=last_cut(letter, hour), until=hour, now=now)
        if not stories or not (letter.digest_waits or recipients.how_many(letter, now)):
            return None
        picks = [Pick(story.pk, letter.carries) for story in stories]
        issue = composing.put_down(letter, words(stories), picks, by=None, period=period, until=hour.isoformat())
        if not letter.digest_waits:
            issuing.schedule(issue, at=None, by=None, now=now)
            issue.refresh_from_db()
    return issue


def last_cut(letter: Letter, hour: datetime) -> datetime:
    """Where the last issue stopped; a day or a week back for the first one and after a long rest."""
    kind = Digest(letter.digest)
    rows = letter.issues.filter(period__isnull=False).order_by("-made_at").values_list("content__until", flat=True)
    said = rows.first()
    if said is None:
        return hour - FIRST[kind]
    return max(min(datetime.fromisoformat(said), hour), hour - LONGEST[kind])


def news(letter: Letter, *, since: datetime, until: datetime, now: datetime) -> list[Article]:
    """The new stories of the letter's sections, those of the front page first, then the newest. Two queries.

    What is paid for is no news.
    """
    stories = (
        Article.objects.live(now)
        .filter(announced_at__gt=since, announced_at__lte=until, legacy_key=None)
        .filter(live_from__gt=F("announced_at") - FRESH_FOR)
        .exclude(kind=Article.Kind.SPONSORED)
    )
    if letter.section_ids:
        stories = stories.filter(section__in=letter.section_ids)
    slots = [slot.story_id for slot in sorted(FrontSlot.objects.holding(now), key=_prominence)]
    places = [When(pk=pk, then=Value(place)) for place, pk in enumerate(slots)]
    place = Case(*places, default=Value(len(slots)), output_field=IntegerField())
    ordered = stories.annotate(place=place).order_by("-is_lead", "place", "-live_from", "-pk")
    return list(ordered.without_text()[: letter.digest_most])


def words(stories: list[Article]) -> Words:
    """Subject and preview line: the first headline and how many more; the next headlines."""
    first, others = stories[0].headline, stories[1:]
    more = ngettext(", and %(n)d more", ", and %(n)d more", len(others)) % {"n": len(others)} if others else ""
    subject = f"{_shortened(first, LINE - len(more))}{more}"
    return Words(subject, _shortened(" · ".join(story.headline for story in others[:3]), LINE))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else _("%(text)s…") % {"text": text[: most - 1].rstrip()}


def _prominence(slot: FrontSlot) -> tuple[int, int]:
    order = [FrontSlot.Place.LEAD, FrontSlot.Place.SECOND, FrontSlot.Place.STRIP]
    return (order.index(FrontSlot.Place(slot.place)), slot.position)
