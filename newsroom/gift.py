"""Pages of gifted stories: made by a patron, opened by anybody with the link. A GET never counts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from articles.models import Article
from members import story_gifts
from members.gate import Allowance, Decision, decide
from members.meter import remember_gift
from members.models import StoryGift
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import FRAGMENT_HEADER, private

NOTHING_LEFT = Allowance(switched_on=True)  # a gift is for who would have to spend a view, or has none


@private
@require_POST
@same_origin_post
def give_story(request: NewsRequest) -> HttpResponse:
    """A patron gives the story (`story`: its key) away; others are led to membership."""
    story = get_object_or_404(Article.objects.live(request.now).for_lists(), pk=_number(request.POST.get("story")))
    terms, is_part = story.terms(request.furniture.rules), FRAGMENT_HEADER in request.headers
    if not request.member or not story_gifts.may_give(terms, request.reader, request.now):
        return redirect("membership")
    try:
        gift = story_gifts.give(request.member, story.pk, now=request.now)
    except story_gifts.GiftError as error:
        return _not_given(request, str(error), is_part=is_part)
    if is_part:
        return render(request, "newsroom/gift_made_part.html", {"gift": gift})
    return HttpResponseRedirect(reverse("gift_made", args=[gift.token]), status=303)


@private
@require_safe
@login_required
def gift_made(request: NewsRequest, token: str) -> HttpResponse:
    """The link, for the patron who made it to copy."""
    gift = get_object_or_404(StoryGift, token=token, patron=request.member)
    story = get_object_or_404(Article.objects.live(request.now).for_lists(), pk=gift.story_id)
    return render(request, "newsroom/gift_made.html", {"gift": gift, "story": story})


@private
@same_origin_post
def gift_link(request: NewsRequest, token: str) -> HttpResponse:
    """GET: what the story is, and one button. POST: counts the opening and opens the story in this browser.

    Once for each browser; nothing is counted of somebody who may read the story anyway. They begin at its top:
    nothing of the text was sent here.
    """
    gift = get_object_or_404(StoryGift, token=token)
    story = get_object_or_404(Article.objects.live(request.now).for_lists(), pk=gift.story_id)
    is_open = decide(story.terms(request.furniture.rules), request.reader, NOTHING_LEFT, request.now) is Decision.READ
    if request.method == "POST" and (is_open or story_gifts.count_opening(gift, now=request.now)):
        response = HttpResponseRedirect(f"{story.get_absolute_url()}rest/", status=303)
        if not is_open:
            remember_gift(request, response, story.pk)
        return response
    works = is_open or (request.method != "POST" and story_gifts.works(gift, request.now))
    context = {"gift": gift, "story": story, "works": works}
    return render(request, "newsroom/gift.html", context, status=200 if works else 410)


@private
@require_POST
@login_required
def gift_revoke(request: NewsRequest, token: str) -> HttpResponse:
    """The patron stops a link of their own."""
    if request.member:
        story_gifts.revoke(request.member, token, now=request.now)
    return HttpResponseRedirect(reverse("account") + "#gifts", status=303)


def _not_given(request: NewsRequest, problem: str, *, is_part: bool) -> HttpResponse:
    """Say why there is no link: in the place of the form, or on the account's page."""
    if is_part:
        return render(request, "newsroom/gift_made_part.html", {"problem": problem})
    messages.error(request, problem)
    return HttpResponseRedirect(reverse("account") + "#gifts", status=303)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
