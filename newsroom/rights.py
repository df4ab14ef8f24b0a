"""What a person may ask of us about their data: to change it, and to take it along. Erasing is `newsroom.erasing`.

`EXPORTED` and `NOT_EXPORTED` name every relation to a member; a test refuses a new one that is in neither.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q, QuerySet

from comments.models import Appeal, Discussion, NoticeWishes, Reaction, Reply, Report, Ruling, Sanction, Version
from members.letters.sending import suppression
from members.models import (
    Consent,
    Gift,
    LetterSubscription,
    MailEvent,
    Mailing,
    Member,
    MeteredView,
    MoneyNotice,
    Payment,
    StoryGift,
    Subscription,
    Suppression,
    Topic,
    TopicWishes,
)
from newsroom.caching import purge

# Relation → the part of the file that tells of it.
EXPORTED = {
    "account.EmailAddress.user": "addresses",
    "comments.Appeal.member": "appeals",
    "comments.Follow.member": "followed discussions",
    "comments.Mute.member": "muted people",
    "comments.Notice.member": "told about replies",
    "comments.NoticeWishes.member": "wishes for mails about replies",
    "comments.Reaction.member": "recommendations",
    "comments.Reply.author": "replies",
    "comments.Report.member": "reports",
    "comments.Sanction.member": "sanctions",
    "members.AccessRequest.member": "requests for access",
    "members.Ballot.member": "votes",
    "members.CheckoutAttempt.member": "attempts to pay",
    "members.Complimentary.member": "given access",
    "members.FeedToken.member": "own feeds",
    "members.Gift.redeemed_by": "gifts received",
    "members.Grant.member": "access",
    "members.LetterSubscription.member": "letters",
    "members.Mailing.member": "mails",
    "members.Member.merged_into": "merged accounts",
    "members.Member_groups.member": "roles",
    "members.MeteredView.member": "metered stories",
    "members.MoneyNotice.member": "notices",
    "members.OfflinePayment.member": "offline payments",
    "members.Payment.member": "payments",
    "members.StoryGift.patron": "stories given",
    "members.StripeCustomer.member": "known to Stripe as",
    "members.Topic.proposed_by": "proposals",
    "members.TopicFollow.member": "followed topics",
    "members.TopicWishes.member": "wishes for mails about topics",
    "mfa.Authenticator.user": "second factors",
    "usersessions.UserSession.user": "signed in on",
}
_WORK = "what somebody did as a journalist belongs to the newsroom's record"
_PACKAGE = "a column of the comments package that we never write"
NOT_EXPORTED = {
    "admin.LogEntry.user": _WORK,
    "articles.Article.created_by": _WORK,
    "articles.Article.legal_cleared_by": _WORK,
    "articles.Article.reviewed_by": _WORK,
    "articles.Author.member": _WORK,
    "articles.Correction.made_by": _WORK,
    "articles.FrontSlot.placed_by": _WORK,
    "articles.LiveEntry.made_by": _WORK,
    "articles.Presence.member": _WORK,
    "articles.PreviewLink.made_by": _WORK,
    "articles.Revision.made_by": _WORK,
    "articles.SectionLimit.member": _WORK,
    "articles.StoryNote.by": _WORK,
    "articles.StoryNote.resolved_by": _WORK,
    "articles.WorkingCopy.member": _WORK,
    "comments.Appeal.settled_by": _WORK,
    "comments.Mute.muted": "whom somebody does not want to read is known to them alone",
    "comments.Reply.decided_by": _WORK,
    "comments.Report.settled_by": _WORK,
    "comments.Ruling.by": _WORK,
    "comments.Sanction.decided_by": _WORK,
    "comments.Sanction.lifted_by": _WORK,
    "django_comments.Comment.user": _PACKAGE,
    "django_comments.CommentFlag.user": _PACKAGE,
    "members.AccessRequest.settled_by": _WORK,
    "members.ApiKey.made_by": _WORK,
    "members.AuditEntry.by": _WORK,
    "members.Complimentary.granted_by": _WORK,
    "members.Member_user_permissions.member": _WORK,
    "members.OfflinePayment.recorded_by": _WORK,
    "members.StaffInvitation.made_by": _WORK,
    "members.Issue.made_by": _WORK,
    "members.Suppression.by": _WORK,
    "members.Topic.assigned_to": _WORK,
    "members.TopicStep.by": _WORK,
}


def change_profile(member: Member, *, name: str, language: str) -> None:
    """Keep name and language. Effects: the member, the pages that show the name."""
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(name=name, language=language)
        if name != member.name:
            discussions = Discussion.objects.filter(replies__author=member).values_list("pk", flat=True).distinct()
            purge(*(f"replies-{pk}" for pk in discussions))


def export(member: Member) -> dict[str, Any]:
    """All we hold about the member as plain values: texts, ISO times, money in the smallest unit."""
    account = Member.objects.filter(pk=member.pk)
    return {
        "account": _rows(account, "email", "name", "language", "joined_at", "last_login")[0],
        **_of_the_account(member),
        **_of_money(member),
        **_of_words(member),
        **_of_conduct(member),
        **_of_notices(member),
        **_of_reading(member),
    }


def _of_the_account(member: Member) -> dict[str, Any]:
    return {
        "addresses": _rows(EmailAddress.objects.filter(user=member), "email", "verified", "primary"),
        "merged accounts": _rows(Member.objects.filter(merged_into=member), "joined_at"),
        "roles": _rows(member.groups.all(), "name"),
        "second factors": _rows(
            Authenticator.objects.filter(user=member), "type", "data__name", "created_at", "last_used_at"
        ),
        "signed in on": _rows(UserSession.objects.filter(user=member), "ip", "user_agent", "created_at"),
        "letters": _rows(
            LetterSubscription.objects.filter(Q(member=member) | Q(email__iexact=member.email)),
            "letter__name", "email", "asked_at", "asked_on", "wording", "confirmed_at", "left_at",
        ),
        "consents to letters": _rows(
            Consent.objects.filter(
                Q(subscription__member=member) | Q(subscription__email__iexact=member.email)
            ),
            "subscription__letter__name", "act", "at", "where", "wording",
        ),
        "notices": _rows(
            MoneyNotice.objects.filter(member=member), "on_join", "on_cancel", "on_failed", "on_gift"
        ),
        "mails": _rows(
            Mailing.objects.filter(member=member), "template", "email", "status", "queued_at", "settled_at"
        ),
        "what providers said of mails": _rows(
            MailEvent.objects.filter(mailing__member=member), "mailing__template", "kind", "provider", "at", "detail"
        ),
        "addresses we spare": _rows(
            Suppression.objects.filter(email__in=suppression.names_of(member.email)), "reason", "detail", "at"
        ),
    }  # fmt: skip


def _of_money(member: Member) -> dict[str, Any]:
    gift = ("tier__name", "months", "giver_name", "message", "redeemed_at", "starts_at", "ends_at", "voided_at")
    return {
        "access": _rows(member.grants.all(), "tier__name", "starts_at", "ends_at", "source", "reason"),
        "known to Stripe as": _rows(member.stripe_customers.all(), "stripe_id", "deleted_at", "superseded_at"),
        "attempts to pay": _rows(
            member.attempts.all(),
            "kind", "amount", "currency", "email", "details", "status", "created_at", "terms__version", "accepted_at",
        ),
        "subscriptions": _rows(
            Subscription.objects.filter(customer__member=member),
            "price__tier__name", "price__unit_amount", "price__currency", "price__interval", "status", "started_at",
            "paid_until", "ends_at", "ended_at", "trial_ends_at", "paused_at", "resumes_at", "discount",
            "cancel_reason", "cancel_comment", "card_brand", "card_last4", "card_expires_on",
        ),
        "payments": _rows(
            Payment.objects.filter(member=member),
            "kind", "amount", "currency", "amount_refunded", "tax", "paid_at", "receipt_number", "invoice_number",
            "billing_email", "dispute_status",
        ),
        "gifts bought": _rows(
            Gift.objects.filter(payment__member=member),
            *gift, "recipient_email", "deliver_at", "delivered_at", "expires_at",
        ),
        "gifts received": _rows(member.gifts.all(), *gift),
        "given access": _rows(member.complimentary.all(), "tier__name", "kind", "reason", "starts_at", "ends_at"),
        "offline payments": _rows(
            member.offline_payments.all(),
            "tier__name", "amount", "currency", "method", "reference", "received_on", "starts_at", "ends_at",
            "voided_at",
        ),
        "requests for access": _rows(
            member.access_requests.all(), "message", "asked_at", "settled_at", "given__ends_at"
        ),
    }  # fmt: skip


def _of_words(member: Member) -> dict[str, Any]:
    return {
        "replies": _replies(member),
        "recommendations": _rows(Reaction.objects.filter(member=member), "reply_id"),
        "votes": _rows(member.ballots.all(), "round__question", "choices__option__topic__title", "cast_at", "standing"),
        "proposals": _rows(Topic.objects.filter(proposed_by=member), "title", "case", "proposed_at", "status"),
        "followed topics": _rows(member.followed_topics.all(), "topic__title", "at"),
        "wishes for mails about topics": _rows(TopicWishes.objects.filter(member=member), "wants_mail"),
    }  # fmt: skip


def _replies(member: Member) -> list[dict[str, Any]]:
    """Each with the texts it had before, and with what was decided about it; not by whom."""
    replies = _rows(
        Reply.objects.filter(author=member), "id", "comment", "posted_at", "edited_at", "status", "reason", "score"
    )
    earlier = _by_reply(Version.objects.filter(reply__author=member), "text", "replaced_at")
    decided = _by_reply(Ruling.objects.filter(reply__author=member), "verb", "reason", "message", "at", "undone_at")
    for reply in replies:
        reply["earlier texts"] = earlier.get(reply["id"], [])
        reply["decisions"] = decided.get(reply["id"], [])
    return replies


def _of_conduct(member: Member) -> dict[str, Any]:
    """What they said to moderators and heard from them; never what moderators note for one another."""
    return {
        "reports": _rows(
            Report.objects.filter(member=member),
            "reply_id", "reason", "note", "reported_at", "settled_at", "outcome",
        ),
        "sanctions": _rows(
            Sanction.objects.filter(member=member), "kind", "reason", "starts_at", "ends_at", "seen_at", "lifted_at"
        ),
        "appeals": _rows(
            Appeal.objects.filter(member=member),
            "ruling__reply_id", "sanction__kind", "text", "made_at", "settled_at", "outcome", "answer",
        ),
    }  # fmt: skip


def _of_notices(member: Member) -> dict[str, Any]:
    wishes = NoticeWishes.objects.filter(member=member)
    return {
        "followed discussions": _rows(member.follows.all(), "discussion_id", "branch_id", "since"),
        "muted people": _rows(member.mutes.all(), "muted__name", "since"),
        "wishes for mails about replies": _rows(
            wishes, "answers", "followed", "decisions", "own_stories", "moderation"
        ),
        "told about replies": _rows(member.notices.all(), "kind", "about", "made_at", "sent_at"),
    }  # fmt: skip


def _by_reply(rows: "QuerySet[Any]", *names: str) -> dict[int, list[dict[str, Any]]]:
    """The rows under the reply they belong to."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(rows, "reply_id", *names):
        found.setdefault(row.pop("reply_id"), []).append(row)
    return found


def _of_reading(member: Member) -> dict[str, Any]:
    return {
        "stories given": _rows(
            StoryGift.objects.filter(patron=member), "story_id", "created_at", "expires_at", "openings"
        ),
        "own feeds": _rows(member.feed_tokens.all(), "made_at", "revoked_at"),
        "metered stories": _rows(MeteredView.objects.filter(member=member), "story_id", "period", "viewed_at"),
    }


def _rows(rows: "QuerySet[Any]", *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))
