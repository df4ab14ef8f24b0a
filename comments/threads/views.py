"""Public pages on which replies are read."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from comments.access import Subject, answered_by, around, discussion_or_404, number_in, reply_or_404
from comments.models import Discussion
from comments.threads import reading, shelved
from comments.threads.printing import Looker
from members.readers import NewsRequest
from newsroom.caching import FRAGMENT_HEADER, edge_cached, ends_at, keyed, private

PAGE_SECONDS = 600


@edge_cached(PAGE_SECONDS, params=("after", "branch"))
def page(request: NewsRequest, discussion: int) -> HttpResponse:
    """A later page of a discussion, or of one branch; as a fragment just its rows."""
    found, subject = discussion_or_404(request, discussion)
    context = around(request, subject)
    page = shelved.page_of(_thread(request, found, subject), request.now)
    context |= {"page": page, "rows": shelved.printed(page, Looker.of(request, context)).rows}
    template = "comments/rows.html" if FRAGMENT_HEADER in request.headers else "comments/page.html"
    response = render(request, template, context)
    return ends_at(keyed(response, found.cache_key, subject.cache_key), subject.terms.changes_at(request.now))


def _thread(request: NewsRequest, discussion: Discussion, subject: Subject) -> reading.Thread:
    """The page that `after` and `branch` ask for."""
    after, seen_by = reading.cursor_of(request.GET.get("after", "")), request.reader.member_id
    if "branch" not in request.GET:
        return reading.read_page(discussion, member_id=seen_by, now=request.now, after=after)
    root = answered_by(request, subject, number_in(request.GET["branch"]))
    if root is None or root.depth > 1:
        raise Http404
    return reading.read_branch(discussion, root, member_id=seen_by, now=request.now, after=after)


@private
def reply(request: NewsRequest, pk: int) -> HttpResponse:
    """A reply's permalink: leads to its place under the story, or on the page that shows it."""
    found, subject = reply_or_404(request, pk, to_read=False)
    where = reading.place_of(found, found.discussion, member_id=request.reader.member_id)
    return redirect(f"{where or subject.path}#reply-{found.pk}")
