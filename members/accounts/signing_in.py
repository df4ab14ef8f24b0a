"""One field and one code: whoever proves an address is signed in, with a new account where there was none.

Nothing is stored for an unknown address until its code comes back, and known and unknown addresses get the
same page and the same mail, so the form tells nobody who has an account.
"""

from typing import Any

from allauth.account.forms import EmailField
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import ratelimit
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.letters.joining import addresses, asking
from members.limits import caller, within
from members.models import Letter, Member

HOUR = 3600
CODES_PER_ADDRESS = 6  # an hour; each may be sent again twice
CODES_PER_NETWORK = 60  # an hour: a school or an office signs up together


class SignInError(Exception):
    """The code cannot be sent now; the message is fit to show."""


class AddressForm(forms.Form):
    """The one field, a box for the letter, the story whose wall it stands in, and a trap for machines."""

    email = EmailField(label=_("E-mail address"))
    story = forms.IntegerField(required=False, min_value=1)
    letter = forms.CharField(required=False)
    website = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        """Where a letter is asked for, the address must be one that letters may go to."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("letter") and "email" in cleaned:
            cleaned["email"] = addresses.plain(cleaned["email"])
            if refusal := addresses.refusal(cleaned["email"]):
                self.add_error("email", refusal)
        return cleaned


class CodeProcess(LoginCodeVerificationProcess):  # type: ignore[misc]  # allauth ships no types
    """allauth's sign-in by code, open to addresses that have no account yet."""

    @classmethod
    def begin(cls, request: HttpRequest, email: str, member: Member | None, wish: dict[str, str] | None) -> None:
        """Mail the code and keep in the session what it opens. `member` is None for an unknown address."""
        login = Login(user=member, email=email)
        login.state["stages"] = {"current": LoginByCodeStage.key}
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=member, email=email), initiated_by_user=True, letter=wish)
        process = cls(stage=stage)
        process.send()
        process.persist()

    @classmethod
    def resume(cls, stage: Any) -> "CodeProcess | None":
        """The running process of this session; None once it timed out."""
        found: CodeProcess | None = cls(stage=stage).abort_if_invalid()
        return found

    def send_by_email(self, email: str, skip_enumeration_mails: bool = False) -> None:
        """Mail a code, to known and unknown addresses alike."""
        from allauth.account.adapter import get_adapter

        code = self.generate_code()
        get_adapter().send_mail("account/email/login_code", email, {"request": self.request, "code": code})

    def finish(self, redirect_url: str | None) -> Any:
        """The code was right: make the account where there is none, keep the letter's consent, sign in."""
        email = self.state["email"]
        with transaction.atomic():
            member = member_at(email) or open_account(email)
            confirm_address(member, email)
            wish = self.state.get("letter")
            letter = Letter.objects.filter(slug=wish["slug"], is_active=True).first() if wish else None
            if letter is not None:
                asking.join_confirmed(
                    letter, member, wording=wish["wording"], asked_on=wish["asked_on"], now=timezone.now()
                )
        self._user = member
        return super().finish(redirect_url)


def send_code(request: HttpRequest, email: str, *, letter: Letter | None, asked_on: str) -> None:
    """Mail a code to `email` and remember in the session what it will do: sign in, and join `letter`.

    Raises SignInError past the limits. Effects: session, one mail, cache counters.
    """
    address = email.lower()
    allowed = (
        ratelimit.consume(request, action="request_login_code", key=address)
        and within("code-address", address, times=CODES_PER_ADDRESS, seconds=HOUR)
        and within("code-network", caller(request), times=CODES_PER_NETWORK, seconds=HOUR)
    )
    if not allowed:
        raise SignInError(_("That was quite often. Wait a few minutes, then ask for a code again."))
    clear_login(request)
    member, proved = owner_of(email)
    if member is not None and not member.is_active:
        member, proved = None, email
    wish = None
    if letter is not None:
        wish = {"slug": letter.slug, "wording": asking.wording(letter), "asked_on": asked_on[:300]}
    CodeProcess.begin(request, proved, member, wish)


def member_at(email: str) -> Member | None:
    """The member with this address, whatever its case: their own, or one that came with an account merged into it."""
    return owner_of(email)[0]


def owner_of(email: str) -> tuple[Member | None, str]:
    """Whose address this is, and the address as it was proved: letters that only look alike never get its code."""
    found: Member | None = Member.objects.filter(email__iexact=email).first()
    if found is not None:
        return found, found.email
    second = EmailAddress.objects.filter(email__iexact=email, verified=True, user__is_active=True).first()
    return (Member.objects.get(pk=second.user_id), second.email) if second is not None else (None, email)


def open_account(email: str) -> Member:
    """A member without a password; the one who came first if two come at once."""
    try:
        with transaction.atomic():
            return Member.objects.create_user(email.lower())
    except IntegrityError:
        return Member.objects.get_by_natural_key(email)


def confirm_address(member: Member, email: str) -> None:
    """Write down that the member proved the address."""
    address, _is_new = EmailAddress.objects.get_or_create(user=member, email=email.lower())
    if not address.verified and address.set_verified():
        address.set_as_primary(conditional=True)
