"""The home of the desk: what waits for whoever opens it, across the apps.

One query asks for everything this member may see (keys of stories, and facts as JSON), two more load the stories,
one looks for complaints about letters.
What somebody may not see is not asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django.utils import timezone

from articles.desk.gate.warnings import Warned
from articles.desk.rights import within
from articles.models import Article, MissedAddress, OutgoingLink, Picture, Redirect, StoryReads, WorkingCopy
from comments.models import Appeal, Reply, Report
from members.letters.sending.figures import Complaints, complaints
from members.models import Issue, Member, SiteRules, Topic
from members.money.desk import watch
from members.topics.loop.lateness import late
from members.topics.rounds.glance import Glance

ROWS, FEW, COUNTED, ON_CALENDAR = 8, 5, 100, 60  # `COUNTED`: from there on a number is "100 and more"
JUST_NOW, A_DAY, DAYS = timedelta(hours=24), timedelta(days=1), 7
RIGHTS_WARN = timedelta(days=14)
SILENCE = timedelta(seconds=60)  # an approved story is announced within this, or the worker is down
UNAPPROVED = (Article.Status.DRAFT, Article.Status.READY)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Text of mine that was never saved. `story` is None where it is no row yet; `key` finds it."""

    key: str
    story: int | None
    headline: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A story on the calendar. A planned one is not approved yet."""

    story: Article
    at: datetime
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar, in the site's zone."""

    day: date
    entries: list[Entry]


@dataclass(frozen=True)
class Home:
    """What the desk's home shows. Lists hold stories without their texts; what nobody asked for is empty."""

    drafts: list[Article] = field(default_factory=list)
    ready: list[Article] = field(default_factory=list)
    scheduled: list[Article] = field(default_factory=list)
    published: list[Article] = field(default_factory=list)
    late: list[Article] = field(default_factory=list)
    without_section: list[Article] = field(default_factory=list)
    week: list[Day] = field(default_factory=list)
    unsaved: list[Unsaved] = field(default_factory=list)
    topics: list[dict[str, Any]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)
    dead_links: list[dict[str, Any]] = field(default_factory=list)
    most_read: list[dict[str, Any]] = field(default_factory=list)
    late_topics: list[dict[str, Any]] = field(default_factory=list)
    unannounced: int = 0
    held_replies: int = 0
    reported_replies: int = 0
    open_appeals: int = 0
    proposals: int = 0
    pictures_without_alt: int = 0
    rights_ending: int = 0
    rights_ended: int = 0
    backup: str = ""
    backed_up_at: datetime | None = None
    money: dict[str, Any] = field(default_factory=dict)
    gate: list[Warned] = field(default_factory=list)
    spam: list[Complaints] = field(default_factory=list)
    waiting_letters: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_stories(self) -> bool:
        """Whether any story waits, goes out or came out."""
        return any([self.drafts, self.ready, self.scheduled, self.published, self.unsaved, self.late])

    @property
    def needs_a_look(self) -> bool:
        """Whether anything is wrong."""
        replies = (self.held_replies, self.reported_replies, self.open_appeals)
        counts = (self.unannounced, *replies, self.pictures_without_alt, self.rights_ending, self.rights_ended)
        is_money = self.money.get("is_troubled", False)
        lists = (
            self.late, self.without_section, self.dead_links, self.late_topics, self.gate, self.waiting_letters,
            self.spam,
        )  # fmt: skip
        return any([*lists, self.backup, is_money, *counts])


def home(
    member: Any, now: datetime, *, gate: Iterable[Warned] = (), vote: Callable[[], Glance | None] = lambda: None
) -> Home:
    """What waits for this member of staff, and what is odd about the `gate` for who may see that.

    `vote`: asked for the open vote, whose leading topics are shown where readers see them too.

    At most four queries (six where a letter was called spam), none for what they may not see.
    """
    asked = {**_stories(member, now), **_warnings(member, now), **_requests(member, now)}
    if not asked:
        return Home()
    facts: dict[str, Any] = Member.objects.filter(pk=member.pk).values(**asked).get()
    money = watch.read(facts, now)
    lists = {name.removeprefix("of_"): pks for name, pks in facts.items() if name.startswith("of_")}
    wanted = {pk for pks in lists.values() for pk in pks}
    stories = {story.pk: story for story in Article.objects.filter(pk__in=wanted).for_lists()} if wanted else {}
    found: dict[str, Any] = {name: [stories[pk] for pk in pks if pk in stories] for name, pks in lists.items()}
    coming = found.pop("coming", [])
    found |= {name.removeprefix("count_"): len(pks) for name, pks in facts.items() if name.startswith("count_")}
    backed_up_at = facts.get("backed_up_at")
    return Home(
        **found,
        week=_week(coming, now),
        unsaved=[Unsaved(**{**row, "kept_at": _moment(row["kept_at"])}) for row in facts.get("unsaved_texts", [])],
        topics=[*facts.get("won_topics", []), *_leading(member, vote)],
        missed=facts.get("missed_addresses", []),
        most_read=facts.get("most_read", []),
        dead_links=facts.get("dead_links", []),
        waiting_letters=facts.get("waiting_letters", []),
        late_topics=[_with_day(row) for row in facts.get("late_topics", [])],
        backup=_backup(backed_up_at, facts.get("is_at_work", False), now),
        backed_up_at=backed_up_at,
        money=money,
        gate=[*gate][:FEW],
        spam=complaints(now)[:FEW] if member.has_perm("members.view_mailing") else [],
    )


def _stories(member: Any, now: datetime) -> dict[str, Any]:
    """Keys of the stories for each list, for whoever may see stories."""
    if not member.has_perm("articles.view_article"):
        return {}
    stories = Article.objects.filter(within(member))
    own = stories if member.has_perm("articles.edit_any_article") else stories.filter(created_by=member)
    midnight = _midnight(now)
    unapproved = stories.filter(status__in=UNAPPROVED)
    waiting = stories.exclude(status__in=[Article.Status.WITHDRAWN, Article.Status.DRAFT])
    coming = Q(status=Article.Status.PUBLISHED, live_from__gt=now, live_from__lt=midnight + (DAYS - 1) * A_DAY) | Q(
        status__in=UNAPPROVED, published_at__gt=now, published_at__lt=midnight + (DAYS - 1) * A_DAY
    )
    found = {
        "of_drafts": stories.filter(status=Article.Status.DRAFT, created_by=member).order_by("-saved_at"),
        "of_ready": stories.filter(status=Article.Status.READY).order_by("saved_at"),
        "of_scheduled": stories.scheduled(now).filter(live_from__lt=midnight).order_by("live_from"),
        "of_published": stories.live(now).filter(live_from__gt=now - JUST_NOW).order_by("-live_from"),
        "of_late": (own & unapproved).filter(published_at__lte=now).order_by("published_at"),
        "of_without_section": (own & waiting).filter(section=None).order_by("-saved_at"),
    }
    rows = {name: _keys(wanted, ROWS) for name, wanted in found.items()}
    reads = StoryReads.objects.on(timezone.localdate(now)).of_live(now).most_first()
    copies = WorkingCopy.objects.filter(member=member).annotate(said=KT("content__headline")).order_by("-kept_at")
    return {
        **rows,
        "of_coming": _keys(stories.filter(coming).order_by("published_at"), ON_CALENDAR),
        "most_read": _facts(reads, FEW, pk="article_id", headline="article__headline", times="reads"),
        "unsaved_texts": _facts(copies, FEW, key="key", story="article_id", headline="said", kept_at="kept_at"),
    }


def _warnings(member: Any, now: datetime) -> dict[str, Any]:
    """What is wrong with stories, pictures, addresses, topics and backups, each for whoever can mend it."""
    asked: dict[str, Any] = {}
    if member.has_perm("articles.publish_article"):
        silent = Article.objects.live(now - SILENCE).unannounced().order_by("live_from")
        asked["count_unannounced"] = _keys(silent, COUNTED)
    if member.has_perm("articles.change_picture"):
        today = timezone.localdate(now)
        used = Picture.objects.filter(Q(Exists(_shown_in_text())) | Q(Exists(_shown_first()))).order_by("pk")
        asked["count_pictures_without_alt"] = _keys(used.filter(alt=""), COUNTED)
        ending = used.filter(rights_until__gte=today, rights_until__lte=today + RIGHTS_WARN)
        asked["count_rights_ending"] = _keys(ending, COUNTED)
        asked["count_rights_ended"] = _keys(used.filter(rights_until__lt=today), COUNTED)
    if member.has_perm("articles.change_article"):
        links = OutgoingLink.objects.exclude(failing_since=None).filter(article__in=Article.objects.live(now))
        if not member.has_perm("articles.edit_any_article"):
            links = links.filter(article__created_by=member)
        named = {"url": "url", "trouble": "trouble", "story": "article_id", "headline": "article__headline"}
        asked["dead_links"] = _facts(links.order_by("-failing_since"), FEW, **named)
    if member.has_perm("articles.add_redirect"):
        led = Redirect.objects.filter(old_path=OuterRef("path"))
        missed = MissedAddress.objects.filter(~Exists(led), times__gt=1).order_by("-times", "-last_at")
        asked["missed_addresses"] = _facts(missed, FEW, path="path", times="times")
    if member.has_perm("members.change_topic"):
        asked["late_topics"] = _facts(late(now), FEW, pk="pk", title="title", status="status", due_on="due_on")
    if member.has_perm("members.manage_rules"):
        asked["backed_up_at"] = Subquery(SiteRules.objects.filter(pk=1).values("backed_up_at"))
        asked["is_at_work"] = Exists(Article.objects.live(now - A_DAY))
    if member.has_perm("members.change_issue"):
        digests = Issue.objects.filter(state=Issue.State.DRAFT, period__isnull=False).order_by("-made_at")
        asked["waiting_letters"] = _facts(digests, FEW, pk="pk", subject="subject", letter="letter__name")
    if member.has_perm("members.manage_membership"):
        asked |= watch.asked(now)
    return asked


def _requests(member: Any, now: datetime) -> dict[str, Any]:
    """What readers wait for: replies that are held or reported, appeals, topics asked for most."""
    asked: dict[str, Any] = {}
    if member.has_perm("comments.moderate_reply"):
        asked["count_held_replies"] = _keys(Reply.objects.held().order_by("pk"), COUNTED)
        reported = Report.objects.unsettled().order_by("reply").distinct("reply")
        asked["count_reported_replies"] = ArraySubquery(reported.values("reply")[:COUNTED])
        asked["count_open_appeals"] = _keys(Appeal.objects.open().order_by("pk"), COUNTED)
    if member.has_perm("members.view_topic"):
        most_first = F("votes").desc(nulls_last=True)
        won = Topic.objects.filter(status=Topic.Status.WON, assigned_to=None).order_by(most_first, "proposed_at")
        asked["won_topics"] = _facts(won, FEW, pk="pk", title="title", times="votes", status="status")
    if member.has_perm("members.change_topic"):
        asked["count_proposals"] = _keys(Topic.objects.proposals(), COUNTED)
    return asked


def _leading(member: Any, vote: Callable[[], Glance | None]) -> list[dict[str, Any]]:
    """What leads the open vote, as the front page shows it; a hidden tally is the desk's no more than anybody's."""
    open_vote = vote() if member.has_perm("members.view_topic") else None
    if open_vote is None or not open_vote.shows_tally:
        return []
    topics = [(line.option.topic, line.votes) for line in open_vote.lines]
    return [{"pk": topic.pk, "title": topic.title, "times": votes, "status": topic.status} for topic, votes in topics]


def _keys(rows: QuerySet[Any], most: int) -> ArraySubquery:
    return ArraySubquery(rows.values("pk")[:most])


def _facts(rows: QuerySet[Any], most: int, **named: str) -> ArraySubquery:
    return ArraySubquery(rows.values(json=JSONObject(**named))[:most])


def _shown_in_text() -> QuerySet[Any]:
    through: QuerySet[Any] = Article.pictures.through.objects.filter(picture=OuterRef("pk"))
    return through


def _shown_first() -> QuerySet[Any]:
    return Article.objects.filter(lead_picture=OuterRef("pk"))


def _week(coming: Iterable[Article], now: datetime) -> list[Day]:
    """What goes out within seven days, by day; days with nothing are left out."""
    entries = [
        Entry(story, at, story.status in UNAPPROVED)
        for story in coming
        if (at := story.published_at if story.status in UNAPPROVED else story.live_from) is not None and at > now
    ]
    days: dict[date, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.at):
        days.setdefault(timezone.localdate(entry.at), []).append(entry)
    return [Day(day, days[day]) for day in days]


def _backup(at: datetime | None, is_at_work: bool, now: datetime) -> str:
    """`never` where a site at work has none, `old` where the last is older than a day."""
    if at is None:
        return "never" if is_at_work else ""
    return "old" if at < now - A_DAY else ""


def _midnight(now: datetime) -> datetime:
    """The end of today in the site's zone."""
    tomorrow = timezone.localdate(now) + A_DAY
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=timezone.get_default_timezone())


def _with_day(row: dict[str, Any]) -> dict[str, Any]:
    """The facts of a late topic, its day as one."""
    return {**row, "due_on": date.fromisoformat(row["due_on"]) if row["due_on"] else None}


def _moment(text: str) -> datetime:
    return timezone.localtime(datetime.fromisoformat(text))
