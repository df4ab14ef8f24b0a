"""Loads what the demo's journalists left on the desk: live entries, notes, places, plans, unsaved text, people."""

import tomllib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from articles import arranging
from articles.models import (
    Article,
    LiveEntry,
    MissedAddress,
    Picture,
    PreviewLink,
    Section,
    SectionLimit,
    StoryNote,
    StoryReads,
    WorkingCopy,
)
from members.models import AuditEntry, Member, SiteRules, StaffInvitation
from members.staffing import WORKS_FOR
from newsroom.demo.attachments import load_attachments
from newsroom.demo.paper import PAPER, moment_to_come

READ_STORIES = 12
Row = dict[str, Any]
Stories = dict[str, Article]
People = dict[str, Member]


def read_desk() -> dict[str, Any]:
    """`desk.toml` as it stands."""
    return tomllib.loads((PAPER / "desk.toml").read_text(encoding="utf-8"))


def load_desk(now: datetime) -> None:
    """Everything of `desk.toml`; the stories, pictures and people it names are loaded already."""
    desk = read_desk()
    SiteRules.objects.update(
        live_coverage=True,
        backed_up_at=now - timedelta(hours=7),
        brief_until=moment_to_come(desk["brief"], now),
    )
    stories = {story.slug: story for story in Article.objects.defer("full_text", "teaser", "search")}
    people = {member.email: member for member in Member.objects.filter(is_staff=True)}
    load_plans(desk, now)
    load_attachments(desk, now)
    load_talk(desk, stories, people, now)
    load_places(desk["slots"], stories, by=people["maren@example.org"], now=now)
    load_staff_matters(desk, people, now)
    load_reads(now)


def load_plans(desk: dict[str, Any], now: datetime) -> None:
    """What is meant to go out when, what nobody answers, and until when pictures may be shown."""
    for row in desk["plans"]:
        Article.objects.filter(slug=row["story"]).update(published_at=moment_to_come(row, now))
    for row in desk["missed"]:
        MissedAddress.objects.create(path=row["path"], times=row["times"], last_at=now)
    for row in desk["rights"]:
        until = (now + timedelta(days=row["in_days"])).date()
        Picture.objects.filter(key=row["picture"]).update(rights=row["rights"], rights_until=until)


def load_talk(desk: dict[str, Any], stories: Stories, people: People, now: datetime) -> None:
    """What was said: to readers as it happened, among colleagues, by an outsider, and what nobody saved."""
    for row in sorted(desk["entries"], key=lambda row: -row["minutes_ago"]):  # keys grow with time, as they do live
        load_entry(row, stories, now)
    for row in desk["notes"]:
        load_note(row, stories, people, now)
    for row in desk["previews"]:
        load_preview(row, stories, people, now)
    for row in desk["unsaved"]:
        content = {name: row[name] for name in ("headline", "standfirst", "full_text")}
        WorkingCopy.objects.create(member=people[row["by"]], content=content, kept_at=now - timedelta(minutes=25))


def load_entry(row: Row, stories: Stories, now: datetime) -> None:
    """One entry of a live story, by the first of its authors who has an account."""
    changed = row.get("changed_minutes_ago")
    LiveEntry.objects.create(
        article=stories[row["story"]],
        headline=row.get("headline", ""),
        text=row["text"],
        is_key=row.get("is_key", False),
        made_at=now - timedelta(minutes=row["minutes_ago"]),
        changed_at=now - timedelta(minutes=changed) if changed else None,
        made_by=Member.objects.filter(author__bylines__article__slug=row["story"]).first(),
    )


def load_places(rows: list[Row], stories: Stories, *, by: Member, now: datetime) -> None:
    """The front page as an editor arranged it, one place after another."""
    for row in rows:
        hours = row.get("pinned_for_hours")
        arranging.place(
            stories[row["story"]],
            at=row["place"],
            position=row.get("position", 1),
            shape=row["shape"],
            until=now + timedelta(hours=hours) if hours else None,
            by=by,
            now=now,
        )


def load_note(row: Row, stories: Stories, people: People, now: datetime) -> None:
    """One note in a story's thread."""
    StoryNote.objects.create(
        article=stories[row["story"]],
        by=people[row["by"]],
        text=row["text"],
        blocks=row.get("blocks", False),
        made_at=now - timedelta(minutes=row["minutes_ago"]),
    )


def load_preview(row: Row, stories: Stories, people: People, now: datetime) -> None:
    """A preview link that somebody opened and answered to."""
    link = PreviewLink.objects.create(
        article=stories[row["story"]],
        label=row["label"],
        made_by=people[row["by"]],
        made_at=now - timedelta(hours=5),
        expires_at=now + timedelta(days=row["in_days"]),
        opened_at=now - timedelta(hours=2),
        times_opened=2,
    )
    StoryNote.objects.create(
        article=link.article,
        preview_link=link,
        said_by=row["said_by"],
        text=row["said"],
        made_at=now - timedelta(minutes=110),
    )


def load_staff_matters(desk: dict[str, Any], people: People, now: datetime) -> None:
    """Who is invited (mailed by nobody), and who is limited to sections, with the reason in the record."""
    for row in desk["invitations"]:
        by, made_at = people[row["by"]], now - timedelta(days=row["days_ago"])
        role = Group.objects.get(name=row["role"])
        invitation = StaffInvitation.objects.create(
            email=row["email"], role=role, made_by=by, made_at=made_at, expires_at=made_at + WORKS_FOR
        )
        AuditEntry.objects.note("staff.invite", by=by, subject=invitation, changes={"role": ["", role.name]})
    for row in desk["limits"]:
        member, sections = people[row["member"]], Section.objects.filter(slug__in=row["sections"])
        SectionLimit.objects.bulk_create(SectionLimit(member=member, section=section) for section in sections)
        names = ", ".join(sorted(section.name for section in sections))
        changes = {"sections": ["", names]}
        AuditEntry.objects.note(
            "staff.sections", by=people[row["by"]], subject=member, reason=row["reason"], changes=changes
        )


def load_reads(now: datetime) -> None:
    """How often the newest stories were read, yesterday and until this hour: the newer the more, give or take."""
    today = timezone.localdate(now)
    newest = Article.objects.live(now).newest_first().values_list("pk", flat=True)[:READ_STORIES]
    StoryReads.objects.bulk_create(
        StoryReads(article_id=pk, day=day, reads=90 * (READ_STORIES - place) + 47 * (place * 7 % 11))
        for place, pk in enumerate(newest)
        for day in (today, today - timedelta(days=1))
    )
