"""A topic's page, proposals, and who wants to hear. A GET never acts; a mailed link needs no session."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from members.limits import within
from members.models import Topic
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from members.topics import showing, timeline
from members.topics.forms import ProposalForm
from members.topics.loop import following, proposals
from members.topics.loop.proposals import TwinError
from newsroom.caching import edge_cached, keyed, private

PROPOSALS_A_DAY, LISTED = 5, 100


@edge_cached(600, keys=("topics",))
@require_safe
def topic(request: NewsRequest, slug: str) -> HttpResponse:
    """One topic: its case, how far it is, what came of it, what people say. A joined one leads to the other."""
    found = _topic_or_404(request, slug)
    if found.merged_into is not None and not _is_for_few(request, found):
        return keyed(HttpResponsePermanentRedirect(found.merged_into.get_absolute_url()), f"topic-{found.pk}")
    response = render(request, "members/topics_topic.html", {"topic": found, **_page(request, found)})
    return keyed(response, f"topic-{found.pk}")


def _topic_or_404(request: NewsRequest, slug: str) -> Topic:
    """The topic if the request's reader may know of it; what waits for the desk is its author's and the desk's."""
    rows = Topic.objects.with_rounds().select_related("merged_into", "assigned_to")
    found = rows.annotate(is_seen=_seen(request)).filter(slug=slug).first()
    if found is None:
        raise Http404
    if not found.is_seen and not _is_for_few(request, found):
        raise Http404
    return found


def _seen(request: NewsRequest) -> Any:
    """Whether readers see the topic, or the one it was joined with."""
    there = Coalesce(OuterRef("merged_into"), OuterRef("pk"))
    return Exists(proposals.seen_by_readers(request.now).filter(pk=there))


def _is_for_few(request: NewsRequest, found: Topic) -> bool:
    """Whether the reader sees a topic that others do not: who proposed it, and the desk."""
    if found.status == Topic.Status.MERGED or not request.member:
        return False
    return request.reader.on_staff or found.proposed_by_id == request.member.pk


def _page(request: NewsRequest, found: Topic) -> dict[str, Any]:
    stories = showing.stories_of([found], request.now).get(found.pk, [])
    entries = timeline.timeline_of(found, stories, request.now)
    is_on_it = found.status == Topic.Status.ASSIGNED
    name, page = timeline.byline_of(found.assigned_to) if is_on_it else ("", "")
    return {
        "stories": stories,
        "entries": entries,
        "open": next((entry for entry in entries if entry.kind == "closes"), None),
        "colleague": {"name": name, "page": page},
        "is_seen": getattr(found, "is_seen", True),
        "follows": following.follows(found, request.member) if request.member else False,
    }


@private
@same_origin_post
def topic_follow(request: NewsRequest, slug: str) -> HttpResponse:
    """Whether the member hears how a topic goes on: GET shows one button, POST `wanted` 1 or 0 acts, and back."""
    found = _topic_or_404(request, slug)
    if found.merged_into is not None:
        found = found.merged_into
    if not request.member:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    if request.method != "POST":
        is_on = following.follows(found, request.member)
        return render(request, "members/topics_follow.html", {"topic": found, "is_on": is_on})
    if request.POST.get("wanted") == "0":
        following.unfollow(found, request.member)
        messages.success(request, _("You follow it no longer."))
    else:
        following.follow(found, request.member, now=request.now)
        messages.success(request, _("You follow it: we mail you once for each step, and when the story is out."))
    return HttpResponseRedirect(f"{found.get_absolute_url()}#follow", status=303)


@private
@csrf_exempt  # RFC 8058: mail programs post here without a page of ours; the token says who
def topic_mails(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: GET shows a button, POST stops all mails about topics; asking again gives the same answer."""
    member = following.member_of(token)
    if member is None:
        return render(request, "members/topics_mails.html", {"is_gone": True, "is_stopped": False}, status=410)
    if request.method == "POST":
        following.wish(member, wants_mail=False)
    is_stopped = not following.wants_mail(member)
    return render(request, "members/topics_mails.html", {"is_gone": False, "is_stopped": is_stopped})


@private
@same_origin_post
def topics_mine(request: NewsRequest) -> HttpResponse:
    """What a member proposed and follows, and whether they want mails of it; POST `wanted` 1 or 0 says so."""
    if not request.member:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    if request.method == "POST":
        following.wish(request.member, wants_mail=request.POST.get("wanted") != "0")
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("topics_mine"), status=303)
    follows = request.member.followed_topics.select_related("topic").order_by("-at")
    context = {
        "proposals": proposals.of(request.member)[:LISTED],
        "follows": follows[:LISTED],
        "wants_mail": following.wants_mail(request.member),
    }
    return render(request, "members/topics_mine.html", context)


@private
@same_origin_post
def propose(request: NewsRequest) -> HttpResponse:
    """Patrons and staff propose; the newsroom looks at it before readers do. A refusal keeps what was typed."""
    if not request.member or not (request.reader.is_patron or request.reader.on_staff):
        return render(request, "members/topics_propose.html", {"form": None, "proposals": []})
    form = ProposalForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _proposal(request, form, 422 if request.method == "POST" else 200)
    try:
        if not within("propose", request.member.pk, times=PROPOSALS_A_DAY, seconds=86_400):
            form.add_error(None, _("Five proposals a day are the most we can read. Please come back tomorrow."))
            return _proposal(request, form, 429)
        staff = request.reader.on_staff
        proposals.propose(request.member, **form.cleaned_data, now=request.now, by_newsroom=staff)
    except TwinError as twin:
        return _proposal(request, form, 409, twin)
    return HttpResponseRedirect(reverse("propose") + "?thanks", status=303)


def _proposal(request: NewsRequest, form: ProposalForm, status: int, twin: TwinError | None = None) -> HttpResponse:
    context = {
        "form": form,
        "thanks": "thanks" in request.GET and request.method != "POST",
        "twin": twin,
        "proposals": proposals.of(request.member)[:LISTED] if request.member else [],
    }
    return render(request, "members/topics_propose.html", context, status=status)
