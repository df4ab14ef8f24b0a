"""Pages behind mailed links: confirm, leave, choose without an account, never again. A GET never acts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from members.letters.joining import asking, entitled, links, showing
from members.letters.sending import suppression
from members.models import Letter, LetterSubscription
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private

MINE = "/letters/mine/"  # where consent was given; the whole address is a secret of its mailbox


@private
@same_origin_post
def letter_confirm(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: a page with one button; pressing it starts the letter."""
    row = links.row_to_confirm(token)
    if row is None:
        return _gone(request)
    pressed = request.method == "POST"
    if pressed:
        asking.confirm(row, token, request.now)
    state = "comes" if row.is_receiving else "open" if asking.is_open(row, token) else _why_not(row, token)
    context = {"row": row, "state": state, "pressed": pressed, "mine": links.mine_path(row)}
    return render(request, "members/letters_confirm.html", context)


@private
@csrf_exempt  # RFC 8058: mail programs post here without a page of ours; the token says who leaves
def letter_leave(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link: GET shows a button, POST stops the letter at once; asking again gives the same answer."""
    row, issue_id = links.row_to_leave(token)
    if row is None:
        return _gone(request)
    if request.method == "POST":
        by = _("One press in the mail program") if "List-Unsubscribe" in request.POST else _("Stop this letter")
        asking.leave(row, request.now, where="/letters/leave/", wording=by, issue_id=issue_id)
    return render(request, "members/letters_leave.html", {"row": row, "mine": links.mine_path(row)})


@private
@same_origin_post
def letter_never(request: NewsRequest, token: str) -> HttpResponse:
    """A mailed link, "that was not me": GET shows a button, POST keeps every letter from the address."""
    row = links.row_to_refuse(token)
    if row is None:
        return _gone(request)
    if request.method == "POST":
        asking.refuse(row, now=request.now)
    return render(request, "members/letters_never.html", {"row": row, "done": request.method == "POST"})


@private
@same_origin_post
def letters_mine(request: NewsRequest, token: str) -> HttpResponse:
    """Which letters go to an address, for whoever holds its link: start or stop each, or stop everything."""
    row = links.row_of_mine(token)
    if row is None:
        return _gone(request)
    said = _change(request, row) if request.method == "POST" else ""
    email = row.member.email if row.member else row.email
    getting = {each.letter_id for each in asking.letters_with(row)}
    found = Letter.objects.offered().select_related("minimum_tier")
    reader, sections = entitled.reader_at(row, request.now), request.furniture.sections
    shown = showing.offered(found, reader, getting=getting, sections=sections, now=request.now)
    barred = suppression.is_suppressed(email)
    context = {"email": email, "shown": shown, "said": said, "barred": barred, "gets_any": bool(getting)}
    return render(request, "members/letters_mine.html", context)


def _change(request: NewsRequest, holder: LetterSubscription) -> str:
    """Do what the pressed button says; the sentence that tells of it."""
    if "stop_all" in request.POST:
        for row in asking.letters_with(holder):
            asking.leave(row, request.now, where=MINE, wording=_("Stop everything"))
        return _("Everything is stopped.")
    for row in asking.letters_with(holder):
        if row.letter.slug == request.POST.get("stop"):
            asking.leave(row, request.now, where=MINE)
            return _("“%(letter)s” is stopped.") % {"letter": row.letter.name}
    wanted = request.POST.get("start", "").replace("\x00", "")
    letter = Letter.objects.offered().select_related("minimum_tier").filter(slug=wanted).first()
    if letter is None:
        return ""
    reader = entitled.reader_at(holder, request.now)
    if asking.start(letter, holder, reader, where=MINE, now=request.now):
        return _("“%(letter)s” comes from now on.") % {"letter": letter.name}
    return _("“%(letter)s” is not for this address yet: sign in, or become a patron.") % {"letter": letter.name}


def _why_not(row: LetterSubscription, token: str) -> str:
    """Why the button of a link would do nothing: a newer wish has its own link, or the letter was left since."""
    return "left" if row.asked_at == links.wish_of(token) else "newer"


def _gone(request: NewsRequest) -> HttpResponse:
    return render(request, "members/letters_gone.html", status=410)
