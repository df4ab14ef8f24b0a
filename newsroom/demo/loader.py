"""Loads the demo paper: sections, authors, pictures, stories, pages. Dates are relative to `now`.

Nothing is announced: loading mails nobody.
"""

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.text import slugify

from articles.models import (
    Article,
    Author,
    Byline,
    Correction,
    Name,
    Page,
    Picture,
    RelatedLink,
    Section,
    Series,
    Tag,
)
from articles.publishing import derive
from members.models import Member, Tier, Topic
from newsroom.demo import drawing
from newsroom.demo.paper import Story, moment_to_come, read_pictures, read_stories

READ_ALSO = re.compile(r'data-read-also="([-\w]+)"')
Progress = Callable[[str], None]
AS_WRITTEN = (
    "kicker", "standfirst", "dateline", "search_headline", "social_headline", "republished_from", "republished_url",
    "canonical_url", "coverage", "public_interest",
)  # fmt: skip


def load_sections(rows: list[dict[str, Any]]) -> None:
    """Sections in the order of the file, each with one of the design's six tones."""
    for position, row in enumerate(rows):
        section = Section.objects.create(
            slug=row["slug"],
            name=row["name"],
            description=row["description"],
            colour=f"tone-{position % 6 + 1}",
            position=position,
            is_opinion=row["slug"] == "opinion",
        )
        Name.objects.create(path=section.slug, section=section)


def load_pictures(progress: Progress) -> None:
    """Draw every picture and store it with its words and focal point."""
    for key, facts in read_pictures().items():
        progress(f"drawing {key}")
        size = {"size": tuple(facts["size"])} if "size" in facts else {}
        image = drawing.draw(facts["scene"], facts["seed"], **size)
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=86)
        across, down = facts.get("focal", (0.5, 0.5))
        picture = Picture(
            key=key,
            alt=facts.get("alt", ""),
            caption=facts.get("caption", ""),
            credit=facts.get("credit", ""),
            focus=f"{across}x{down}",
        )
        picture.file.save(f"{key}.jpg", ContentFile(file.getvalue()), save=True)


def load_authors(rows: list[dict[str, Any]]) -> None:
    """Authors, each linked to the account of the same address where there is one."""
    for row in rows:
        Author.objects.create(
            slug=row["slug"],
            name=row["name"],
            role=row["role"],
            bio=row["bio"],
            email=row["email"],
            portrait=Picture.objects.filter(key=row.get("portrait", "")).first(),
            member=Member.objects.filter(email=row["email"]).first(),
            is_guest=row.get("is_guest", False),
            is_agency=row.get("is_agency", False),
        )


def load_series(rows: list[dict[str, Any]]) -> None:
    """Series, before their parts."""
    for row in rows:
        Series.objects.create(slug=row["slug"], name=row["title"], description=row.get("description", ""))


def load_stories(now: datetime, progress: Progress) -> None:
    """Two passes: every story first, then bodies and links, which name other stories."""
    stories = read_stories()
    loaded = {story.slug: load_facts(story, now) for story in stories}
    for story in stories:
        progress(f"setting {story.slug}")
        article = loaded[story.slug]
        article.full_text = READ_ALSO.sub(lambda found: f'data-read-also="{loaded[found[1]].pk}"', story.body)
        load_withdrawal(article, story.facts.get("withdrawn"), loaded, now)
        load_links(article, story.facts.get("related", []), loaded)
        derive(article)
        load_corrections(article, story.facts.get("corrections", []), now)
        touched_at = now - timedelta(minutes=max(0, story.facts.get("minutes_ago", 0)))
        Article.objects.filter(pk=article.pk).update(saved_at=touched_at)


def load_facts(story: Story, now: datetime) -> Article:
    """The story without its text: out at its minute before `now`, or at the moment to come that it names."""
    facts = story.facts
    written_at = now - timedelta(minutes=facts.get("minutes_ago", 0))
    goes_out = moment_to_come(facts["goes_out"], now) if "goes_out" in facts else written_at
    is_approved = "status" not in facts
    article = Article.objects.create(
        slug=story.slug,
        headline=facts["headline"],
        kind=Article.Kind.OPINION if facts["section"] == "opinion" else Article.Kind.NEWS,
        section=Section.objects.get(slug=facts["section"]),
        audience=facts["audience"],
        minimum_tier=Tier.objects.filter(slug=facts.get("minimum_tier", "")).first(),
        lead_picture=Picture.objects.filter(key=facts.get("picture", "")).first(),
        series=Series.objects.filter(slug=facts.get("series", "")).first(),
        series_part=facts.get("part"),
        topic=Topic.objects.filter(slug=facts.get("topic", "")).first(),
        status=facts.get("status", Article.Status.PUBLISHED),
        is_lead=facts.get("lead", False),
        embargo_until=moment_to_come(facts["embargo"], now) if "embargo" in facts else None,
        created_at=written_at - timedelta(hours=3),
        **{name: facts[name] for name in AS_WRITTEN if name in facts},
        **(when(goes_out) if is_approved else {}),
    )
    sign(article, facts.get("bylines", []))
    article.tags.set([tag_named(name) for name in facts.get("tags", [])])
    return article


def sign(article: Article, rows: list[dict[str, Any]]) -> None:
    """The story's byline; the first who has an account here began it."""
    for position, row in enumerate(rows):
        author = Author.objects.get(slug=row["author"])
        Byline.objects.create(article=article, author=author, role=row.get("role", ""), position=position)
        article.created_by_id = article.created_by_id or author.member_id


def load_withdrawal(article: Article, row: dict[str, Any] | None, loaded: dict[str, Article], now: datetime) -> None:
    """Take a story away again: its address says why, or leads to another story of the paper."""
    if row is None:
        return
    article.status, article.withdrawn_at = Article.Status.WITHDRAWN, now
    article.withdrawal_reason = row["reason"]
    if "leads_to" in row:
        article.withdrawal_answer = Article.Answer.REDIRECT
        article.withdrawal_target = loaded[row["leads_to"]].get_absolute_url()


def when(published_at: datetime) -> dict[str, Any]:
    """The moments of a story that is out, or will be at its minute; announced already."""
    return {
        "published_at": published_at,
        "published_on": timezone.localdate(published_at),
        "live_from": published_at,
        "announced_at": published_at,
    }


def tag_named(name: str) -> Tag:
    """The tag, made when first met."""
    tag, _is_new = Tag.objects.get_or_create(slug=slugify(name), defaults={"name": name})
    return tag


def load_links(article: Article, rows: list[dict[str, Any]], loaded: dict[str, Article]) -> None:
    """Related links in the order of the file."""
    for position, row in enumerate(rows):
        RelatedLink.objects.create(
            article=article,
            kind=row["kind"],
            story=loaded[row["story"]] if "story" in row else None,
            url=row.get("url", ""),
            title=row.get("title", ""),
            publisher=row.get("publisher", ""),
            position=position,
        )


def load_corrections(article: Article, rows: list[dict[str, Any]], now: datetime) -> None:
    """Corrections with their dates."""
    for row in rows:
        ago = timedelta(days=row.get("days_ago", 0), minutes=row.get("minutes_ago", 0))
        Correction.objects.create(article=article, kind=row["kind"], text=row["text"], made_at=now - ago)


def load_pages(rows: list[dict[str, Any]]) -> None:
    """Standing pages, nested ones under their parent's path."""
    paths = {row["slug"]: row["slug"] for row in rows}
    for row in rows:
        parent = paths.get(row.get("parent", ""))
        path = f"{parent}/{row['slug']}" if parent else row["slug"]
        paths[row["slug"]] = path
        page = Page.objects.create(title=row["title"], path=path, body=row["body"], is_published=True)
        Name.objects.create(path=path, page=page)
