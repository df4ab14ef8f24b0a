"""Erasing an account: the person leaves every row, the money's history stays without them.

The law on book-keeping makes us keep what was paid, when and for what; nothing makes us keep by whom. A test
dumps every text of the database afterwards and looks for the person.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from comments.models import (
    Appeal,
    Discussion,
    Follow,
    Mute,
    Notice,
    NoticeWishes,
    Reply,
    Report,
    Ruling,
    Sanction,
    Version,
)
from comments.notices import digests
from members.accounts.sessions import end_sessions
from members.letters.sending import mailings, suppression
from members.models import (
    AccessRequest,
    AuditEntry,
    Ballot,
    CheckoutAttempt,
    Complimentary,
    FeedToken,
    Gift,
    Grant,
    LetterSubscription,
    MailEvent,
    Mailing,
    Member,
    MeteredView,
    MoneyNotice,
    OfflinePayment,
    Payment,
    Round,
    StaffInvitation,
    StoryGift,
    Subscription,
    Topic,
    TopicFollow,
    TopicWishes,
)
from members.money import jobs
from members.money.joining import checkout
from members.money.record import customers
from members.money.record.columns import NOBODYS
from members.money.record.subscriptions import end_all
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError
from members.topics.rounds import closing
from newsroom.caching import purge

NOT_PERSONAL = ("tier", "months", "deliver_at", "waiting", "name")  # of an attempt's details: what was sold
CHUNK = 500


class EraseError(Exception):
    """It cannot be done now; the message is fit to show."""


def is_paying(member: Member) -> bool:
    """Whether Stripe still bills the member or waits for money."""
    return Subscription.objects.standing().filter(customer__member=member).exists()


def has_waiting_gifts(member: Member) -> bool:
    """Whether a membership they bought for somebody waits for the day of its delivery."""
    return Gift.objects.filter(payment__member=member, delivered_at=None, voided_at=None).exists()


def refuse_staff(member: Member) -> None:
    """Raise EraseError for people who work here."""
    if member.is_staff or member.is_superuser:
        raise EraseError(_("You work here. Ask a colleague to close your desk access first."))


def end_and_erase(member: Member, *, now: datetime) -> None:
    """End what Stripe bills at once, then erase. Where Stripe does not answer nothing is erased.

    Raises EraseError. Talks to Stripe outside any transaction.
    """
    refuse_staff(member)
    try:
        teller = payments.in_request()
        _close_checkouts(member, teller)
        end_all(member, teller=teller)
    except PaymentError as error:
        raise EraseError(
            _("Our payment service does not answer, so your membership still runs. Nothing was erased; try again.")
        ) from error
    erase(member, now=now)


def _close_checkouts(member: Member, teller: payments.Teller) -> None:
    """Nobody may pay any more on a page that was left open; what was paid there is ended with the rest."""
    for session_id in _open_pages(member):
        checkout.expire(session_id, teller=teller)


def _have_checkouts_closed(member: Member) -> None:
    """The same by a job, in the caller's transaction: for an account of which Stripe bills nothing."""
    for session_id in _open_pages(member):
        jobs.expire_checkout.configure(lock=session_id).defer(session_id=session_id)


def _open_pages(member: Member) -> list[str]:
    pages = member.attempts.filter(status=CheckoutAttempt.Status.OPEN, session_id__isnull=False)
    return [str(session_id) for session_id in pages.values_list("session_id", flat=True)]


def erase(member: Member, *, now: datetime) -> None:
    """Take the person out of every row; what they published stays, without a name, money without an address.

    Raises EraseError while a subscription stands, and for people who work here. Effects: the member's rows,
    sessions, a job for each Stripe Customer, pages with their replies. The row itself stays, empty, for what
    points at it.
    """
    refuse_staff(member)
    with transaction.atomic():
        row = Member.objects.select_for_update().get(pk=member.pk)
        if is_paying(row):  # under the lock: a webhook may have brought one meanwhile
            raise EraseError(_("Your membership still runs. End it first, or have it ended together with the account."))
        addresses = {row.email, *EmailAddress.objects.filter(user=row).values_list("email", flat=True)}
        for round_ in Round.objects.to_be_counted(now).filter(ballots__member=row):
            closing.close_round(round_, now=now)  # their vote counted: the deadline has passed
        _purge_replies(row)
        end_sessions(row)
        _forget_in_the_record(row)
        _forget_mails(row, addresses)
        suppression.forget(addresses)
        _forget_money(row, addresses)
        _forget_words(row)
        _forget_rows(row, addresses)
        _have_checkouts_closed(row)
        customers.let_go(row, now)
        Grant.objects.rebuild(row, now=now)
        AuditEntry.objects.note("erase", by=None, subject=_anonymise(row, now))
        for part in Member.objects.filter(merged_into=row, erased_at=None):
            _forget_in_the_record(part)
            _anonymise(part, now)


def _anonymise(row: Member, now: datetime) -> Member:
    row.email = f"erased-{row.pk}-{secrets.token_hex(4)}@invalid.invalid"
    row.name, row.language, row.is_active, row.erased_at = "", "", False, now
    row.set_unusable_password()
    row.save()
    return row


def _forget_money(member: Member, addresses: Iterable[str]) -> None:
    """What was paid stays; who paid, with which card, what they wrote to it and why they left goes."""
    bought = Gift.objects.filter(payment__member=member)
    to_me = Gift.objects.filter(Q(redeemed_by=member) | _at("recipient_email", addresses, sent=True))
    for attempt in CheckoutAttempt.objects.filter(
        Q(member=member) | _at("email", addresses) | Q(payment__gift__in=to_me)
    ).distinct():
        details = {name: value for name, value in attempt.details.items() if name in NOT_PERSONAL}
        CheckoutAttempt.objects.filter(pk=attempt.pk).update(email="", details=details, return_path="", url="")
    bought.update(giver_name="", message="")
    bought.filter(delivered_at__isnull=False).update(recipient_email="")  # one that waits for its day still goes out
    to_me.update(recipient_email="", message="")
    Payment.objects.filter(Q(member=member) | _at("billing_email", addresses)).update(billing_email="")
    Subscription.objects.filter(customer__member=member).update(**NOBODYS)
    Complimentary.objects.filter(member=member).update(reason="")
    OfflinePayment.objects.filter(member=member).update(reference="")
    AccessRequest.objects.filter(member=member).delete()


def _forget_mails(member: Member, addresses: Iterable[str]) -> None:
    """What we mailed to them, or to others about them. What still waits to be sent is not sent; others' mails with
    many replies in them go out without theirs."""
    gifts = Gift.objects.filter(Q(payment__member=member) | Q(redeemed_by=member)).values_list("pk", flat=True)
    letters = rf"^(receipt-|reminder-)?gift-({'|'.join(str(pk) for pk in gifts) or 'none'})(-again-.*)?$"
    billed = Payment.objects.filter(member=member).exclude(billing_email="").values_list("billing_email", flat=True)
    theirs = {*addresses, *billed}
    named = _at("email", theirs) | _at("context__email", theirs)  # the second: what the staff was told
    mails = Mailing.objects.filter(Q(member=member) | Q(key__regex=letters) | named)
    written = list(Reply.objects.filter(author=member).values_list("pk", flat=True))
    chunks = [written[place : place + CHUNK] for place in range(0, len(written), CHUNK)]
    for part in (mails, *map(_answers, chunks)):
        mailings.suppress(part, because="erased", now=timezone.now())
        MailEvent.objects.filter(mailing__in=part.values("pk")).update(detail="")
        part.update(email="", context={}, error="", member=None, subscription=None)
    for chunk in chunks:
        digests.unquote(chunk)


def _answers(replies: list[int]) -> "models.QuerySet[Mailing]":
    """The mails that told of one of these replies alone. Digests go out, without its words (`digests.unquote`)."""
    return Mailing.objects.filter(template="comments/answer", key__regex=rf"^answer-({'|'.join(map(str, replies))})-")


def _forget_words(member: Member) -> None:
    """Published replies stay, without a name; what nobody read goes, and so does what was said in confidence."""
    own = Reply.objects.filter(author=member)
    own.update(user_name="", user_email="", user_url="", ip_address=None, ip_digest="", user=None, reason="")
    gone: dict[str, Any] = {"comment": "", "text_digest": ""}
    own.held().update(status=Reply.Status.REJECTED, rule=Reply.WITHDRAWN, **gone)
    own.exclude(status=Reply.Status.PUBLISHED).update(**gone)
    Version.objects.filter(reply__author=member).delete()
    _forget_conduct(member)
    Topic.objects.filter(proposed_by=member, status=Topic.Status.PROPOSED, merged=None).delete()  # others ask for it
    Ballot.objects.filter(member=member, round__closed_at=None).delete()
    Ballot.objects.filter(member=member).update(member=None)
    TopicFollow.objects.filter(member=member).delete()
    TopicWishes.objects.filter(member=member).delete()
    Topic.objects.filter(proposed_by=member, status=Topic.Status.MERGED).update(title="—", case="")
    Topic.objects.filter(proposed_by=member).update(proposed_by=None)


def _forget_conduct(member: Member) -> None:
    """That moderators decided stays, to be counted; what was said of it goes, to them and by them.

    Sanctions end with the account: we keep nothing by which the person would be known again.
    """
    Report.objects.filter(member=member).update(note="")
    Ruling.objects.filter(reply__author=member).update(reason="", message="")
    Appeal.objects.filter(member=member, settled_at=None).delete()
    Appeal.objects.filter(member=member).update(text="", answer="")
    Sanction.objects.filter(member=member).update(reason="", note="")
    Follow.objects.filter(member=member).delete()
    Mute.objects.filter(Q(member=member) | Q(muted=member)).delete()
    NoticeWishes.objects.filter(member=member).delete()
    Notice.objects.filter(Q(member=member) | Q(reply__author=member, sent_at=None)).delete()


def _forget_rows(member: Member, addresses: Iterable[str]) -> None:
    LetterSubscription.objects.filter(Q(member=member) | _at("email", addresses)).delete()
    StaffInvitation.objects.filter(_at("email", addresses), accepted_at=None).delete()
    for invitation in StaffInvitation.objects.filter(_at("email", addresses)):
        StaffInvitation.objects.filter(pk=invitation.pk).update(email=f"erased-{invitation.pk}@invalid.invalid")
    StoryGift.objects.filter(patron=member).delete()
    FeedToken.objects.filter(member=member).delete()
    MeteredView.objects.filter(member=member).delete()
    MoneyNotice.objects.filter(member=member).delete()
    EmailAddress.objects.filter(user=member).delete()
    Authenticator.objects.filter(user=member).delete()


def _forget_in_the_record(member: Member) -> None:
    """The record keeps that something was decided, when and by whom; not about whom."""
    for rows in _named_after(member):
        keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
        about = AuditEntry.objects.filter(subject_type=rows.model._meta.label, subject_id__in=keys)
        about.update(subject_name="", reason="", changes={})
        kind = ContentType.objects.get_for_model(rows.model)
        LogEntry.objects.filter(content_type=kind, object_id__in=keys).update(object_repr="", change_message="")


def _named_after(member: Member) -> list["models.QuerySet[Any]"]:
    """The rows whose name in the record, or whose changes, say who the member is."""
    return [
        Member.objects.filter(pk=member.pk),
        Complimentary.objects.filter(member=member),
        OfflinePayment.objects.filter(member=member),
        AccessRequest.objects.filter(member=member),
        Grant.objects.filter(member=member),
        Reply.objects.filter(author=member),
        Ruling.objects.filter(reply__author=member),
        Appeal.objects.filter(member=member),
        Sanction.objects.filter(member=member),
        Topic.objects.filter(proposed_by=member, status__in=[Topic.Status.PROPOSED, Topic.Status.MERGED]),
        LetterSubscription.objects.filter(member=member),
        Report.objects.filter(member=member),
        Subscription.objects.filter(customer__member=member),
        Payment.objects.filter(member=member),
        Gift.objects.filter(Q(payment__member=member) | Q(redeemed_by=member)),
    ]


def _at(field: str, addresses: Iterable[str], *, sent: bool = False) -> Q:
    """Rows whose `field` is one of the addresses, whatever its case; `sent`: only of gifts that went out."""
    found = Q(pk__in=[])
    for address in addresses:
        found |= Q(**{f"{field}__iexact": address})
    return found & Q(delivered_at__isnull=False) if sent else found


def _purge_replies(member: Member) -> None:
    discussions = Discussion.objects.filter(replies__author=member).values_list("pk", flat=True).distinct()
    purge(*(f"replies-{pk}" for pk in discussions))
