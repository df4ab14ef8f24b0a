"""How often a member wants to hear of what: asked, changed, stopped."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from articles.models import Author
from comments.models import NoticeWishes, Pace
from comments.notices import moderators
from members.models import Member

DIGEST_PACES = [choice for choice in Pace.choices if choice[0] != Pace.AT_ONCE]  # thirty mails help no moderator


class WishesForm(forms.ModelForm):
    """A choice for each kind that makes sense for the member."""

    class Meta:
        model = NoticeWishes
        fields = ("answers", "followed", "own_stories", "decisions", "moderation")
        labels = {
            "answers": _("Answers to you"),
            "followed": _("What you follow"),
            "own_stories": _("Replies under your stories"),
            "decisions": _("Decisions about your replies and reports"),
            "moderation": _("What waits for moderators"),
        }

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(kinds):
            del self.fields[name]
        if "moderation" in self.fields:
            choice: Any = self.fields["moderation"]
            choice.choices = DIGEST_PACES


def kinds_for(member: Member) -> list[str]:
    """The kinds that make sense for the member: stories for who signs some, the queue for who moderates."""
    found = Member.objects.filter(pk=member.pk).annotate(
        signs=Exists(Author.objects.filter(member=OuterRef("pk"))),
        moderates=Exists(moderators.people().filter(pk=OuterRef("pk"))),
    )
    signs, moderates = found.values_list("signs", "moderates").get()
    return ["answers", "followed", "decisions", *(["own_stories"] * signs), *(["moderation"] * moderates)]


def wishes_of(member: Member) -> NoticeWishes:
    """The member's wishes; the defaults, not stored, where they never said any."""
    return NoticeWishes.objects.filter(member=member).first() or NoticeWishes(member=member)


def stop(member: Member, kinds: list[str]) -> None:
    """Let the member hear no more of these kinds; what waits to be mailed is not."""
    NoticeWishes.objects.update_or_create(member=member, defaults=dict.fromkeys(kinds, Pace.NEVER))


def has_stopped(member: Member, kinds: list[str]) -> bool:
    """Whether the member hears of none of these kinds."""
    wishes = wishes_of(member)
    return all(getattr(wishes, kind) == Pace.NEVER for kind in kinds)


def words_of(kinds: list[str]) -> list[str]:
    """The kinds as the form names them, in the active language."""
    return [str(WishesForm.Meta.labels[kind]) for kind in kinds]
