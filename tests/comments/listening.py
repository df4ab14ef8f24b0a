"""What tests of notices share: somebody answers, the jobs run, the mails are read."""

from typing import Any

from django.core import mail as django_mail

from comments.models import NoticeWishes, Reply
from comments.notices import telling
from members.letters.sending import mailings
from members.models import Mailing, Member
from tests.comments.conftest import say


def untold(story: Any, text: str = "an answer", **own: Any) -> Reply:
    """A reply that nobody was told of, as posting leaves it."""
    reply = say(story, text, **own)
    Reply.objects.filter(pk=reply.pk).update(announced_at=None)
    return reply


def tell(*replies: Reply) -> None:
    """What the job does for each, twice: it runs at least once."""
    for reply in (*replies, *replies):
        telling.tell_answered(reply.pk)


def wish(member: Member, **paces: str) -> Member:
    """Store what the member wishes."""
    NoticeWishes.objects.update_or_create(member=member, defaults=paces)
    return member


def told() -> dict[str, list[str]]:
    """The texts of replies queued for each member, by name."""
    found: dict[str, list[str]] = {}
    for mailing in Mailing.objects.filter(template="comments/notices").select_related("member").order_by("pk"):
        texts = [reply["text"] for story in mailing.context["stories"] for reply in story["replies"]]
        found.setdefault(mailing.member.name if mailing.member else "", []).extend(texts)
    return found


def sent() -> list[Any]:
    """Send what is queued; the mails that made."""
    django_mail.outbox.clear()
    for mailing in Mailing.objects.order_by("pk"):
        mailings.send(mailing)
    return list(django_mail.outbox)
