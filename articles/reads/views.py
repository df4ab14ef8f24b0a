"""Where the script on a story's page says that it was read."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from articles.reads.machines import is_machine
from articles.reads.tally import tally
from members.limits import network
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private

LONGEST = 18  # digits of a key


@private
@same_origin_post
@require_POST
def count_read(request: NewsRequest) -> HttpResponse:
    """Count one read of `story` (its key). Looks at no cookie, asks no database, answers 204 whatever came of it."""
    story = request.POST.get("story", "")
    if story.isascii() and story.isdigit() and len(story) <= LONGEST and not is_machine(request):
        tally.count(int(story), network=network(request), now=request.now)
    return HttpResponse(status=204)
