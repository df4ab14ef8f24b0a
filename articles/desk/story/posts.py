"""What to paste into social networks once a story is out, and where to go next."""

import re
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.desk.base import StoryPart, Wrap
from articles.desk.fields import said
from articles.desk.rights import ask_to_see, may_change, stories_within
from articles.desk.states import LIVE, SCHEDULED, state_of
from articles.models import Article
from articles.models.article import UNSEEN_BY_LISTS
from articles.reads.most import reads_of

SHORT = 280  # characters of the shortest network's post, the address counted in full
HASHTAGS = 3
NOT_IN_A_TAG = re.compile(r"[^\w]+")


class PostViews(StoryPart):
    """The page after publishing, for the story's ModelAdmin."""

    admin_site: Any

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """Its address."""
        return [path("<int:object_id>/out/", wrap(require_safe(self.out)), name="articles_article_out")]

    def out(self, request: Any, object_id: int) -> HttpResponse:
        """Where the story is or will be, how often it is read, posts to paste, the next story. GET, stores nothing."""
        stories = Article.objects.defer(*UNSEEN_BY_LISTS).select_related("section")
        article = get_object_or_404(stories, pk=object_id)
        ask_to_see(request, article)
        state = state_of(article, request.now)
        if state not in (LIVE, SCHEDULED):
            return redirect("admin:articles_article_change", article.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("It is out") if state == LIVE else _("It is scheduled"),
            "article": article,
            "is_out": state == LIVE,
            "reads": reads_of(article, now=request.now) if state == LIVE else None,
            "moment": said(article.live_from or request.now),
            "address": address_of(article),
            "posts": posts(article, [tag.name for tag in article.tags.order_by("pk")]),
            "may_change": may_change(request, article, request.now),
            "next": next_story(request, article),
        }
        return render(request, "admin/articles/article/posts.html", context)


def address_of(article: Article) -> str:
    """The story's whole public address, its letters as people read them."""
    return f"{settings.SITE_URL}{unquote(article.get_absolute_url())}"


def posts(article: Article, tags: list[str]) -> list[dict[str, Any]]:
    """Ready posts as {name, text, lines}: only the headline and standfirst, never the text behind the gate."""
    title, address = article.social_headline or article.headline, address_of(article)
    section = [article.section.name] if article.section else []
    marks = " ".join(dict.fromkeys(filter(None, map(hashtag, [*tags[:HASHTAGS], *([] if tags else section)]))))
    longer = "\n\n".join(filter(None, [title, article.standfirst.strip(), address, marks]))
    return [
        {"name": _("Short, up to 280 characters"), "text": short(title, address, marks), "lines": 4},
        {"name": _("Longer, with the standfirst"), "text": longer, "lines": 8},
        {"name": _("Title and link"), "text": f"{title}\n{address}", "lines": 3},
    ]


def short(title: str, address: str, marks: str) -> str:
    """A post of at most 280 characters: the title cut before the address is, hashtags where they fit."""
    text = f"{Truncator(title).chars(max(20, SHORT - len(address) - 1))}\n{address}"
    with_marks = f"{text}\n{marks}"
    return with_marks if marks and len(with_marks) <= SHORT else text


def hashtag(name: str) -> str:
    """`#HarbourPort` for “Harbour port”; nothing for what is only digits or signs."""
    words = [word for word in NOT_IN_A_TAG.split(name) if word]
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return f"#{joined}" if joined and not joined.isdigit() else ""


def next_story(request: Any, article: Article) -> Article | None:
    """The story that waits longest to be published, for those who publish."""
    if not request.user.has_perm("articles.publish_article"):
        return None
    waiting = stories_within(request).defer(*UNSEEN_BY_LISTS).filter(status=Article.Status.READY).exclude(pk=article.pk)
    found: Article | None = waiting.order_by("saved_at", "pk").first()
    return found
