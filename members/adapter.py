"""allauth's hooks: where our accounts differ from its defaults."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.meter import merge_into, open_story_of_wall
from members.models import Member, SiteRules
from newsroom.mail import INLINER
from newsroom.network import client_address

NEVER_SENT = ("account/email/unknown_account", "account/email/account_already_exists")


class MemberAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are an e-mail address and a code."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only our own door opens accounts: it stores nothing before the address is proved."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The caller's address by the rule of the whole site."""
        return client_address(request) or "unknown"

    def generate_login_code(self) -> str:
        """Six digits: easy to carry from a phone, five tries each."""
        return f"{secrets.randbelow(10**6):06d}"

    def generate_email_verification_code(self) -> str:
        """Six digits likewise."""
        return self.generate_login_code()

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Count for the member what this browser had counted, and the story whose wall led here; then go on."""
        if isinstance(user, Member):
            merge_into(user, request, timezone.now())
            open_story_of_wall(user, request, timezone.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send it, except the mails that tell strangers of accounts: anybody could have us send those."""
        if template_prefix not in NEVER_SENT:
            super().send_mail(template_prefix, email, context)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Text as allauth makes it, with our name; where it has no HTML of its own, ours around the text."""
        context = {**context, "site_name": SiteRules.current().name, "site_url": settings.SITE_URL}
        message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        if isinstance(message, EmailMultiAlternatives):
            page = {**context, "subject": message.subject, "text": message.body}
            own = [str(content) for content, _kind in message.alternatives]
            html = own[0] if own else render_to_string("emails/members/_plain.html", page)
            message.alternatives.clear()
            message.attach_alternative(INLINER.inline(html), "text/html")
        return message


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Passkeys and authenticator apps, under our name and in our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("These digits do not fit. An app shows new ones every half minute."),
        "unverified_email": _("Sign in once with a mailed code first: it proves that the address is yours."),
    }

    def _get_site_name(self) -> str:
        """What the app and the browser show beside the key."""
        return SiteRules.current().name
