"""Sign-in: one field, one code; the desk's people have a password door of their own."""

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account import views as allauth_views
from allauth.account.forms import LoginForm
from allauth.account.internal.decorators import login_stage_required
from allauth.account.stages import LoginByCodeStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from members.accounts.signing_in import AddressForm, CodeProcess, SignInError, send_code
from members.letters.joining import asking
from members.meter import STORY_TO_OPEN
from members.models import Letter
from members.readers import NewsRequest
from members.same_origin import safe_next, same_origin_post
from newsroom.caching import private


@private
def sign_in(request: NewsRequest) -> HttpResponse:
    """The page with the one field; with `?staff` the password door (allauth's limits and second factor)."""
    if request.method == "POST" or "staff" in request.GET:
        return cast("HttpResponse", StaffDoor.as_view()(request))
    if request.member:
        return redirect(safe_next(request, reverse("account")))
    return _entrance(request, AddressForm())


@private
@require_GET
def sign_up(request: NewsRequest) -> HttpResponse:
    """The same page in the words of somebody new."""
    if request.member:
        return redirect(safe_next(request, reverse("account")))
    return _entrance(request, AddressForm(), is_new=True)


@private
@require_GET
def request_code(request: NewsRequest) -> HttpResponse:
    """Where allauth sends people whose code ran out: the one field."""
    return redirect(_with_next(reverse("account_login"), safe_next(request, "")))


@private
@require_POST
@same_origin_post
def sign_up_here(request: NewsRequest) -> HttpResponse:
    """The one field, from any page: mails a code and leads to where it is typed. The same for every address."""
    form, after = AddressForm(request.POST), safe_next(request, reverse("account"))
    if request.member:
        return _join_signed_in(request, after)
    if not form.is_valid():
        return _entrance(request, form, status=422)
    if not form.cleaned_data["website"]:  # a person never sees that field
        try:
            letter = Letter.objects.ticked(form.cleaned_data["letter"])
            send_code(request, form.cleaned_data["email"], letter=letter, asked_on=after)
            request.session[STORY_TO_OPEN] = form.cleaned_data["story"]
        except SignInError as error:
            form.add_error(None, str(error))
            return _entrance(request, form, status=429)
    return _see(_with_next(reverse("account_confirm_login_code"), after))


class StaffForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")

    def _setup_password_field(self) -> None:
        """Keep the field, which allauth takes off where accounts are made without a password."""


class StaffDoor(allauth_views.LoginView):  # type: ignore[misc]  # allauth ships no types
    """allauth's page, limits and second factor, with the password field."""

    def get_form_class(self) -> type[StaffForm]:
        """Ours."""
        return StaffForm


@method_decorator(login_stage_required(stage=LoginByCodeStage.key, redirect_urlname="account_login"), name="dispatch")
class EnterCode(allauth_views.ConfirmLoginCodeView):  # type: ignore[misc]  # allauth ships no types
    """Where the code is typed: allauth's page, with our process for addresses without an account."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Resume the session's process; back to the one field when it timed out."""
        self.stage = request._login_stage
        self._process = CodeProcess.resume(self.stage)
        if self._process is None:
            return redirect(_with_next(reverse("account_login"), safe_next(request, "")))
        answer: HttpResponseBase = super(allauth_views.ConfirmLoginCodeView, self).dispatch(request, *args, **kwargs)
        return answer


_code_page = EnterCode.as_view()


@private
def enter_code(request: NewsRequest) -> HttpResponse:
    """allauth's page; where its session is gone, on to the one field with the way back to the story."""
    answer = cast("HttpResponse", _code_page(request))
    door = reverse("account_login")
    return redirect(_with_next(door, safe_next(request, ""))) if answer.get("Location") == door else answer


def _entrance(request: HttpRequest, form: AddressForm, *, is_new: bool = False, status: int = 200) -> HttpResponse:
    context = {"form": form, "is_new": is_new, "next": safe_next(request, "")}
    return render(request, "account/entrance.html", context, status=status)


def _join_signed_in(request: NewsRequest, after: str) -> HttpResponse:
    letter = Letter.objects.ticked(request.POST.get("letter", ""))
    if letter is not None and request.member is not None:
        asking.join_confirmed(
            letter, request.member, wording=asking.wording(letter), asked_on=after, now=timezone.now()
        )
    return _see(after)


def _with_next(path: str, after: str) -> str:
    return f"{path}?{urlencode({'next': after})}" if after else path


def _see(path: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(path, status=303)
