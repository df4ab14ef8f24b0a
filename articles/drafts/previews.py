"""The page behind a preview link: the story as it stands now, and a box for what its reader thinks of it.

Made for whoever holds the link: never kept anywhere, never found by a search engine. Once readers know the
story the link leads to its public address, where the gate decides; a withdrawn story's links are dead.
"""

from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.attachments.embeds import may_frame
from articles.drafts.notes import NoteError, say_from_outside
from articles.drafts.preview_links import count_opening, link_of
from articles.drafts.previewing import INVITED, as_if_out, read_as
from articles.live.stream import has_stream, stream_of
from articles.models import Article, PreviewLink
from members.gate import ANONYMOUS
from members.limits import caller, within
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private

NOTES_AN_HOUR, HOUR = 10, 3600
LINK_NOTES_AN_HOUR = 40
SHOWN_NOTES = 50


@private
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_post
@may_frame
def preview(request: NewsRequest, token: str) -> HttpResponse:
    """GET shows the story and counts the opening; POST (`name`, `text`) puts a comment into its thread.

    404 for a forged link, 410 for one that expired, was revoked or lost its story.
    """
    try:
        link = link_of(token)
    except signing.BadSignature:
        raise Http404 from None
    article = Article.objects.for_reading().filter(pk=link.article_id).first() if link else None
    if link is None or article is None or not link.works(request.now) or article.status == Article.Status.WITHDRAWN:
        return _closed(render(request, "articles/preview_over.html", _over(request, link), status=410))
    if article.is_live(request.now):
        return _closed(HttpResponseRedirect(article.get_absolute_url()))
    if request.method == "POST":
        return _closed(_take(request, link, article, token))
    if request.method == "GET":
        count_opening(link, now=request.now)
    return _closed(_page(request, link, article))


def _take(request: NewsRequest, link: PreviewLink, article: Article, token: str) -> HttpResponse:
    """Keep the comment and lead back to it; a refusal keeps what was typed."""
    name, text = request.POST.get("name", ""), request.POST.get("text", "")
    here = HttpResponseRedirect(reverse("preview", args=[token]) + "#said", status=303)
    if request.POST.get("honeypot"):
        return here
    typed = {"name": name, "text": text}
    if not _may_say(request, link):
        error = _("That is a lot in one hour. Your words are still here: send them a little later.")
        return _page(request, link, article, status=429, error=error, **typed)
    try:
        say_from_outside(link, name=name, text=text, now=request.now)
    except NoteError as refusal:
        return _page(request, link, article, status=422, error=str(refusal), **typed)
    return here


def _may_say(request: NewsRequest, link: PreviewLink) -> bool:
    """Whether neither this network nor this link has said too much this hour."""
    mine = within("preview-note", f"{link.pk}:{caller(request)}", times=NOTES_AN_HOUR, seconds=HOUR)
    return mine and within("preview-notes", link.pk, times=LINK_NOTES_AN_HOUR, seconds=HOUR)


def _page(
    request: NewsRequest, link: PreviewLink, article: Article, *, status: int = 200, **typed: str
) -> HttpResponse:
    rules = request.furniture.rules
    article = as_if_out(article, request.now)
    context = {
        "link": link,
        "story": article,
        "stream": stream_of(article) if has_stream(article, rules) else None,
        "reading": read_as(article, INVITED, rules=rules, now=request.now),
        "reader": ANONYMOUS,
        "said": list(link.notes.in_order()[:SHOWN_NOTES]),
        "typed": typed,
    }
    return render(request, "articles/preview.html", context, status=status)


def _over(request: NewsRequest, link: PreviewLink | None) -> dict[str, Any]:
    return {"link": link, "unsent": request.POST.get("text", "")}


def _closed(response: HttpResponse) -> HttpResponse:
    """Kept nowhere, listed nowhere, its address told to nobody else."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response
