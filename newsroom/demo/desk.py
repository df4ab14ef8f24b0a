"""Loads what the demo's journalists left on the desk: live entries, notes, places, plans, unsaved text."""

import tomllib
from datetime import datetime, timedelta
from typing import Any

from articles.models import (
    Article,
    FrontSlot,
    LiveEntry,
    MissedAddress,
    Picture,
    PreviewLink,
    StoryNote,
    WorkingCopy,
)
from members.models import Member, SiteRules
from newsroom.demo.paper import PAPER

Row = dict[str, Any]


def read_desk() -> dict[str, list[Row]]:
    """`desk.toml` as it stands."""
    return tomllib.loads((PAPER / "desk.toml").read_text(encoding="utf-8"))


def load_desk(now: datetime) -> None:
    """Everything of `desk.toml`; the stories, pictures and people it names are loaded already."""
    desk = read_desk()
    SiteRules.objects.update(live_coverage=True, backed_up_at=now - timedelta(hours=7))
    stories = {story.slug: story for story in Article.objects.defer("full_text", "teaser", "search")}
    people = {member.email: member for member in Member.objects.filter(is_staff=True)}
    for row in desk["entries"]:
        load_entry(row, stories, now)
    for row in desk["slots"]:
        load_slot(row, stories, now)
    for row in desk["notes"]:
        load_note(row, stories, people, now)
    for row in desk["previews"]:
        load_preview(row, stories, people, now)
    for row in desk["plans"]:
        Article.objects.filter(slug=row["story"]).update(published_at=now + timedelta(hours=row["in_hours"]))
    for row in desk["unsaved"]:
        content = {name: row[name] for name in ("headline", "standfirst", "full_text")}
        WorkingCopy.objects.create(member=people[row["by"]], content=content, kept_at=now - timedelta(minutes=25))
    for row in desk["missed"]:
        MissedAddress.objects.create(path=row["path"], times=row["times"], last_at=now)
    for row in desk["rights"]:
        until = (now + timedelta(days=row["in_days"])).date()
        Picture.objects.filter(key=row["picture"]).update(rights=row["rights"], rights_until=until)


def load_entry(row: Row, stories: dict[str, Article], now: datetime) -> None:
    """One entry of a live story, by the first of its authors who has an account."""
    LiveEntry.objects.create(
        article=stories[row["story"]],
        headline=row.get("headline", ""),
        text=row["text"],
        is_key=row.get("is_key", False),
        made_at=now - timedelta(minutes=row["minutes_ago"]),
        made_by=Member.objects.filter(author__bylines__article__slug=row["story"]).first(),
    )


def load_slot(row: Row, stories: dict[str, Article], now: datetime) -> None:
    """One place on the front page."""
    hours = row.get("pinned_for_hours")
    FrontSlot.objects.create(
        story=stories[row["story"]],
        place=row["place"],
        position=row.get("position", 0),
        shape=row.get("shape", FrontSlot.Shape.BESIDE),
        pinned_until=now + timedelta(hours=hours) if hours else None,
    )


def load_note(row: Row, stories: dict[str, Article], people: dict[str, Member], now: datetime) -> None:
    """One note in a story's thread."""
    StoryNote.objects.create(
        article=stories[row["story"]],
        by=people[row["by"]],
        text=row["text"],
        blocks=row.get("blocks", False),
        made_at=now - timedelta(minutes=row["minutes_ago"]),
    )


def load_preview(row: Row, stories: dict[str, Article], people: dict[str, Member], now: datetime) -> None:
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
