"""What an import does with what was under way: it announces nothing and mails nobody; a person goes on."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from articles.models import Article
from members.letters.sending import steering
from members.models import AuditEntry, Issue, Round
from members.topics.loop import telling

ANEW = timedelta(days=7)


def settle(now: datetime) -> None:
    """Claim what was to be told by now, hold letters under way, let patrons vote where their ballots stayed behind.

    Runs inside the import's transaction. Effects: rows and the record.
    """
    Article.objects.live(now).unannounced().update(announced_at=now)
    telling.due(now).update(told_at=now)
    for issue in Issue.objects.due(now).order_by("pk"):
        steering.begin(issue.pk, now=now)
        steering.halt(issue, because=_("It moved here on its way. See who has it before it goes on."), now=now)
    for vote in Round.objects.filter(closed_at=None, closes_at__lte=now).order_by("pk"):
        Round.objects.filter(pk=vote.pk).update(closes_at=now + ANEW)
        changes = {"closes_at": [vote.closes_at, now + ANEW]}
        AuditEntry.objects.note(
            "change", by=None, subject=vote, reason=_("Its ballots stayed behind."), changes=changes
        )
