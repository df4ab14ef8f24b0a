"""Setting up a passkey or an authenticator app: allauth's pages; whoever just proved one is not asked at once again.

The digits that set up an app are spent, so being asked for digits on the very next page would be a wall.
"""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.http import HttpResponse

from members.accounts.sessions import browser_of
from newsroom.caching import private

SET_UP = "second_factor_set_up"  # not "mfa": a session so opened is not one that opens the desk


class Proved:
    """Mixed into the views that set one up: the session is fresh afterwards, so that its codes can be shown."""

    request: Any

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and that it was proved just now."""
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the view beside it has one
        record_authentication(self.request, self.request.user, method=SET_UP, reauthenticated=True)
        return answer


class SetUpApp(Proved, ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """An authenticator app."""


class AddPasskey(Proved, AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """A passkey, named after the browser that makes it until somebody knows better."""

    def get_initial(self) -> dict[str, Any]:
        """The name it is offered under."""
        return {**super().get_initial(), "name": browser_of(self.request.headers.get("User-Agent", ""))}


set_up_app = private(SetUpApp.as_view())
add_passkey = private(AddPasskey.as_view())
