"""Where mail providers tell us what became of messages."""

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from members.readers import NewsRequest
from newsroom import mailevents
from newsroom.caching import private


@private
@csrf_exempt  # a machine calls; its signature or password is checked instead
@require_POST
def mail_events(request: NewsRequest, provider: str) -> HttpResponse:
    """The bell of the one provider that sends our mail; 404 for every other."""
    if not provider or provider != mailevents.provider():
        raise Http404
    return mailevents.answer(request)
