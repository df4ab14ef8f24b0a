"""The reader's account: one page in plain sentences, and what can be done about each of them."""

from collections import Counter
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from articles.models import Article
from comments.models import Reply
from members import own_feed, story_gifts
from members.letters.joining import asking, showing
from members.models import Letter, Member
from members.money.giving import hardship
from members.money.giving.bought import bought_by
from members.money.keeping.paid import paid_by
from members.money.keeping.portal import pause_days
from members.money.keeping.standing import standing_of
from members.readers import NewsRequest
from newsroom import erasing, rights
from newsroom.caching import private

REPLIES_SHOWN, PAYMENTS_SHOWN = 20, 12


class ProfileForm(forms.ModelForm):
    """What a member says about themselves."""

    language = forms.ChoiceField(required=False)

    class Meta:
        model = Member
        fields = ["name", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["language"]
        choice.choices = [("", _("The site's language")), *settings.LANGUAGES]

    def clean_name(self) -> str:
        """One line of it."""
        return " ".join(str(self.cleaned_data["name"]).split())


@private
@login_required
@require_safe
def account(request: NewsRequest) -> HttpResponse:
    """Everything about the member, on one page."""
    member = member_of(request)
    return render(request, "newsroom/account.html", _page(request, member, ProfileForm(instance=member)))


@private
@login_required
@require_POST
def account_profile(request: NewsRequest) -> HttpResponse:
    """Keep name and language."""
    member = member_of(request)
    form = ProfileForm(request.POST, instance=Member.objects.get(pk=member.pk))
    if not form.is_valid():
        return render(request, "newsroom/account.html", _page(request, member, form), status=422)
    rights.change_profile(member, name=form.cleaned_data["name"], language=form.cleaned_data["language"])
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("account") + "#profile", status=303)


@private
@login_required
@require_safe
def account_export(request: NewsRequest) -> HttpResponse:
    """All we hold about the member, as a file."""
    response = JsonResponse(rights.export(member_of(request)), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="my-account.json"'
    return response


@private
@login_required
def account_erase(request: NewsRequest) -> HttpResponse:
    """GET explains; POST with the member's own address typed in erases, ending a membership that runs if asked to."""
    member, problem = member_of(request), ""
    if request.method == "POST":
        problem = _erased(request, member)
        if not problem:
            logout(request)
            return HttpResponseRedirect(reverse("account_erased"), status=303)
    context = {
        "member": member,
        "problem": problem,
        "typed": request.POST.get("email", ""),
        "is_paying": erasing.is_paying(member),
        "standing": standing_of(member, request.now),
        "has_waiting_gifts": erasing.has_waiting_gifts(member),
        "ends": "end" in request.POST,
    }
    return render(request, "newsroom/account_erase.html", context, status=422 if problem else 200)


def _erased(request: NewsRequest, member: Member) -> str:
    """Erase the account if its owner said so in full; else the sentence that says what is missing."""
    if request.POST.get("email", "").strip().lower() != member.email.lower():
        return _("Type your e-mail address exactly, so that nobody erases an account by accident.")
    try:
        if "end" in request.POST:
            erasing.end_and_erase(member, now=request.now)
        else:
            erasing.erase(member, now=request.now)
    except erasing.EraseError as error:
        return str(error)
    return ""


@private
@require_safe
def account_erased(request: NewsRequest) -> HttpResponse:
    """The last page of an account."""
    return render(request, "newsroom/account_erased.html")


def member_of(request: NewsRequest) -> Member:
    """The signed-in member of a view that asks for one."""
    if not request.member:
        raise PermissionDenied  # login_required stands before
    return request.member


def _page(request: NewsRequest, member: Member, form: ProfileForm) -> dict[str, Any]:
    standing = standing_of(member, request.now)
    gifts = story_gifts.given(member, now=request.now)
    stories = Article.objects.live(request.now).for_lists().in_bulk([gift.story_id for gift in gifts])
    replies = Reply.objects.filter(author=member).select_related(
        "discussion__story", "discussion__topic", "discussion__page"
    )
    return {
        **_of_money(request, member),
        "doors": Counter(Authenticator.objects.filter(user=member).values_list("type", flat=True)),
        "member": member,
        "standing": standing,
        "pause_days": pause_days(standing.subscription) if standing.subscription and standing.may_pause else [],
        "profile": form,
        "letters": _letters(request, member),
        "feed_token": own_feed.token_of(member),
        "gifts": [
            (gift, stories[gift.story_id], story_gifts.works(gift, request.now))
            for gift in gifts
            if gift.story_id in stories
        ],
        "gifts_left": story_gifts.left_this_month(member, now=request.now) if request.reader.is_patron else 0,
        "replies": replies.order_by("-posted_at")[:REPLIES_SHOWN],
    }


def _letters(request: NewsRequest, member: Member) -> list[showing.Offered]:
    """Each letter as it stands with this member: theirs, resting, open to them or not."""
    found, getting = Letter.objects.offered().select_related("minimum_tier"), asking.letters_of(member)
    return showing.offered(
        found, request.reader, getting={row.letter_id for row in getting},
        sections=request.furniture.sections, now=request.now,
    )  # fmt: skip


def _of_money(request: NewsRequest, member: Member) -> dict[str, Any]:
    """What was paid, memberships bought for others, and whether a request for access waits."""
    asked = hardship.open_request_of(member)
    return {
        "paid": paid_by(member, most=PAYMENTS_SHOWN),
        "bought": bought_by(member, now=request.now),
        "asked": asked,
        "may_ask": not asked and not request.reader.is_patron and request.furniture.rules.hardship_asks,
    }
