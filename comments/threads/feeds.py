"""The feed of a discussion: what anybody who follows the address may read, and no more."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from comments.access import Subject, discussion_or_404
from comments.models import Discussion, Reply
from comments.writing import texts
from members.readers import NewsRequest
from newsroom.caching import edge_cached, ends_at, keyed

FEED_SECONDS = 600
NEWEST = 50


@edge_cached(FEED_SECONDS, params=("only",))
def feed(request: NewsRequest, discussion: int) -> HttpResponse:
    """The newest replies under one story, with `?only=picks` those the editors picked; 404 for who may not read the
    story."""
    found, subject = discussion_or_404(request, discussion)
    text = _atom(found, subject, request.furniture.rules.name, is_picks=request.GET.get("only") == "picks")
    response = HttpResponse(text, content_type=Atom1Feed.content_type)
    return ends_at(keyed(response, found.cache_key, subject.cache_key), subject.terms.changes_at(request.now))


def _atom(discussion: Discussion, subject: Subject, site: str, *, is_picks: bool) -> str:
    """The feed as XML."""
    title = _("Replies to “%(title)s”") % {"title": subject.thing}
    written = Atom1Feed(title=title, link=settings.SITE_URL + subject.path, description=site, language=None)
    replies = Reply.objects.of(discussion)
    replies = replies.picked() if is_picks else replies.visible().published()
    for reply in replies.select_related("author").order_by("-posted_at", "-path")[:NEWEST]:
        address = settings.SITE_URL + reply.get_absolute_url()
        written.add_item(
            title=reply.shown_name,
            link=address,
            unique_id=address,
            description=texts.to_html(reply.comment),
            author_name=reply.shown_name,
            pubdate=reply.posted_at,
            updateddate=reply.edited_at or reply.posted_at,
        )
    return written.writeString("utf-8")
