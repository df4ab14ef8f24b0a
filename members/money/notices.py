"""News about money for people of the staff who asked for it: somebody joins, cancels, fails to pay, gives."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q

from members.letters.sending import mailings
from members.models import Member, MoneyNotice

KINDS: dict[str, str] = {"join": "on_join", "cancel": "on_cancel", "failed": "on_failed", "gift": "on_gift"}
TOLD = ("name", "email", "tier", "deal", "amount", "months", "until", "ends_on", "reason", "dispute", "gives")


def tell_staff(kind: str, key: str, context: dict[str, Any]) -> int:
    """Queue one mail for each person of the staff who wants news of `kind` and may still see it; how many.

    `key` names what happened: a repeat sends nothing. Of `context` only the words in `TOLD` are mailed (all
    text): never a card, a message, a code. In the caller's transaction.
    """
    field = KINDS[kind]
    told = {name: str(context[name]) for name in TOLD if context.get(name)}
    wanting = MoneyNotice.objects.filter(**{field: True}).values("member")
    people = list(Member.objects.filter(pk__in=wanting).filter(_may_see()).distinct())
    return sum(
        mailings.queue(
            f"staff-{kind}-{key}-{person.pk}", template="members/staff_money",
            context={**told, "kind": kind}, member=person,
        )
        for person in people
    )  # fmt: skip


def _may_see() -> Q:
    """Active staff who still hold the permission, by a group, themselves, or as a superuser."""
    allowed = Permission.objects.filter(content_type__app_label="members", codename="manage_membership")
    by_right = Q(groups__permissions__in=allowed) | Q(user_permissions__in=allowed)
    return Q(is_active=True, is_staff=True) & (Q(is_superuser=True) | by_right)
