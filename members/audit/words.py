"""The record in a newsroom's words: sentences for verbs, readable changes, links to what they were done to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import AuditEntry

NOTHING = "—"
NAMES_ITS_OBJECT = ("staff.", "erase", "sanction")
SENTENCES: dict[str, Any] = {
    "add": gettext_lazy("added"),
    "change": gettext_lazy("changed"),
    "delete": gettext_lazy("deleted"),
    "revoke": gettext_lazy("took back the key"),
    "story.save": gettext_lazy("saved"),
    "story.submit": gettext_lazy("handed in"),
    "story.publish": gettext_lazy("published"),
    "story.schedule": gettext_lazy("scheduled"),
    "story.unschedule": gettext_lazy("took back the time of"),
    "story.withdraw": gettext_lazy("withdrew"),
    "story.restore": gettext_lazy("brought back"),
    "story.correct": gettext_lazy("corrected"),
    "story.review": gettext_lazy("approved the words of"),
    "story.clear": gettext_lazy("cleared for the law"),
    "story.hold": gettext_lazy("took back the approval of"),
    "story.lift": gettext_lazy("changed the embargo of"),
    "story.discard": gettext_lazy("deleted the draft"),
    "story.move": gettext_lazy("moved to another section"),
    "story.block": gettext_lazy("holds back, with a note,"),
    "story.unblock": gettext_lazy("settled the note that held back"),
    "story.relate": gettext_lazy("added a related link to"),
    "story.preview_link": gettext_lazy("let somebody see before it is out:"),
    "story.preview_revoke": gettext_lazy("took back a preview link of"),
    "story.close_replies": gettext_lazy("closed the replies of"),
    "story.open_replies": gettext_lazy("opened the replies of"),
    "letter.schedule": gettext_lazy("scheduled"),
    "letter.unschedule": gettext_lazy("took back the time of"),
    "letter.pause": gettext_lazy("paused"),
    "letter.resume": gettext_lazy("had go on"),
    "letter.halt": gettext_lazy("could not go on with"),
    "letter.stop": gettext_lazy("stopped"),
    "letter.send_again": gettext_lazy("sent again what did not arrive of"),
    "letter.test": gettext_lazy("mailed a proof of"),
    "suppress address": gettext_lazy("lets no letter go to"),
    "suppress addresses": gettext_lazy("took over a list of addresses no letter goes to as"),
    "lift suppression": gettext_lazy("lets letters go again to"),
    "front.place": gettext_lazy("placed on the front page"),
    "front.clear": gettext_lazy("took off the front page"),
    "series.order": gettext_lazy("numbered the parts of"),
    "letter.start": gettext_lazy("began"),
    "letter.copy": gettext_lazy("made another draft of"),
    "letter.drop": gettext_lazy("threw away"),
    "site.restore": gettext_lazy("put a backup back of"),
    "staff.invite": gettext_lazy("invited to the desk"),
    "staff.invite_again": gettext_lazy("invited once more"),
    "staff.uninvite": gettext_lazy("took back the invitation of"),
    "staff.join": gettext_lazy("took up the invitation as"),
    "staff.roles": gettext_lazy("changed the roles of"),
    "staff.sections": gettext_lazy("changed the sections of"),
    "staff.leave": gettext_lazy("let go"),
    "approve": gettext_lazy("approved"),
    "reject": gettext_lazy("rejected"),
    "remove": gettext_lazy("removed"),
    "restore": gettext_lazy("brought back"),
    "feature": gettext_lazy("picked out"),
    "unfeature": gettext_lazy("no longer picks out"),
    "undo": gettext_lazy("took back a decision about"),
    "pin": gettext_lazy("pinned"),
    "unpin": gettext_lazy("pins nothing any more under"),
    "keep": gettext_lazy("left as it is, though reported,"),
    "settle": gettext_lazy("settled"),
    "warn": gettext_lazy("warned:"),
    "hold": gettext_lazy("has every reply read first:"),
    "mute": gettext_lazy("muted:"),
    "ban": gettext_lazy("banned:"),
    "lift": gettext_lazy("lifted the sanction"),
    "appeal": gettext_lazy("appealed:"),
    "appeal.granted": gettext_lazy("granted the appeal"),
    "appeal.dismissed": gettext_lazy("dismissed the appeal"),
    "sanction": gettext_lazy("decided on a sanction:"),
    "erase": gettext_lazy("erased the account of"),
    "merge accounts": gettext_lazy("merged another account into that of"),
    "change address": gettext_lazy("changed the address of"),
    "refund": gettext_lazy("refunded"),
    "give access": gettext_lazy("gave access:"),
    "look at Stripe": gettext_lazy("looked at Stripe for"),
    "ask Stripe": gettext_lazy("asked Stripe as"),
    "link customer": gettext_lazy("linked a customer of Stripe to"),
    "send gift code": gettext_lazy("sent again the code of the gift"),
    "mail invoice": gettext_lazy("mailed the invoice of"),
    "retry parked events": gettext_lazy("had parked events looked at again as"),
    "compare prices": gettext_lazy("compared prices with Stripe’s as"),
    "end subscription": gettext_lazy("ended the subscription"),
    "reviewed": gettext_lazy("looked through the subscription"),
    "pause": gettext_lazy("paused the subscription"),
    "resume": gettext_lazy("resumed the subscription"),
    "redeem gift": gettext_lazy("redeemed the gift"),
    "void offline payment": gettext_lazy("voided the payment"),
    "end complimentary access": gettext_lazy("ended the given access"),
    "invite to move the card": gettext_lazy("asked by mail to move the card"),
    "close round": gettext_lazy("closed the round"),
    "put to the vote": gettext_lazy("put to the vote"),
    "decline": gettext_lazy("declined"),
    "assign": gettext_lazy("assigned"),
}


@dataclass(frozen=True)
class Change:
    """One field as it was and as it is now; `is_known` is false where only its name was kept."""

    field: str
    old: str
    new: str
    is_known: bool = True


@dataclass(frozen=True)
class Line:
    """One entry, ready to be read."""

    pk: int
    at: datetime
    who: str
    verb: str
    kind: str
    subject: str
    path: str
    reason: str
    changes: list[Change]


def line_of(entry: AuditEntry) -> Line:
    """The entry in words. No query where `by` came along."""
    model = model_of(entry)
    return Line(
        pk=entry.pk,
        at=entry.at,
        who=who_did(entry),
        verb=verb_in_words(entry.verb),
        kind=kind_of(entry, model),
        subject=entry.subject_name,
        path=path_of(entry),
        reason=entry.reason,
        changes=list(changes_of(entry, model)),
    )


def who_did(entry: AuditEntry) -> str:
    """The name, or who it was without one: the site itself, or somebody whose account is gone."""
    return str(entry.by) if entry.by else _("The site itself")


def verb_in_words(verb: str) -> str:
    """What was done; a verb without a sentence of its own reads as it was written down."""
    known = SENTENCES.get(verb)
    return str(known) if known else verb.rpartition(".")[2].replace("_", " ")


def kind_of(entry: AuditEntry, model: type[Model] | None) -> str:
    """What kind of thing it was done to; empty where the verb says so already."""
    if entry.verb.startswith(NAMES_ITS_OBJECT):
        return ""
    return str(model._meta.verbose_name) if model else entry.subject_type


def model_of(entry: AuditEntry) -> type[Model] | None:
    """What kind of thing it was done to; None for what the product no longer has."""
    try:
        return apps.get_model(entry.subject_type)
    except (LookupError, ValueError):
        return None


def path_of(entry: AuditEntry) -> str:
    """Where the thing stands on the desk; empty where it has no page or was deleted."""
    if entry.verb == "delete":
        return ""
    name = entry.subject_type.replace(".", "_").lower()
    try:
        return reverse(f"admin:{name}_change", args=[entry.subject_id])
    except NoReverseMatch:
        return ""


def changes_of(entry: AuditEntry, model: type[Model] | None) -> Iterator[Change]:
    """What changed, old and new, in the names the forms use."""
    for name, value in entry.changes.items():
        if name == "fields" and isinstance(value, list):  # only which fields changed was kept
            yield from (Change(_named(model, str(field)), "", "", is_known=False) for field in value)
        elif isinstance(value, list) and len(value) == 2:
            yield Change(_named(model, name), readable(value[0]), readable(value[1]))
        else:
            yield Change(_named(model, name), "", readable(value))


def readable(value: Any) -> str:
    """A stored value as text: yes and no, moments in the site's zone, nothing as a dash."""
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(readable(part) for part in value)
    moment = _moment(value) if isinstance(value, str) and "T" in value else None
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else str(value)


def _moment(value: str) -> datetime | None:
    try:
        moment = parse_datetime(value)
    except ValueError:  # looks like a moment and is none
        return None
    return moment if moment and timezone.is_aware(moment) else None


def _named(model: type[Model] | None, name: str) -> str:
    plain = capfirst(name.replace("_", " "))
    if model is None:
        return plain
    try:
        return capfirst(str(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # a relation has none: caught
    except (FieldDoesNotExist, AttributeError):
        return plain
