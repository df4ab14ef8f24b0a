"""Public pages on which replies are read."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from comments.access import Subject, answered_by, around, discussion_or_404, reply_or_404
from comments.models import Discussion
from comments.parsing import number_in
from comments.threads import reading, shelved
from comments.threads.orders import Order
from comments.threads.places import place_of
from comments.threads.printing import Looker
from members.readers import NewsRequest
from newsroom.caching import FRAGMENT_HEADER, edge_cached, ends_at, keyed, private

PAGE_SECONDS = 600


@edge_cached(PAGE_SECONDS, params=("after", "branch", "order"))
def page(request: NewsRequest, discussion: int) -> HttpResponse:
    """A page of a discussion in some order, or of one branch; as a fragment just its rows."""
    found, subject = discussion_or_404(request, discussion)
    context = around(request, subject)
    page = shelved.page_of(_thread(request, found, subject), request.now)
    context |= {"page": page, "rows": shelved.printed(page, Looker.of(request, context)).rows}
    response = render(request, _template(request, page), context)
    return ends_at(keyed(response, found.cache_key, subject.cache_key), subject.terms.changes_at(request.now))


def _template(request: NewsRequest, page: shelved.Page) -> str:
    """A whole page; as a fragment what stands below an order's links, or follows another page."""
    if FRAGMENT_HEADER not in request.headers:
        return "comments/page.html"
    return "comments/sorted.html" if page.choices else "comments/rows.html"


def _thread(request: NewsRequest, discussion: Discussion, subject: Subject) -> reading.Thread:
    """The page that `after` and `branch` ask for."""
    after, seen_by = request.GET.get("after", ""), request.reader.member_id
    if "branch" not in request.GET:
        order = Order.read(request.GET.get("order", ""))
        return reading.read_page(discussion, member_id=seen_by, now=request.now, after=after, order=order)
    root = answered_by(request, subject, number_in(request.GET["branch"]))
    if root is None or root.depth > 1:
        raise Http404
    return reading.read_branch(discussion, root, member_id=seen_by, now=request.now, after=after)


@private
def reply(request: NewsRequest, pk: int) -> HttpResponse:
    """A reply's permalink: leads to its place under the story, or on the page that shows it."""
    found, subject = reply_or_404(request, pk, to_read=False)
    where = place_of(found, found.discussion, member_id=request.reader.member_id)
    return redirect(f"{where or subject.path}#reply-{found.pk}")
