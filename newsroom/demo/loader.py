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
from newsroom.demo.paper import Story, read_pictures, read_stories

READ_ALSO = re.compile(r'data-read-also="([-\w]+)"')
Progress = Callable[[str], None]


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
        derive(article)
        load_links(article, story.facts.get("related", []), loaded)
        load_corrections(article, story.facts.get("corrections", []), now)


def load_facts(story: Story, now: datetime) -> Article:
    """The story without its text, published at its minute before `now`."""
    facts = story.facts
    published_at = now - timedelta(minutes=facts.get("minutes_ago", 0))
    is_out = "status" not in facts
    article = Article.objects.create(
        slug=story.slug,
        headline=facts["headline"],
        kicker=facts.get("kicker", ""),
        standfirst=facts.get("standfirst", ""),
        kind=Article.Kind.OPINION if facts["section"] == "opinion" else Article.Kind.NEWS,
        section=Section.objects.get(slug=facts["section"]),
        dateline=facts.get("dateline", ""),
        audience=facts["audience"],
        minimum_tier=Tier.objects.filter(slug=facts.get("minimum_tier", "")).first(),
        public_interest=facts.get("public_interest", False),
        lead_picture=Picture.objects.filter(key=facts.get("picture", "")).first(),
        series=Series.objects.filter(slug=facts.get("series", "")).first(),
        series_part=facts.get("part"),
        topic=Topic.objects.filter(slug=facts.get("topic", "")).first(),
        status=facts.get("status", Article.Status.PUBLISHED),
        is_lead=facts.get("lead", False),
        coverage=facts.get("coverage", Article.Coverage.NONE),
        created_at=published_at - timedelta(hours=3),
        **(when(published_at) if is_out else {}),
    )
    if "withdrawn" in facts:
        article.status, article.withdrawn_at = Article.Status.WITHDRAWN, now
        article.withdrawal_reason = facts["withdrawn"]["reason"]
    for position, byline in enumerate(facts.get("bylines", [])):
        author = Author.objects.get(slug=byline["author"])
        Byline.objects.create(article=article, author=author, role=byline.get("role", ""), position=position)
    article.tags.set([tag_named(name) for name in facts.get("tags", [])])
    return article


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
