"""What a person may ask of us about their data: to change it, to take it along, to have it erased."""

import secrets
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from comments.models import Discussion, Reply
from members.accounts.sessions import end_sessions
from members.models import (
    AuditEntry,
    LetterSubscription,
    Mailing,
    Member,
    MeteredView,
    Payment,
    StoryGift,
    Subscription,
    Topic,
)
from newsroom.caching import purge


class RightsError(Exception):
    """It cannot be done now; the message is fit to show."""


def change_profile(member: Member, *, name: str, language: str) -> None:
    """Keep name and language. Effects: the member, the pages that show the name."""
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(name=name, language=language)
        if name != member.name:
            _purge_replies_of(member)


def is_paying(member: Member) -> bool:
    """Whether Stripe still bills the member or waits for money."""
    return Subscription.objects.standing().filter(customer__member=member).exists()


def export(member: Member) -> dict[str, Any]:
    """All we hold about the member as plain values: texts, ISO times, money in the smallest unit."""
    replies = Reply.objects.filter(author=member)
    return {
        "account": _rows(
            Member.objects.filter(pk=member.pk), "email", "name", "language", "joined_at", "last_login"
        )[0],
        "addresses": _rows(EmailAddress.objects.filter(user=member), "email", "verified", "primary"),
        "letters": _rows(
            LetterSubscription.objects.filter(member=member),
            "letter__name", "email", "asked_at", "asked_on", "wording", "confirmed_at", "left_at",
        ),
        "access": _rows(member.grants.all(), "tier__name", "starts_at", "ends_at", "source"),
        "subscriptions": _rows(
            Subscription.objects.filter(customer__member=member),
            "price__tier__name", "status", "started_at", "paid_until", "ends_at",
        ),
        "payments": _rows(
            Payment.objects.filter(member=member), "kind", "amount", "currency", "amount_refunded", "paid_at"
        ),
        "replies": _rows(replies, "comment", "posted_at", "edited_at", "status", "reason"),
        "votes": _rows(member.ballots.all(), "round__question", "choices__topic__title", "cast_at"),
        "proposals": _rows(Topic.objects.filter(proposed_by=member), "title", "case", "proposed_at", "status"),
        "stories given": _rows(
            StoryGift.objects.filter(patron=member), "story_id", "created_at", "expires_at", "openings"
        ),
        "metered stories": _rows(MeteredView.objects.filter(member=member), "story_id", "period", "viewed_at"),
        "mails": _rows(member.mailings.all(), "template", "email", "status", "queued_at", "settled_at"),
        "signed in on": _rows(UserSession.objects.filter(user=member), "ip", "user_agent", "created_at"),
    }  # fmt: skip


def erase(member: Member, *, now: datetime) -> None:
    """Take the person out of every row; what they wrote stays, without a name, money history without an address.

    Raises RightsError while a subscription stands, and for people who work here. Effects: the member's rows,
    sessions, pages with their replies. The row itself stays, empty, for what points at it.
    """
    if is_paying(member):
        raise RightsError(_("Your membership still runs. Cancel it first; after its last day the account can go."))
    if member.is_staff:
        raise RightsError(_("You work here. Ask a colleague to close your desk access first."))
    with transaction.atomic():
        _purge_replies_of(member)
        end_sessions(member)
        AuditEntry.objects.note("erase", by=None, subject=_anonymise(member, now))
        Reply.objects.filter(author=member).update(
            user_name="", user_email="", user_url="", ip_address=None, ip_digest="", user=None
        )
        Mailing.objects.filter(member=member).update(email="", context={}, member=None)
        LetterSubscription.objects.filter(member=member).delete()
        Topic.objects.filter(proposed_by=member).update(proposed_by=None)
        StoryGift.objects.filter(patron=member).delete()
        MeteredView.objects.filter(member=member).delete()
        EmailAddress.objects.filter(user=member).delete()
        Authenticator.objects.filter(user=member).delete()


def _anonymise(member: Member, now: datetime) -> Member:
    row: Member = Member.objects.select_for_update().get(pk=member.pk)
    row.email = f"erased-{row.pk}-{secrets.token_hex(4)}@invalid.invalid"
    row.name, row.language, row.is_active, row.erased_at = "", "", False, now
    row.set_unusable_password()
    row.save()
    return row


def _purge_replies_of(member: Member) -> None:
    discussions = Discussion.objects.filter(replies__author=member).values_list("pk", flat=True).distinct()
    purge(*(f"replies-{pk}" for pk in discussions))


def _rows(rows: "QuerySet[Any]", *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))
