"""Pages on which a member says what to hear of. A GET never acts; a mailed link needs no session."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from comments.access import Subject, answered_by, may_read, subject_or_404
from comments.answers import SeeOther, sign_in, to_reply
from comments.models import Reply
from comments.notices import following, links, wishing
from comments.notices.mine import mine_of, stop_following, unmute
from comments.parsing import number_in
from comments.writing.posting import discussion_of
from members.models import Member
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private


@private
@same_origin_post
def follow(request: NewsRequest, kind: str, pk: int) -> HttpResponse:
    """Whether the member follows a discussion, or the branch `?branch=`: a page with one button, which acts."""
    subject, branch = _followed(request, kind, pk)
    if not request.member:
        return sign_in(request.get_full_path())
    if request.method == "POST":
        return _follow(request, request.member, subject, branch)
    discussion = subject.discussion
    is_on = discussion is not None and following.follows(request.member.pk, discussion, branch=branch)
    may = may_read(request, subject.terms)
    context = {"subject": subject, "branch": branch, "is_on": is_on, "may_read": may}
    return render(request, "comments/follow.html", context, status=200 if may or is_on else 403)


def _followed(request: NewsRequest, kind: str, pk: int) -> tuple[Subject, Reply | None]:
    """What the address names; 404 for a branch the reader does not see here."""
    subject = subject_or_404(request, kind, pk)
    wanted = request.GET.get("branch", "")
    branch = answered_by(request, subject, number_in(wanted)) if wanted else None
    if wanted and branch is None:
        raise Http404
    return subject, branch


def _follow(request: NewsRequest, member: Member, subject: Subject, branch: Reply | None) -> HttpResponse:
    """Follow (`wanted=1`, for who may read) or no longer (`wanted=0`, for everybody), and back."""
    back = to_reply(branch) if branch else SeeOther(f"{subject.path}#replies")
    if request.POST.get("wanted") == "0":
        if subject.discussion is not None:
            following.unfollow(member.pk, subject.discussion.pk, branch_id=branch.pk if branch else None)
        messages.success(request, _("You follow it no longer."))
    elif may_read(request, subject.terms):
        following.follow(member, discussion_of(subject), now=request.now, branch=branch)
        messages.success(request, _("You follow it: we mail you what is new."))
    return back


@private
@same_origin_post
def mine(request: NewsRequest) -> HttpResponse:
    """What a member wrote, follows, mutes and wishes to hear; POST changes one of the last three."""
    if not request.member:
        return sign_in(request.path)
    if request.method == "POST" and _acted(request, request.member):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("reply_mine"))
    member, kinds = request.member, wishing.kinds_for(request.member)
    form = wishing.WishesForm(request.POST or None, instance=wishing.wishes_of(member), kinds=kinds)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return SeeOther(reverse("reply_mine") + "#wishes")
    before = number_in(request.GET.get("before", ""))
    page = mine_of(member, request.furniture.rules, before=before, now=request.now)
    return render(request, "comments/mine.html", {"page": page, "form": form}, status=422 if form.errors else 200)


def _acted(request: NewsRequest, member: Member) -> bool:
    """Whether a button of a list was pressed: follow no longer, mute no longer."""
    buttons = {"unfollow": stop_following, "unmute": unmute}
    for name, act in buttons.items():
        if name in request.POST:
            act(member, number_in(request.POST[name]) or 0)
            return True
    return False


@private
@csrf_exempt  # RFC 8058: mail programs post here without a page of ours; the token says who
def wishes(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: GET shows a button, POST stops these mails at once; asking again gives the same answer."""
    found = links.wishes_of(token)
    if found is None:
        return render(request, "comments/unsubscribe.html", {"is_gone": True}, status=410)
    member, kinds = found
    if request.method == "POST":
        wishing.stop(member, kinds)
    context = {"kinds": wishing.words_of(kinds), "is_stopped": wishing.has_stopped(member, kinds)}
    return render(request, "comments/unsubscribe.html", context)


@private
@csrf_exempt  # as above
def unfollow(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: GET shows a button, POST stops following at once; asking again gives the same answer."""
    found = links.followed_of(token)
    if found is None:
        return render(request, "comments/unsubscribe.html", {"is_gone": True}, status=410)
    if request.method == "POST":
        following.unfollow(found.member.pk, found.discussion.pk, branch_id=found.branch.pk if found.branch else None)
    is_on = following.follows(found.member.pk, found.discussion, branch=found.branch)
    context = {"title": str(found.discussion.subject), "is_branch": bool(found.branch), "is_stopped": not is_on}
    return render(request, "comments/unsubscribe.html", context)
