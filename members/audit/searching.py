"""Finding in the record: by person, kind of action, days and words. Newest first, page by page on a key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.audit.words import Line, line_of
from members.models import AuditEntry

PAGE = 50
MOST_WORDS = 8
MONEY = "Payment Subscription OfflinePayment Complimentary Gift Tier Price StripeCustomer Grant"
MONEY_TYPES = [f"members.{name}" for name in MONEY.split()]
RULE_TYPES = ["members.SiteRules", "members.MenuItem", "articles.EmbedHost"]
DECIDED = "publish schedule unschedule withdraw restore correct review clear lift embargo"
DECISIONS = [f"story.{verb}" for verb in DECIDED.split()]
GROUPS: dict[str, tuple[Any, Q]] = {
    "publishing": (_("Published, corrected, withdrawn"), Q(verb__in=DECISIONS)),
    "writing": (_("Everything done to stories"), Q(subject_type="articles.Article")),
    "staff": (_("Staff and roles"), Q(verb__startswith="staff.") | Q(subject_type="members.StaffInvitation")),
    "rules": (_("The site's rules"), Q(subject_type__in=RULE_TYPES)),
    "members": (_("Members"), Q(subject_type__in=["members.Member", "comments.Sanction"])),
    "money": (_("Money and access"), Q(subject_type__in=MONEY_TYPES)),
    "replies": (_("Replies"), Q(subject_type__startswith="comments.")),
    "topics": (_("Topics and votes"), Q(subject_type__in=["members.Topic", "members.Round"])),
}


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SearchForm(forms.Form):
    """What is looked for; every field may be left empty."""

    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    who = forms.CharField(label=_("Who did it"), required=False, max_length=200)
    group = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Anything")), *((key, row[0]) for key, row in GROUPS.items())]
    )
    since = forms.DateField(label=_("From"), required=False, widget=DayInput())
    until = forms.DateField(label=_("To"), required=False, widget=DayInput())
    about = forms.CharField(required=False, max_length=161, widget=forms.HiddenInput())

    def found(self) -> "QuerySet[AuditEntry]":
        """The entries, newest first, with who did them; all of them where the form is in error."""
        wanted: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        rows = AuditEntry.objects.with_people().newest_first()
        for word in wanted.get("q", "").split()[:MOST_WORDS]:
            rows = rows.filter(Q(subject_name__icontains=word) | Q(reason__icontains=word) | Q(verb__icontains=word))
        for word in wanted.get("who", "").split()[:MOST_WORDS]:
            rows = rows.filter(Q(by__name__icontains=word) | Q(by__email__icontains=word))
        if wanted.get("group"):
            rows = rows.filter(GROUPS[wanted["group"]][1])
        if wanted.get("since"):
            rows = rows.filter(at__gte=_midnight(wanted["since"]))
        if wanted.get("until"):
            rows = rows.filter(at__lt=_midnight(wanted["until"] + timedelta(days=1)))
        kind, _colon, key = wanted.get("about", "").partition(":")
        return rows.filter(subject_type=kind, subject_id=key) if key else rows


@dataclass(frozen=True)
class Page:
    """One page of the record. `cursor` leads to the next; empty on the last."""

    lines: list[Line]
    cursor: str


def page_of(rows: "QuerySet[AuditEntry]", cursor: str) -> Page:
    """The `PAGE` entries that follow `cursor`, as lines. One query at any depth; an unreadable cursor is the start."""
    moment, pk = _read(cursor)
    if moment is not None:
        rows = rows.before(moment, pk)  # type: ignore[attr-defined]  # a word of AuditEntryQuerySet
    entries = list(rows[: PAGE + 1])
    shown = entries[:PAGE]
    last = f"{int(shown[-1].at.timestamp() * 1_000_000)}-{shown[-1].pk}" if len(entries) > PAGE else ""
    return Page([line_of(entry) for entry in shown], last)


HEADER = ("when", "who", "e-mail", "verb", "kind", "key", "subject", "reason", "changes")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cells_of(entry: AuditEntry) -> list[str]:
    """One entry as a row of a file that a spreadsheet may open: no cell is taken for a formula."""
    line = line_of(entry)
    changes = "; ".join(f"{one.field}: {one.old} → {one.new}" if one.is_known else one.field for one in line.changes)
    email = entry.by.email if entry.by else ""
    plain = [
        entry.at.isoformat(), line.who, email, entry.verb, entry.subject_type, entry.subject_id,
        entry.subject_name, entry.reason, changes,
    ]  # fmt: skip
    return [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in plain]


def rows_of(rows: "QuerySet[AuditEntry]") -> Iterator[list[str]]:
    """The whole find as cells, header first; read in batches, so that its length does not matter."""
    yield list(HEADER)
    for entry in rows.iterator(chunk_size=1000):
        yield cells_of(entry)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _read(cursor: str) -> tuple[datetime | None, int]:
    micros, _dash, pk = cursor.partition("-")
    if not (micros.isdecimal() and pk.isdecimal() and len(micros) <= 17 and len(pk) <= 18):
        return None, 0
    return datetime.fromtimestamp(0, tz=timezone.get_default_timezone()) + timedelta(microseconds=int(micros)), int(pk)
