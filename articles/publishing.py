"""Publishing: the verbs that take a story from draft to readers, and back.

Each keeps a revision and an audit entry and names the stale keys. Whether a change of status may happen is
decided by the database: a conditional update that two people cannot both win. Permissions are the desk's.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.letters import notices
from articles.models import Article, Section
from articles.workflow import answering, checklist
from articles.workflow.keeping import (
    PublishError,
    agree,
    claim,
    derive,
    keep,
    last_version,
    move,
    search_config,
    take_back,
)
from articles.workflow.withdrawing import checked_target
from members.gate import Audience
from members.letters.issues import making
from members.models import AuditEntry, Member, SiteRules
from newsroom.caching import purge

__all__ = [
    "PublishError", "announce", "correct", "derive", "discard", "hold", "lift_embargo", "move_to", "publish",
    "restore", "save_draft", "schedule", "search_config", "submit", "unschedule", "withdraw",
]  # fmt: skip

Status = Article.Status
Answer = Article.Answer


def save_draft(article: Article, *, by: Member | None, now: datetime) -> None:
    """Keep the story as it stands, whatever its status, without telling anybody. A new one becomes a row."""
    _check_terms(article)
    with transaction.atomic():
        agree(article)
        article.created_by_id = article.created_by_id or (by.pk if by else None)
        keep(article, "save", by=by, now=now)


def submit(article: Article, *, by: Member | None, now: datetime) -> None:
    """Hand the draft to the editors. Raises PublishError when it is no draft or has no headline."""
    _check_terms(article)
    with transaction.atomic():
        move(article, Q(status=Status.DRAFT), _("Only a draft can be handed in."), status=Status.READY)
        keep(article, "submit", by=by, now=now)


def publish(article: Article, *, by: Member | None, now: datetime) -> None:
    """Let readers see the story now, or when its embargo ends; its address freezes. A past date stays.

    Raises PublishError when it is already live or something it needs is missing. Tells the world where due.
    """
    past = article.published_at is not None and article.published_at <= now
    _approve(article, "publish", at=article.published_at if past and article.published_at else now, by=by, now=now)


def schedule(article: Article, *, at: datetime, by: Member | None, now: datetime) -> None:
    """Let readers see the story from `at`. Nothing has to run then. Raises PublishError for a past moment."""
    if at <= now:
        raise PublishError(_("That moment has passed. Choose a later one, or publish now."))
    _approve(article, "schedule", at=at, by=by, now=now)


def unschedule(article: Article, *, by: Member | None, now: datetime) -> None:
    """Take a scheduled story back to the editors before readers see it. Raises PublishError once it is live."""
    with transaction.atomic():
        _off_schedule(article, now, published_at=None)
        keep(article, "unschedule", by=by, now=now)


def hold(article: Article, *, by: Member | None, now: datetime, reason: str = "") -> None:
    """Take a scheduled story's approval back: it is ready again and keeps its planned time, as a late one does.

    Raises PublishError once it is live.
    """
    with transaction.atomic():
        _off_schedule(article, now)
        keep(article, "hold", by=by, now=now, reason=reason)


def withdraw(
    article: Article, *, reason: str, by: Member | None, now: datetime, answer: str = Answer.NOTICE, target: str = ""
) -> None:
    """Take a published story away from everybody. Its address then says `reason`, leads to `target` or says nothing.

    `target`: a path of ours or an https address. The reason is in the record whatever readers see. Raises
    PublishError.
    """
    if not reason.strip():
        raise PublishError(_("Say why it is withdrawn: readers with its address see the reason."))
    with transaction.atomic():
        move(
            article,
            Q(status=Status.PUBLISHED),
            _("Only a published story can be withdrawn."),
            status=Status.WITHDRAWN,
            withdrawn_at=now,
            withdrawal_reason=reason.strip()[:300],
            withdrawal_answer=answer,
            withdrawal_target=checked_target(article, target, now=now) if answer == Answer.REDIRECT else "",
        )
        making.stop_story(article.pk, now=now)
        answering.taken_back(article, now)
        keep(article, "withdraw", by=by, now=now, reason=reason)


def restore(article: Article, *, by: Member | None, now: datetime) -> None:
    """Put a withdrawn story back where it was. Raises PublishError when it was not withdrawn, or an approval lacks."""
    with transaction.atomic():
        agree(article)
        take_back(article, last_version(article))
        _refuse(_undone(article, now, only=checklist.APPROVALS))
        move(
            article,
            Q(status=Status.WITHDRAWN),
            _("Only a withdrawn story can be restored."),
            status=Status.PUBLISHED,
            withdrawn_at=None,
            withdrawal_reason="",
            withdrawal_answer=Answer.NOTICE,
            withdrawal_target="",
        )
        making.reopen_story(article.pk)
        answering.goes_out(article, now)
        keep(article, "restore", by=by, now=now)


def correct(article: Article, *, by: Member | None, now: datetime, stamp: bool) -> None:
    """Save a story that is out: readers see it at once, nobody is mailed, no feed gets a new item.

    `stamp` shows "updated" with the time. A changed embargo counts. A scheduled story is held to the checklist:
    one that now lacks an approval is taken off the schedule (`hold`). Raises PublishError for a story that is
    not published.
    """
    _check_terms(article)
    _refuse(checklist.lacks_words(article))
    with transaction.atomic():
        agree(article)
        if article.status != Status.PUBLISHED or article.published_at is None:
            raise PublishError(_("Only a published story can be corrected. Save this one as a draft."))
        if article.live_from is not None and article.live_from > now and _lost_approval(article, now):
            hold(article, by=by, now=now, reason=_("Its words were changed after they were approved."))
            return
        article.live_from = max(filter(None, (article.published_at, article.embargo_until)))
        article.updated_at = now if stamp else article.updated_at
        before = last_version(article)
        keep(article, "correct", by=by, now=now, before=before)
        answering.corrected(article, before, now)


def lift_embargo(article: Article, *, until: datetime | None, reason: str, by: Member | None, now: datetime) -> None:
    """Let the embargo end at `until`, or now. An approved story goes out as soon as nothing else holds it back.

    Raises PublishError without a reason. The record holds both moments.
    """
    if not reason.strip():
        raise PublishError(_("Say why the embargo is lifted: it goes into the record."))
    with transaction.atomic():
        agree(article)
        was, article.embargo_until = article.embargo_until, until
        if article.status == Status.PUBLISHED and article.published_at is not None:
            article.live_from = max(filter(None, (article.published_at, until)))
        keep(article, "lift", by=by, now=now, reason=reason, changes={"embargo_until": [was, until]})
        if article.is_live(now):
            announce(article, now=now)


def move_to(article: Article, section: Section, *, by: Member | None, now: datetime) -> None:
    """File the story under another section, in whatever state it is; readers of a live one see it at once."""
    with transaction.atomic():
        agree(article)
        article.section = section
        keep(article, "move", by=by, now=now)


def discard(article: Article, *, by: Member | None, now: datetime) -> None:
    """Delete a draft for good. Raises PublishError for anything else, and for what readers ever saw."""
    with transaction.atomic():
        agree(article)
        if article.status != Status.DRAFT or article.was_published:
            raise PublishError(_("Only a draft that nobody saw is deleted. Withdraw the others."))
        AuditEntry.objects.note("story.discard", by=by, subject=article, reason=f"{now:%Y-%m-%d %H:%M}")
        article.delete()


def announce(article: Article, *, now: datetime) -> bool:
    """Tell the world once: stale keys and letters. False if somebody already did, or it is not live.

    What was published more than 24 h ago is claimed silently: importers and the demo set `announced_at`
    themselves, and a deploy or a backdated story mails nobody.
    """
    with transaction.atomic():
        if not _claim(article, now):
            return False
        article.refresh_from_db()
        purge(*article.cache_keys())
        notices.tell(article, SiteRules.current(), now)
        answering.goes_out(article, now)
    return True


def _claim(article: Article, now: datetime) -> bool:
    """Whether it is ours to tell the world: nobody else did, and it is live."""
    return bool(Article.objects.live(now).unannounced().filter(pk=article.pk).update(announced_at=now))


def _approve(article: Article, verb: str, *, at: datetime, by: Member | None, now: datetime) -> None:
    """Let it be seen from `at` or from the end of its embargo, if the checklist has nothing against it."""
    with transaction.atomic():
        if article.pk is None:
            _check_terms(article)
            article.save()
        agree(article)
        before = last_version(article)
        take_back(article, before)
        rules = SiteRules.current()
        _refuse(checklist.hard(checklist.findings(article, rules=rules, now=now)))
        _set_out(article, at=at, now=now)
        keep(article, verb, by=by, now=now, before=before)
        if article.is_live(now) and _claim(article, now):
            article.announced_at = now
            notices.tell(article, rules, now)
            answering.goes_out(article, now)


def _set_out(article: Article, *, at: datetime, now: datetime) -> None:
    """Give it its moment and, until readers know it, its address."""
    day = _frozen_day(article, now) or timezone.localdate(at, timezone.get_default_timezone())
    try:
        with transaction.atomic():
            claim(
                article,
                ~Q(status=Status.WITHDRAWN) & ~Q(status=Status.PUBLISHED, live_from__lte=now),
                _("This story is out already, or was withdrawn."),
                status=Status.PUBLISHED,
                published_at=at,
                live_from=max(filter(None, (at, article.embargo_until))),
                published_on=day,
                slug=_free_slug(article, day),
            )
    except IntegrityError as taken:
        raise PublishError(_("Another story took this address just now. Try once more.")) from taken


def _off_schedule(article: Article, now: datetime, **fields: Any) -> None:
    move(
        article,
        Q(status=Status.PUBLISHED, live_from__gt=now),
        _("Only a scheduled story can be taken back."),
        status=Status.READY,
        live_from=None,
        published_on=article.published_on if article.announced_at else None,
        **fields,
    )


def _undone(article: Article, now: datetime, only: frozenset[str] | None = None) -> list[checklist.Finding]:
    """What refuses publication; `only` of these kinds."""
    found = checklist.hard(checklist.findings(article, rules=SiteRules.current(), now=now))
    return [finding for finding in found if only is None or finding.code in only]


def _refuse(undone: list[checklist.Finding]) -> None:
    if undone:
        raise PublishError(_("It cannot go out yet. %(what)s") % {"what": checklist.said(undone)})


def _lost_approval(article: Article, now: datetime) -> bool:
    """Whether a scheduled story now waits for somebody else. Raises PublishError where its own maker has to act."""
    take_back(article, last_version(article))
    undone = _undone(article, now)
    _refuse([finding for finding in undone if finding.code not in checklist.APPROVALS])
    return bool(undone)


def _frozen_day(article: Article, now: datetime) -> date | None:
    """The date in its address once readers have seen it there; a merely scheduled story has none yet."""
    seen = article.announced_at is not None or (article.live_from is not None and article.live_from <= now)
    return article.published_on if seen else None


def _free_slug(article: Article, day: date) -> str:
    """Its slug, or one made from the headline, with a number where another story of that day has it."""
    wanted = (article.slug or slugify(article.headline, allow_unicode=True))[:180].strip("-_") or _("story")
    others = Article.objects.filter(published_on=day, slug__startswith=wanted).exclude(pk=article.pk)
    taken = set(others.values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def _check_terms(article: Article) -> None:
    """What the database would refuse, in words."""
    if not article.headline.strip():
        raise PublishError(_("Give the story a headline."))
    if article.minimum_tier is not None and article.audience != Audience.PATRONS:
        raise PublishError(_("A minimum tier is only for patrons’ stories: choose “Patrons” or take the tier out."))
