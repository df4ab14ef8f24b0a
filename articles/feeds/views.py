"""The addresses of feeds. A public one is the same for everybody; a member's own is theirs alone."""

from types import ModuleType
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import reading_out
from articles.feeds import channels, json_feed, rss
from articles.feeds.channels import ITEMS, Channel
from articles.feeds.items import in_xml, items_of
from articles.models import Correction
from articles.structured_data import absolute
from members import own_feed
from members.gate import ANONYMOUS, Reader
from members.limits import within
from members.readers import NewsRequest
from newsroom.caching import edge_cached, ends_at, keyed, private

FORMS: dict[str, ModuleType] = {"rss": rss, "json": json_feed}
FETCHES_AN_HOUR = 60  # of one member's own feed: some devices, not everybody they know
HOUR = 3600


@edge_cached(300, keys=("feed",))
@require_safe
def feed(request: NewsRequest, kind: str, form: str, slug: str = "") -> HttpResponse:
    """The newest stories of the site or of one place of it, whole where everybody may read them."""
    channel = channels.KINDS[kind](request, slug)
    response = _written(request, channel, form, reader=ANONYMOUS)
    closing = reading_out.next_closing(channel.stories, rules=request.furniture.rules, now=request.now)
    return ends_at(keyed(response, *channel.keys), closing)


@private
@require_safe
def own(request: NewsRequest, token: str, form: str) -> HttpResponse:
    """The newest stories, whole where this token's member may read them now. 410 where the token is nobody's."""
    reader = own_feed.reader_of(token, now=request.now)
    if reader is None:
        return HttpResponse(_("This feed was taken back."), status=410, content_type="text/plain; charset=utf-8")
    if not within("own_feed", reader.member_id or 0, times=FETCHES_AN_HOUR, seconds=HOUR):
        return HttpResponse(status=429, headers={"Retry-After": str(HOUR)})
    response = _written(request, channels.own(request), form, reader=reader)
    response["Cache-Control"] = "private, no-cache"  # an app may keep it and ask whether it changed
    response["X-Robots-Tag"] = "noindex"
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@edge_cached(300, keys=("corrections",))
@require_safe
def corrections(request: NewsRequest) -> HttpResponse:
    """What was put right in live stories, newest first, as RSS."""
    name = request.furniture.rules.name
    channel = Rss201rev2Feed(
        title=in_xml(f"{name}: {_('Corrections')}"),
        link=absolute(reverse("corrections")),
        description=_("What we got wrong and when we put it right."),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(request.path),
        ttl=rss.MINUTES,
    )
    for correction in Correction.objects.of_live_stories(request.now)[:ITEMS]:
        channel.add_item(**_correction(correction))
    return HttpResponse(channel.writeString("utf-8"), content_type=rss.CONTENT_TYPE)


def _written(request: NewsRequest, channel: Channel, form: str, *, reader: Reader) -> HttpResponse:
    rules = request.furniture.rules
    whole = reading_out.open_to(channel.stories, reader=reader, rules=rules, now=request.now)
    items = items_of(channel.stories, reading_out.whole_texts(whole, now=request.now))
    text = FORMS[form].written(channel, items, rules=rules, address=request.path)
    return HttpResponse(text, content_type=FORMS[form].CONTENT_TYPE)


def _correction(correction: Correction) -> dict[str, Any]:
    return {
        "title": in_xml(f"{correction.get_kind_display()}: {correction.article.headline}"),
        "link": absolute(f"{correction.article.get_absolute_url()}#correction-{correction.pk}"),
        "description": in_xml(correction.text),
        "unique_id": absolute(f"/correction/{correction.pk}"),
        "unique_id_is_permalink": False,
        "pubdate": correction.made_at,
    }
