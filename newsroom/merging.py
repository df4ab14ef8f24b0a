"""Two accounts of one person become one: what hangs on the other moves, the other is emptied, nothing is lost.

`HANDLED` names every relation to a member and what merging does with it; a test refuses a new one that is
not named. The rows of money keep their history: Stripe is told nothing, whoever pays goes on paying.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from articles.models import Author
from comments.models import Discussion, Mute, Notice, Reaction, Reply
from members.accounts.sessions import end_sessions
from members.letters.joining import asking
from members.letters.sending import mailings
from members.models import (
    AccessRequest,
    AuditEntry,
    CheckoutAttempt,
    Grant,
    LetterSubscription,
    Member,
    StripeCustomer,
    Subscription,
)
from members.money import jobs
from newsroom.caching import purge

TWICE = "two accounts became one, and both were paying"

# Moved as they are; where two rows could clash, `PREPARED` settles that before.
FOLLOWS = (
    "account.EmailAddress.user",
    "comments.Appeal.member",
    "comments.Reaction.member",
    "comments.Reply.author",
    "comments.Sanction.member",
    "members.AccessRequest.member",
    "members.CheckoutAttempt.member",
    "members.Complimentary.member",
    "members.Gift.redeemed_by",
    "members.LetterSubscription.member",
    "members.Mailing.member",
    "members.Member.merged_into",
    "members.OfflinePayment.member",
    "members.Payment.member",
    "members.StoryGift.patron",
    "members.StripeCustomer.member",
    "members.Topic.proposed_by",
)
# Moved where the account that stays has none like it (of the same round, reply, …); there its own counts.
ONCE: dict[str, tuple[str, ...]] = {
    "comments.Follow.member": ("discussion_id", "branch_id"),
    "comments.Mute.member": ("muted_id",),
    "comments.Mute.muted": ("member_id",),
    "comments.Notice.member": ("about",),
    "comments.NoticeWishes.member": (),
    "comments.Report.member": ("reply_id",),
    "members.Ballot.member": ("round_id",),
    "members.TopicFollow.member": ("topic_id",),
    "members.TopicWishes.member": (),
    "members.MeteredView.member": ("period", "story_id"),
    "members.MoneyNotice.member": (),
}
# Deleted: derived anew, or bound to the old account by its very nature.
GONE = {
    "members.Grant.member": "derived from what moved",
    "mfa.Authenticator.user": "a passkey names the account it was made for",
    "members.FeedToken.member": "an address for one account; the one that stays has its own",
    "usersessions.UserSession.user": "whoever is signed in there signs in again",
}
_DESK = "work at the desk stays signed by the account that did it; who works here is never merged into another"
_PACKAGE = "a column of the comments package that we never write"
STAYS = {
    "admin.LogEntry.user": _DESK,
    "articles.Article.created_by": _DESK,
    "articles.Article.legal_cleared_by": _DESK,
    "articles.Article.reviewed_by": _DESK,
    "articles.Correction.made_by": _DESK,
    "articles.FrontSlot.placed_by": _DESK,
    "articles.LiveEntry.made_by": _DESK,
    "articles.Presence.member": _DESK,
    "articles.PreviewLink.made_by": _DESK,
    "articles.Revision.made_by": _DESK,
    "articles.SectionLimit.member": _DESK,
    "articles.StoryNote.by": _DESK,
    "articles.StoryNote.resolved_by": _DESK,
    "articles.WorkingCopy.member": _DESK,
    "comments.Appeal.settled_by": _DESK,
    "comments.Reply.decided_by": _DESK,
    "comments.Report.settled_by": _DESK,
    "comments.Ruling.by": _DESK,
    "comments.Sanction.decided_by": _DESK,
    "comments.Sanction.lifted_by": _DESK,
    "django_comments.Comment.user": _PACKAGE,
    "django_comments.CommentFlag.user": _PACKAGE,
    "members.AccessRequest.settled_by": _DESK,
    "members.ApiKey.made_by": _DESK,
    "members.AuditEntry.by": "the record is never changed; the emptied account says whose it became",
    "members.Complimentary.granted_by": _DESK,
    "members.Member_groups.member": _DESK,
    "members.Member_user_permissions.member": _DESK,
    "members.OfflinePayment.recorded_by": _DESK,
    "members.StaffInvitation.made_by": _DESK,
    "members.Issue.made_by": _DESK,
    "members.Suppression.by": _DESK,
    "members.Topic.assigned_to": _DESK,
    "members.TopicStep.by": _DESK,
}
BY_HAND = {"articles.Author.member": "the page of an author goes along where the other has none"}
HANDLED = {*FOLLOWS, *ONCE, *GONE, *STAYS, *BY_HAND}


class MergeError(Exception):
    """These two cannot become one; the message is fit to show."""


def refusal(keep: Member, other: Member, *, by: Member) -> str:
    """Why these two must not be merged by this person; empty when they may."""
    if keep.pk == other.pk:
        return _("That is the same account.")
    if keep.erased_at or other.erased_at:
        return _("One of the two was erased. There is nothing left to merge.")
    if keep.merged_into_id or (other.merged_into_id and other.merged_into_id != keep.pk):
        return _("One of the two has become part of another account already. Merge with that one.")
    if not keep.is_active:
        return _("The account that would stay is closed.")
    if other.is_staff or other.is_superuser or other.groups.exists():
        return _("Accounts of people who work here are not merged into others. Merge the other way round.")
    if (keep.is_staff or keep.is_superuser) and not by.has_perm("members.manage_staff"):
        return _("This account opens the desk, and every address of it would. Ask a publisher.")
    return ""


def merge(keep: Member, other: Member, *, by: Member, now: datetime) -> bool:
    """Make `other` part of `keep`; False if it was before. `by` presses the button.

    Locks both, in the order of their keys. Effects: every row that hangs on `other`, grants of both, sessions
    of `other`, one mail to either address, the record, pages with their replies. Raises MergeError.
    """
    with transaction.atomic():
        locked = {row.pk: row for row in _lock(keep, other)}
        keep, other = locked[keep.pk], locked[other.pk]
        if problem := refusal(keep, other, by=by):
            raise MergeError(problem)
        if other.merged_into_id == keep.pk:
            return False
        pays_twice = has_standing(keep) and has_standing(other)
        for prepare in PREPARED:
            prepare(keep, other, now)
        _move(keep, other)
        _purge_replies(keep)
        old_address = _empty(keep, other)
        if pays_twice:
            _flag(keep)
        for member in (other, keep):
            Grant.objects.rebuild(member, now=now)
        changes = {"merged": [old_address, keep.email]}
        AuditEntry.objects.note("merge accounts", by=by, subject=keep, changes=changes)
        _tell(keep, other, old_address)
    return True


def has_standing(member: Member) -> bool:
    """Whether Stripe bills the member or waits for money."""
    return Subscription.objects.standing().filter(customer__member=member).exists()


def _lock(*members: Member) -> list[Member]:
    rows = Member.objects.select_for_update().filter(pk__in=[member.pk for member in members])
    return list(rows.order_by("pk"))


def _rows(label: str) -> tuple[Any, str]:
    """The rows and the field of `app.Model.field`."""
    model, field = label.rsplit(".", 1)
    return apps.get_model(model)._base_manager, field


def _move(keep: Member, other: Member) -> None:
    for label, alike in ONCE.items():
        rows, field = _rows(label)
        own = {tuple(key) for _pk, *key in rows.filter(**{field: keep}).values_list("pk", *alike)}
        keyed = rows.filter(**{field: other}).values_list("pk", *alike)
        doubles = [pk for pk, *key in keyed if tuple(key) in own]
        rows.filter(pk__in=doubles).delete()
        rows.filter(**{field: other}).update(**{field: keep})
    for label in FOLLOWS:
        rows, field = _rows(label)
        rows.filter(**{field: other}).update(**{field: keep})
    for label in GONE:
        rows, field = _rows(label)
        rows.filter(**{field: other}).delete()
    if not Author.objects.filter(member=keep).exists():
        Author.objects.filter(member=other).update(member=keep)


def _one_customer(keep: Member, other: Member, now: datetime) -> None:
    """One Customer can be charged: the one that is paying, else that of the account that stays."""
    in_use = StripeCustomer.objects.select_for_update().in_use().filter(member__in=[keep, other])
    standing = Subscription.objects.standing().values("customer")
    paying = set(in_use.filter(pk__in=standing).values_list("pk", flat=True))
    for livemode in (False, True):
        found = sorted(
            in_use.filter(livemode=livemode), key=lambda row: (row.pk not in paying, row.member_id != keep.pk)
        )
        StripeCustomer.objects.filter(pk__in=[row.pk for row in found[1:]]).update(superseded_at=now)


def _close_attempts(keep: Member, other: Member, now: datetime) -> None:
    """What the other account has open at Checkout is closed, at Stripe as well; a bank's answer is waited for."""
    subscribing = CheckoutAttempt.objects.filter(kind=CheckoutAttempt.Kind.SUBSCRIBE)
    mine = subscribing.filter(status=CheckoutAttempt.Status.OPEN)
    if not mine.filter(member=keep).exists():
        waiting = mine.filter(member=other, details__waiting=True).values_list("pk", flat=True)
    else:
        waiting = mine.none().values_list("pk", flat=True)
    for attempt in mine.filter(member=other).exclude(pk__in=list(waiting)):
        CheckoutAttempt.objects.filter(pk=attempt.pk).update(status=CheckoutAttempt.Status.EXPIRED)
        if attempt.session_id and not attempt.details.get("waiting"):
            jobs.expire_checkout.configure(lock=attempt.session_id).defer(session_id=attempt.session_id)


def _one_request(keep: Member, other: Member, now: datetime) -> None:
    """Who asked from both accounts asked once."""
    open_ones = AccessRequest.objects.filter(settled_at=None)
    if open_ones.filter(member=keep).exists():
        open_ones.filter(member=other).update(settled_at=now)


def _letters_once(keep: Member, other: Member, now: datetime) -> None:
    """Each letter to the address that asked for it; one that both get comes to the account that stays."""
    both = LetterSubscription.objects.receiving()
    twice = both.filter(Q(member=keep) | Q(email__iexact=keep.email)).values("letter")
    theirs = Q(member=other) | Q(email__iexact=other.email)
    for row in both.filter(theirs, letter__in=twice):
        asking.leave(row, now, where="/account/", wording=_("Two accounts became one, and both got it"))
    LetterSubscription.objects.filter(theirs, member=None).update(member=keep)


def _tell_replies_apart(keep: Member, other: Member, now: datetime) -> None:
    """The same words from both accounts in the same ten minutes stand twice; their buckets differ from now on."""
    same = Reply.objects.filter(
        author=keep,
        discussion=OuterRef("discussion"),
        text_digest=OuterRef("text_digest"),
        posted_bucket=OuterRef("posted_bucket"),
    )
    doubles = Reply.objects.filter(author=other).exclude(text_digest="")
    for reply in doubles.filter(Exists(same)):
        Reply.objects.filter(pk=reply.pk).update(posted_bucket=-reply.pk)


def _recommend_once(keep: Member, other: Member, now: datetime) -> None:
    """Nobody recommends their own words, nor anybody's twice: the scores follow."""
    mine = Reaction.objects.filter(member=keep).values("reply")
    twice = Q(member=other, reply__in=mine)
    own = Q(member=other, reply__author=keep) | Q(member=keep, reply__author=other)
    for reaction in Reaction.objects.filter(twice | own):
        Reply.objects.filter(pk=reaction.reply_id).update(score=F("score") - 1)
        reaction.delete()


def _not_oneself(keep: Member, other: Member, now: datetime) -> None:
    """Nobody mutes themselves, nor is still to be told of what they wrote themselves."""
    both = [keep, other]
    Mute.objects.filter(member__in=both, muted__in=both).delete()
    Notice.objects.filter(member__in=both, reply__author__in=both, sent_at=None).delete()


def _addresses(keep: Member, other: Member, now: datetime) -> None:
    """The other's address signs in to the account that stays: a code mailed to it proves it each time."""
    EmailAddress.objects.filter(user=other).update(primary=False)
    known = EmailAddress.objects.filter(user=other, email__iexact=other.email)
    if not known.update(verified=True):
        EmailAddress.objects.create(user=other, email=other.email.lower(), verified=True, primary=False)
    if not EmailAddress.objects.filter(user=keep, primary=True).exists():
        EmailAddress.objects.get_or_create(
            user=keep, email=keep.email.lower(), defaults={"verified": True, "primary": True}
        )


PREPARED: tuple[Callable[[Member, Member, datetime], None], ...] = (
    _one_customer,
    _close_attempts,
    _one_request,
    _letters_once,
    _tell_replies_apart,
    _recommend_once,
    _not_oneself,
    _addresses,
)


def _empty(keep: Member, other: Member) -> str:
    """Leave nothing of a person in the other account; its address is free. Returns that address."""
    address = other.email
    for field in ("name", "language"):
        if not getattr(keep, field):
            setattr(keep, field, getattr(other, field))
    keep.save(update_fields=["name", "language"])
    end_sessions(other)
    Authenticator.objects.filter(user=other).delete()
    other.email = f"merged-{other.pk}-{secrets.token_hex(4)}@invalid.invalid"
    other.name, other.language, other.is_active, other.merged_into = "", "", False, keep
    other.set_unusable_password()
    other.save()
    return address


def _flag(keep: Member) -> None:
    """A person looks at what was paid twice; nothing is ended or refunded by itself."""
    mine = Subscription.objects.standing().filter(customer__member=keep, needs_review="")
    newest = mine.order_by("-started_at", "-pk").first()
    if newest is not None:
        Subscription.objects.filter(pk=newest.pk).update(needs_review=TWICE)


def _purge_replies(member: Member) -> None:
    discussions = Discussion.objects.filter(replies__author=member).values_list("pk", flat=True).distinct()
    purge(*(f"replies-{pk}" for pk in discussions))


def _tell(keep: Member, other: Member, old_address: str) -> None:
    """Both addresses read of it, so that a mistake is found by those it happened to."""
    context = {"kept": keep.email, "other": old_address}
    for place, email in enumerate((keep.email, old_address)):
        mailings.queue(
            f"merged-{other.pk}-{place}", template="members/merged", context=context, member=keep, email=email
        )
