"""A letter's copies: what each recipient gets, as a message."""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from members.letters.issues import contents
from members.models import Issue, Mailing, SiteRules
from newsroom import mail


class Press:
    """Prints the copies of one issue."""

    def __init__(self, issue: Issue, now: datetime) -> None:
        self.issue, self.now = issue, now
        self.site_name = SiteRules.current().name

    def copy(self, mailing: Mailing) -> EmailMultiAlternatives | str:
        """The message for this recipient, or why there is none. Raises what templates raise."""
        mailing.issue = self.issue
        letter, headers = contents.letter_of(mailing, self.now)
        context = {"site_name": self.site_name, **mailing.context, **letter}
        language = mailing.member.language if mailing.member else ""
        return mail.compose(mailing.template, to=mailing.email, context=context, language=language, headers=headers)
