"""One reaction: a reader recommends a reply, or no longer."""

from django.db import transaction
from django.db.models import F

from comments.models import Reaction, Reply
from members.models import Member


def react(reply: Reply, *, by: Member, wanted: bool) -> None:
    """Recommend a reply, or no longer. Saying so twice changes nothing; nobody recommends their own.

    The score on pages kept for everybody follows when these end: no page falls for a recommendation.
    """
    with transaction.atomic():
        published = Reply.objects.published().exclude(author=by)
        if not published.select_for_update(of=("self",)).filter(pk=reply.pk).exists():
            return
        if wanted:
            _reaction, is_changed = Reaction.objects.get_or_create(reply_id=reply.pk, member=by)
        else:
            is_changed = bool(Reaction.objects.filter(reply_id=reply.pk, member=by).delete()[0])
        if is_changed:
            Reply.objects.filter(pk=reply.pk).update(score=F("score") + (1 if wanted else -1))
