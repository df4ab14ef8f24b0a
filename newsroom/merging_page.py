"""The desk's page on which two accounts of one person become one: both side by side, and what follows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from comments.models import Reply
from members.accounts.signing_in import member_at
from members.letters.joining.asking import letters_of
from members.models import Grant, Member
from members.money.desk.base import MAY_ACT
from members.money.keeping.standing import day, standing_of
from members.readers import NewsRequest
from members.typed import typed
from newsroom import merging


@dataclass(frozen=True)
class Side:
    """One of the two accounts: who it is, where it stands (sentences), what hangs on it (sentences)."""

    member: Member
    standing: list[str]
    holds: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def merge_accounts(request: NewsRequest, pk: int) -> HttpResponse:
    """GET shows what would happen to the account `with` (its key or address); POST does it. For the membership desk."""
    if not request.user.has_perm(MAY_ACT):
        raise PermissionDenied(MAY_ACT)
    keep = get_object_or_404(Member, pk=pk)
    wanted = typed(request.POST, "with") or typed(request.GET, "with")
    other = _named(wanted)
    if request.method == "POST" and other is not None:
        return _merged(request, keep, other)
    problem = _("There is no account with this address.") if wanted and other is None else ""
    return _shown(request, keep, other, wanted=wanted, problem=problem, status=404 if problem else 200)


def _merged(request: NewsRequest, keep: Member, other: Member) -> HttpResponse:
    by = get_object_or_404(Member, pk=request.user.pk)
    try:
        is_new = merging.merge(keep, other, by=by, now=request.now)
    except merging.MergeError as error:
        return _shown(request, keep, other, wanted=str(other.pk), problem=str(error), status=409)
    if is_new:
        messages.success(request, _("The two accounts are one now. Both addresses were told."))
    else:
        messages.info(request, _("These two have been one account already."))
    return HttpResponseRedirect(reverse("admin:members_member_change", args=[keep.pk]), status=303)


def _shown(
    request: NewsRequest, keep: Member, other: Member | None, *, wanted: str, problem: str, status: int
) -> HttpResponse:
    by = get_object_or_404(Member, pk=request.user.pk)
    if other is not None and not problem:
        problem = merging.refusal(keep, other, by=by)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Two accounts, one person"),
        "keep": side_of(keep, request.now),
        "wanted": wanted,
        "problem": problem,
    }
    if other is not None:
        context |= {"other": side_of(other, request.now), "may_merge": not problem and not other.merged_into_id}
        context["effects"] = [] if problem else effects(keep, other, request.now)
    return render(request, "admin/merge.html", context, status=status)


def _named(wanted: str) -> Member | None:
    if wanted.isdecimal() and len(wanted) < 19:
        found: Member | None = Member.objects.filter(pk=int(wanted)).first()
        return found
    return member_at(wanted) if wanted else None


def side_of(member: Member, now: datetime) -> Side:
    """An account in sentences."""
    replies, letters = Reply.objects.filter(author=member).count(), len(letters_of(member))
    paid, votes = member.payments.count(), member.ballots.count()
    counted = [
        (paid, ngettext("%d payment", "%d payments", paid)),
        (replies, ngettext("%d reply", "%d replies", replies)),
        (letters, ngettext("%d letter", "%d letters", letters)),
        (votes, ngettext("%d vote", "%d votes", votes)),
    ]
    return Side(member, standing_of(member, now).sentences, [words % number for number, words in counted if number])


def effects(keep: Member, other: Member, now: datetime) -> list[str]:
    """What merging would do, in the order in which somebody would ask."""
    known = {"keep": keep.email, "other": other.email}
    said = [
        _("%(keep)s stays. A code mailed to %(other)s signs in to it as well.") % known,
        reads_after(keep, other, now),
        _("Payments, gifts, letters, replies, votes and links to stories of %(other)s become those of %(keep)s.")
        % known,
        _("%(other)s is signed out everywhere; its passkeys and its authenticator app stop working.") % known,
        _("Where both voted in a round, or said the same, what %(keep)s did counts.") % known,
    ]
    if merging.has_standing(keep) and merging.has_standing(other):
        said.append(
            _(
                "Both are paying now, and both go on: nothing is ended or refunded by itself. "
                "The newer membership is marked for review; end it and refund what was paid twice on its page."
            )
        )
    said.append(_("Both addresses get a mail that says so. It cannot be undone."))
    return said


def reads_after(keep: Member, other: Member, now: datetime) -> str:
    """What the one account can read, in a sentence."""
    covering = Grant.objects.covering(now).filter(member__in=[keep, other]).select_related("tier")
    best = covering.order_by("-tier__rank", "-ends_at").first()
    if best is None:
        return _("The one account is a free account.")
    return _("The one account reads as %(tier)s until %(day)s.") % {"tier": best.tier.name, "day": day(best.ends_at)}
