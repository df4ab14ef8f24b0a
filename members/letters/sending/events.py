"""What providers say of our messages, and what follows from it.

Each event is kept once, whatever its order and however often it is told: the state of a mailing only rises
(`mailings.ORDER`). A lasting bounce or a complaint spares the address from now on, five passing bounces on
different days within thirty do; who left at the provider leaves here. That a mail was opened or a link in it
followed is not kept at all, nor is what an event says of addresses.

A message is known by the provider's name for it, or by the key of the mailing that we sent along as metadata. An
event that comes before the name was stored, or of a message that is none of ours, is kept without a mailing;
`adopt` finds the first kind again.
"""

import re
from datetime import datetime, timedelta

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db import transaction
from django.utils import timezone

from members.letters.joining import asking
from members.letters.sending import bounces, mailings, suppression
from members.models import LetterSubscription, MailEvent, Mailing, Suppression

Status = Mailing.Status
STATES: dict[str, Mailing.Status | None] = {  # the kinds that are kept, and what each says of the mailing
    EventType.QUEUED: Status.ACCEPTED,
    EventType.SENT: Status.ACCEPTED,
    EventType.DEFERRED: Status.ACCEPTED,
    EventType.REJECTED: Status.FAILED,
    EventType.FAILED: Status.FAILED,
    EventType.DELIVERED: Status.DELIVERED,
    EventType.BOUNCED: Status.BOUNCED,
    EventType.COMPLAINED: Status.COMPLAINED,
    EventType.UNSUBSCRIBED: None,
}
PASSING_DAYS = 5
WITHIN = timedelta(days=30)
ADOPTED_WITHIN = timedelta(days=3)
LONGEST_ID = 120
AN_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"',;]+")
STRAYS = 1000


def record(event: AnymailTrackingEvent, provider: str, *, now: datetime) -> bool:
    """Keep what `provider` (anymail's name for it) told us and do what follows; True if it was news.

    Effects: a MailEvent, the mailing's state, suppression, letters. Opened, clicked and unknown kinds leave nothing.
    """
    kind, name = str(event.event_type), provider.lower().replace(" ", "_")
    if kind not in STATES:
        return False
    known = _known(event)
    mailing = known if known is not None and _is_to(event.recipient, known) else None
    is_lasting = kind == EventType.BOUNCED and bounces.lasts(event, name)
    with transaction.atomic():
        row, is_new = MailEvent.objects.select_for_update().get_or_create(
            key=_key(event, name, is_lasting=is_lasting, is_copy=mailing is not known),
            defaults={
                "kind": kind,
                "provider": name,
                "mailing": mailing,
                "at": _moment(event.timestamp, now),
                "received_at": now,
                "is_lasting": is_lasting,
                "detail": _detail(event),
            },
        )
        if mailing is None or not (is_new or row.mailing_id is None):
            return is_new
        if not is_new:  # it came before we knew the message
            row.mailing = mailing
            row.save(update_fields=["mailing"])
        _follow(row, mailing, str(event.reject_reason or ""), now)
    return True


def adopt(*, now: datetime) -> int:
    """Give events that came before their message's name was stored to its mailing; how many. Two queries if none."""
    strays = list(
        MailEvent.objects.filter(mailing=None, received_at__gte=now - ADOPTED_WITHIN).order_by("-pk")[:STRAYS]
    )
    named = {row.pk: row.key.rpartition("|")[2] for row in strays}
    ids = {spelling: name for name in named.values() if name for spelling in _spellings(name)}
    found: dict[str, Mailing] = {}
    for mailing in Mailing.objects.filter(message_id__in=list(ids)).select_related("member", "subscription"):
        found[ids[mailing.message_id]] = mailing
    adopted = 0
    for row in strays:
        mailing_of_row = found.get(named[row.pk])
        if mailing_of_row is None:
            continue
        with transaction.atomic():
            if MailEvent.objects.filter(pk=row.pk, mailing=None).update(mailing=mailing_of_row):
                _follow(row, mailing_of_row, "", now)
                adopted += 1
    return adopted


def _known(event: AnymailTrackingEvent) -> Mailing | None:
    """The mailing of the message an event is about: by the provider's name for it, or by the metadata we sent."""
    rows = Mailing.objects.select_related("member", "subscription")
    found = None
    if event.message_id:
        found = rows.filter(message_id__in=_spellings(str(event.message_id))).order_by("-pk").first()
    told = _ours(event)
    if found is None and told.isascii() and told.isdigit() and len(told) <= 18:
        found = rows.filter(pk=int(told)).first()
    return found


def _is_to(recipient: str | None, mailing: Mailing) -> bool:
    """Whether an event tells of our reader, not of a blind copy that somebody else got."""
    return not recipient or not mailing.email or _ascii(recipient) == _ascii(mailing.email)


def _ours(event: AnymailTrackingEvent) -> str:
    """What we sent along of ourselves, as text."""
    return str(event.metadata.get("mailing", "")) if isinstance(event.metadata, dict) else ""


def _spellings(message_id: str) -> list[str]:
    """Some name it with angle brackets, some without."""
    bare = message_id.strip().strip("<>")
    return [bare, f"<{bare}>"]


def _ascii(email: str) -> str:
    """The address with its domain as mail servers spell it."""
    local, _at, domain = suppression.plain(email).rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return f"{local}@{domain}"


def _key(event: AnymailTrackingEvent, provider: str, *, is_lasting: bool, is_copy: bool) -> str:
    """The event's own name: what happened to which message and when. Retries are named anew by some providers."""
    when = event.timestamp.isoformat() if event.timestamp else str(event.event_id or "")[:40]
    message = str(event.message_id or "").strip().strip("<>") or _ours(event)
    what = f"{event.event_type}{' for good' * is_lasting}"
    return f"{provider}|{what}|{when}|{'copy of ' * is_copy}{message[:LONGEST_ID]}".replace("\x00", "")


def _moment(told: datetime | None, now: datetime) -> datetime:
    """When it happened, as far as that can be: never later than now."""
    if told is None:
        return now
    return min(told if timezone.is_aware(told) else timezone.make_aware(told), now)


def _detail(event: AnymailTrackingEvent) -> str:
    """The mail server's words without addresses."""
    said = " ".join(str(part) for part in (event.description, event.mta_response) if part).replace("\x00", "")
    return AN_ADDRESS.sub("…", " ".join(said.split()))[:300]


def _follow(row: MailEvent, mailing: Mailing, reject_reason: str, now: datetime) -> None:
    """The mailing's state, and what the event means for the address."""
    if state := STATES[row.kind]:
        mailings.settle(
            mailing.pk, state, now=now, error=row.detail if state in (Status.FAILED, Status.BOUNCED) else ""
        )
    if not mailing.email:  # of somebody erased
        return
    if reason := _reason(row, mailing, reject_reason):
        suppression.suppress(mailing.email, reason, detail=row.detail, now=now)
    elif row.kind == EventType.UNSUBSCRIBED or reject_reason == RejectReason.UNSUBSCRIBED:
        for subscription in _letters_of(mailing):
            asking.leave(subscription, now, issue_id=mailing.issue_id or 0)


def _reason(row: MailEvent, mailing: Mailing, reject_reason: str) -> Suppression.Reason | None:
    """Why the address is spared from now on; None where it is not. A provider's own list knows it from before."""
    if row.kind == EventType.COMPLAINED or (row.kind == EventType.REJECTED and reject_reason == RejectReason.SPAM):
        return Suppression.Reason.COMPLAINED
    known = (RejectReason.BOUNCED, RejectReason.INVALID)
    if row.is_lasting or (row.kind == EventType.REJECTED and reject_reason in known):
        return Suppression.Reason.BOUNCED
    if row.kind == EventType.BOUNCED and _days_of_bounces(mailing, row.at) >= PASSING_DAYS:
        return Suppression.Reason.KEEPS_BOUNCING
    return None


def _days_of_bounces(mailing: Mailing, at: datetime) -> int:
    """On how many days of the last thirty the address bounced, whatever we sent; in the site's time zone."""
    mails = Mailing.objects.filter(pk=mailing.pk)
    if mailing.subscription_id:
        mails |= Mailing.objects.filter(subscription_id=mailing.subscription_id)
    if mailing.member_id:
        mails |= Mailing.objects.filter(member_id=mailing.member_id)
    events = MailEvent.objects.filter(kind=EventType.BOUNCED, is_lasting=False, at__gt=at - WITHIN, at__lte=at + WITHIN)
    same = events.filter(mailing__in=mails, mailing__email__iexact=mailing.email)
    days = sorted({timezone.localdate(moment) for moment in same.values_list("at", flat=True)})
    most = 0
    for place, day in enumerate(days):
        most = max(most, sum(1 for later in days[place:] if later - day < WITHIN))
    return most


def _letters_of(mailing: Mailing) -> list[LetterSubscription]:
    """The letter the mail is a copy of; all of the address where it is none."""
    if mailing.subscription is not None:
        return [mailing.subscription]
    return list(suppression.letters_to([suppression.plain(mailing.email)]))
