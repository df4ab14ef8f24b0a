"""Public pages. What a reader may see of a story is decided in `reading`; here it is only asked for."""

import functools
from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_safe

from articles import lists, reading
from articles.attachments.embeds import may_frame
from articles.front import front_page
from articles.live import stream
from articles.models import Article, Author, LiveEntry, Name, Page, Section, Series, Tag
from articles.moved.asked import OLD_NAMES
from articles.moved.onward import asks_for_the_old
from articles.pictures import preloading
from articles.reads.most import most_read
from articles.shelved import WithdrawnError
from articles.structured_data import absolute, news_article
from members.gate import ANONYMOUS, Decision, Reader
from members.meter import Meter
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import FRAGMENT_HEADER, edge_cached, ends_at, keyed, private
from newsroom.counter import counted

View = Callable[..., HttpResponse]


def missing_pages(view: View) -> View:
    """Answer 404 where a story, place or page of a list is unknown and 410 where a story was withdrawn."""

    @functools.wraps(view)
    def wrapped(request: NewsRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Article.DoesNotExist, LiveEntry.DoesNotExist, lists.CursorError) as error:
            raise Http404 from error
        except WithdrawnError as gone:
            return withdrawn(request, gone.article)

    return wrapped


def withdrawn(request: NewsRequest, story: Article) -> HttpResponse:
    """What the address of a withdrawn story answers: where it leads, a notice with the reason, or nothing at all."""
    if story.withdrawal_answer == Article.Answer.REDIRECT:
        return HttpResponseRedirect(iri_to_uri(story.withdrawal_target))
    shown = story if story.withdrawal_answer == Article.Answer.NOTICE else None
    return render(request, "410.html", {"story": shown}, status=410)


@edge_cached(60, keys=("front", "topics"), params=OLD_NAMES)
@require_safe
@counted
def front(request: NewsRequest) -> HttpResponse:
    """The front page. Asked for what an old site kept behind its parameters it is that: a 301, or 404."""
    if asks_for_the_old(request):
        raise Http404  # the middleware of what is missing knows where it is now
    furniture = request.furniture
    page = front_page(sections=furniture.sections, vote=furniture.vote, rules=furniture.rules, now=request.now)
    most = most_read(rules=furniture.rules, now=request.now)
    return render(request, "articles/front.html", {"front": page, "most_read": most})


@edge_cached(600)
@require_safe
@counted
@may_frame
@missing_pages
def story(request: NewsRequest, published_on: date, slug: str) -> HttpResponse:
    """One story, cut to what this reader may see: for the anonymous the same page, whoever they are."""
    reader, meter = _of_page(request)
    rules = request.furniture.rules
    found = reading.open_story(published_on, slug, reader=reader, now=request.now, rules=rules, meter=meter)
    return _story_page(request, found)


@private
@same_origin_post
@may_frame
@missing_pages
def rest(request: NewsRequest, published_on: date, slug: str) -> HttpResponse:
    """What follows the cut if this reader may have it, else their wall. Only POST spends a view."""
    who: dict[str, Any] = {"reader": request.reader, "meter": request.meter, "now": request.now}
    who["rules"] = request.furniture.rules
    if request.method == "POST":
        reading.spend_view(published_on, slug, **who)
        response = HttpResponseRedirect(f"{request.path}#continue", status=303)
        request.meter.write_to(response)
        return response
    found = reading.continue_story(published_on, slug, **who)
    if FRAGMENT_HEADER in request.headers:
        shown = _stream_of(request, found, is_rest=True)
        context = {"reading": found, "rest_path": request.path, "stream": shown}
        return render(request, "articles/rest.html", context)
    return _story_page(request, found, is_rest=True)


@edge_cached(30, params=("after", "from"))
@require_safe
@may_frame
@missing_pages
def live(request: NewsRequest, published_on: date, slug: str) -> HttpResponse:
    """A live story's entries: a page of them, or with `after` what came since that entry, for its script.

    Who may not read the rest of the story is led to its wall. A fragment is for exactly this reader.
    """
    reader, meter = _of_page(request) if FRAGMENT_HEADER not in request.headers else (request.reader, request.meter)
    rules = request.furniture.rules
    found = reading.admit(published_on, slug, reader=reader, now=request.now, rules=rules, meter=meter)
    if not stream.has_stream(found.article, rules):
        raise Http404
    if found.decision is not Decision.READ:
        return _wall_of(request, found.article)
    response = _news(request, found.article) if "after" in request.GET else _entries(request, found.article)
    return _if_changed(request, ends_at(keyed(response, f"article-{found.article.pk}"), found.changes_at))


@edge_cached(300, params=("before",))
@require_safe
@counted
@may_frame
@missing_pages
def place(request: NewsRequest, path: str) -> HttpResponse:
    """What lives under this name: a section or a page."""
    name = get_object_or_404(Name.objects.select_related("section", "page"), path=path)
    if name.section is not None:
        return _section(request, name.section)
    if name.page is None or not name.page.is_published:
        raise Http404
    return _standing(request, name.page)


@edge_cached(300, keys=("archive",), params=("before",))
@require_safe
@counted
@missing_pages
def archive(request: NewsRequest, year: int | None = None, month: int | None = None) -> HttpResponse:
    """Everything, newest first; with `year` and `month` that month's stories."""
    calendar = lists.calendar(request.now, year, month)
    context = {"calendar": calendar}
    return _list(request, calendar.stories(), "articles/archive.html", context)


@edge_cached(300, params=("before",))
@require_safe
@counted
@missing_pages
def tag(request: NewsRequest, slug: str) -> HttpResponse:
    """Stories with a tag."""
    found = get_object_or_404(Tag, slug=slug)
    return keyed(_list(request, found.taggings.all(), "articles/tag.html", {"tag": found}), f"tag-{found.pk}")


@edge_cached(300, params=("before",))
@require_safe
@counted
@missing_pages
def author(request: NewsRequest, slug: str) -> HttpResponse:
    """An author and their stories."""
    found = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    return keyed(_list(request, found.bylines.all(), "articles/author.html", {"author": found}), f"author-{found.pk}")


@edge_cached(300)
@require_safe
@counted
def series(request: NewsRequest, slug: str) -> HttpResponse:
    """A series, its parts in order."""
    found = get_object_or_404(Series, slug=slug)
    parts = found.articles.live(request.now).for_lists().in_series_order()[: lists.SERIES_SHOWN]
    cards = reading.cards(parts, rules=request.furniture.rules, now=request.now)
    response = render(request, "articles/series.html", {"series": found, "cards": cards})
    return keyed(response, f"series-{found.pk}")


@edge_cached(300, keys=("corrections",), params=("before",))
@require_safe
@counted
@missing_pages
def corrections(request: NewsRequest) -> HttpResponse:
    """What was put right, newest first, in keyset pages."""
    page = lists.corrections_page(request.GET.get("before", ""), now=request.now)
    if page.number > lists.KEPT_PAGES:
        request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    return render(request, "articles/corrections.html", {"page": page})


def _of_page(request: NewsRequest) -> tuple[Reader, Meter | None]:
    """Who a page that is the same for every anonymous reader is made for: cookies of theirs do not count."""
    return (request.reader, request.meter) if request.member else (ANONYMOUS, None)


def _story_page(request: NewsRequest, found: reading.Reading, *, is_rest: bool = False) -> HttpResponse:
    shown = _stream_of(request, found, is_rest=is_rest)
    canonical = absolute(found.article.get_absolute_url())
    context = {
        "reading": found,
        "story": found.article,
        "stream": shown,
        "canonical": canonical,
        "share_address": canonical if found.article.is_live(request.now) else "",
        "json_ld": news_article(found, request.furniture, shown),
        "rest_path": reverse("rest", args=[found.article.published_on, found.article.slug]),
        "is_rest": is_rest,
    }
    response = preloading(render(request, "articles/story.html", context), found.article.lead_picture)
    return ends_at(keyed(response, *found.keys), found.changes_at)


def _stream_of(request: NewsRequest, found: reading.Reading, *, is_rest: bool) -> stream.Stream | None:
    """The live entries, for who may read on. What only a meter or gift opens goes on at the reader's own address."""
    if found.is_cut or not stream.has_stream(found.article, request.furniture.rules):
        return None
    is_own = is_rest and found.is_gated and not request.member
    begin = _entry_named(request, "from") if is_rest else 0
    return stream.stream_of(found.article, begin=begin, own=request.path if is_own else "")


def _entry_named(request: NewsRequest, name: str) -> int:
    """The key of an entry in the address, 0 for none. Raises LiveEntry.DoesNotExist for what is no key."""
    said = request.GET.get(name) or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise LiveEntry.DoesNotExist
    return int(said)


def _wall_of(request: NewsRequest, article: Article) -> HttpResponse:
    if "after" in request.GET:
        raise Http404
    return HttpResponseRedirect(article.get_absolute_url())


def _news(request: NewsRequest, article: Article) -> HttpResponse:
    news = stream.news_of(article, after=_entry_named(request, "after"))
    return render(request, "components/live_news.html", {"news": news})


def _entries(request: NewsRequest, article: Article) -> HttpResponse:
    shown = stream.stream_of(article, begin=_entry_named(request, "from"))
    if FRAGMENT_HEADER in request.headers:
        return render(request, "components/live_list.html", {"stream": shown})
    context = {"stream": shown, "story": article, "canonical": absolute(article.get_absolute_url())}
    return render(request, "articles/live.html", context)


def _if_changed(request: NewsRequest, response: HttpResponse) -> HttpResponse:
    """304 where this reader has this very answer; for what the page cache keeps, it says so itself."""
    if not request.member and FRAGMENT_HEADER not in request.headers:
        return response
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _section(request: NewsRequest, section: Section) -> HttpResponse:
    response = _list(request, section.articles.all(), "articles/section.html", {"section": section})
    return keyed(response, f"section-{section.pk}")


def _standing(request: NewsRequest, page: Page) -> HttpResponse:
    shown = reading.render_page(page)
    context = {"page": page, "shown": shown, "canonical": absolute(page.get_absolute_url())}
    return keyed(render(request, "articles/page.html", context), f"page-{page.pk}", *shown.keys)


def _list(request: NewsRequest, stories: Any, template: str, context: dict[str, Any]) -> HttpResponse:
    """A keyset page of `stories`; one far down is made on demand and not kept."""
    before = request.GET.get("before", "")
    page = lists.page_of(stories, before, rules=request.furniture.rules, now=request.now)
    if not page.is_kept:
        request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    return render(request, template, {**context, "list": page, "canonical": absolute(request.path)})
