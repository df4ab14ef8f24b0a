"""Issues from the desk: begun, copied, thrown away, and handed to the sender with their content fixed.

Only a draft is handed over, under its row's lock: of two people who press the button one sends it.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from articles.letters import composing, recipients
from articles.letters.composing import ComposingError, Words
from members.letters.sending import steering
from members.models import AuditEntry, Issue, Letter, Mailing, Member, SiteRules


def start(letter: Letter, *, by: Member) -> Issue:
    """An empty draft of the letter. Raises ComposingError for one that is switched off."""
    if not letter.is_active:
        raise ComposingError(_("The letter “%(letter)s” is switched off.") % {"letter": letter})
    issue = composing.put_down(letter, Words(), [], by=by)
    AuditEntry.objects.note("letter.start", by=by, subject=issue)
    return issue


def copy(issue: Issue, *, by: Member) -> Issue:
    """A draft with the same words and stories; the stories will be read anew."""
    made = composing.put_down(issue.letter, composing.words_of(issue), composing.picks_of(issue), by=by)
    AuditEntry.objects.note("letter.copy", by=by, subject=made, changes={"of": [issue.pk, made.pk]})
    return made


def drop(issue: Issue, *, by: Member, now: datetime) -> None:
    """Delete a draft for good. Raises ComposingError for anything else. A dropped digest is not made again."""
    with transaction.atomic():
        stands = Issue.objects.select_for_update().get(pk=issue.pk)
        if stands.state != Issue.State.DRAFT:
            raise ComposingError(composing.no_draft(stands))
        AuditEntry.objects.note("letter.drop", by=by, subject=stands)
        if stands.period:
            Issue.objects.filter(pk=stands.pk).update(state=Issue.State.STOPPED, done_at=now)
        else:
            stands.delete()


def schedule(issue: Issue, *, at: datetime | None, by: Member | None, now: datetime) -> None:
    """Fix the draft's content and hand it over to go out at `at`, or now. Commits with a caller's transaction.

    Raises ComposingError naming all that is missing, and what `steering.schedule` raises.
    """
    if at is not None and at <= now:
        raise ComposingError(_("That moment has passed. Choose a later one, or send it now."))
    with transaction.atomic():
        rows = Issue.objects.select_related("letter__minimum_tier")
        stands = rows.select_for_update(of=("self",)).get(pk=issue.pk)
        if stands.state != Issue.State.DRAFT:
            raise ComposingError(composing.no_draft(stands))
        rules = SiteRules.current()
        stories = composing.chosen(composing.picks_of(stands), rules=rules, now=now)
        if reasons := composing.lacks(stands, stories, readers=recipients.how_many(stands.letter, now)):
            raise ComposingError(*reasons)
        stands.content = composing.fixed(stands, rules=rules, now=now)
        stands.save(update_fields=["content"])
        steering.schedule(stands, at=at or now, by=by, now=now)


def take_back(issue: Issue, *, by: Member, now: datetime) -> None:
    """Make a scheduled issue a draft again. Raises ComposingError once the first copy is written down."""
    with transaction.atomic():
        stands = Issue.objects.select_for_update().get(pk=issue.pk)
        begun = stands.is_written or stands.written_to or Mailing.objects.filter(issue=stands).exists()
        if stands.state != Issue.State.SCHEDULED or begun:
            raise ComposingError(_("Only an issue that waits for its time can be taken back. Pause or stop it."))
        words, picks = composing.words_of(stands), composing.picks_of(stands)
        stands.content = composing.drafted(words, picks, until=stands.content.get("until", ""))
        stands.save(update_fields=["content"])
        steering.unschedule(stands, by=by, now=now)
