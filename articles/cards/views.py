"""Cards as they are fetched: the same for everybody, drawn once, dropped with their story."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles.cards import addresses
from articles.cards.drawing import Words, draw
from articles.models import Article
from members.readers import NewsRequest
from newsroom.caching import edge_cached, keyed

DAY = 86_400


@edge_cached(DAY)
@require_safe
def story_card(request: NewsRequest, story: int, digest: str) -> HttpResponse:
    """The card of a live story; under an address of older words it leads to today's."""
    found = get_object_or_404(Article.objects.live(request.now).without_text(), pk=story)
    words = addresses.words_of(found, request.furniture.rules)
    return keyed(_card(words, digest, addresses.story_card(found, request.furniture.rules)), f"article-{found.pk}")


@edge_cached(DAY)
@require_safe
def site_card(request: NewsRequest, digest: str) -> HttpResponse:
    """The card of the site's own pages."""
    rules = request.furniture.rules
    return _card(addresses.words_of_site(rules), digest, addresses.site_card(rules))


def _card(words: Words, digest: str, today: str) -> HttpResponse:
    if digest != addresses.digest(words):
        return HttpResponseRedirect(today)
    return HttpResponse(draw(words), content_type="image/png")
