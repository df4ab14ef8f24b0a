"""Public pages on which replies are written: load, ask the gate, one verb, answer."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comments.access import Subject, own_reply_or_404, poster_of, reply_or_404, subject_or_404
from comments.answers import SeeOther, sign_in, to_reply
from comments.parsing import number_in
from comments.writing import drafts, editing, muting, pages, posting, reacting, warnings
from comments.writing.forms import PREVIEW, EditForm, ReplyForm
from comments.writing.posting import PostError
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private


@private
@same_origin_post
def write(request: NewsRequest, kind: str, pk: int) -> HttpResponse:
    """The page for writing a reply; POST posts it, shows how it would look, or keeps the text and asks to sign in."""
    subject = subject_or_404(request, kind, pk)
    if request.method != "POST":
        return pages.begun(request, subject)
    form = ReplyForm(subject.thing, request.POST)
    form.full_clean()
    has_unread = _warned(request)
    again = pages.asked(request, subject, form)
    if again is not None:
        return again
    if not form.is_valid():
        return pages.refused(request, subject, form, form.said)
    if has_unread:
        return pages.refused(request, subject, form, [_("Please read this first, then post your reply.")], status=409)
    return _post(request, subject, form) if request.member else _sign_in_first(request, subject, form)


def _warned(request: NewsRequest) -> bool:
    """Note the warnings that the form showed as read; whether there are others."""
    if not request.member:
        return False
    shown = number_in(request.POST.get("warning", ""))
    if shown:
        warnings.mark_read(request.member, up_to=shown, now=request.now)
    return bool(warnings.unread(request.member))


def _sign_in_first(request: NewsRequest, subject: Subject, form: ReplyForm) -> HttpResponse:
    """Keep the text and ask to sign in; where it cannot be kept, it stays in the box."""
    if not drafts.keep(request, subject, **form.written):
        said = _("Please sign in first, in another window, then post this here.")
        return pages.refused(request, subject, form, [said], status=429)
    return sign_in(drafts.write_path(subject, form.written["reply_to"]))


def _post(request: NewsRequest, subject: Subject, form: ReplyForm) -> HttpResponse:
    """Post what the form holds; if it is refused show it again, with the text."""
    by, rules = poster_of(request, subject.terms), request.furniture.rules
    try:
        made = posting.post_under(subject, by=by, rules=rules, now=request.now, **form.written)
    except PostError as error:
        return pages.refused(request, subject, form, [str(error)], status=error.status)
    drafts.forget(request)
    return pages.row(request, subject, made, status=201) if pages.is_fragment(request) else to_reply(made)


@private
@same_origin_post
def edit(request: NewsRequest, pk: int) -> HttpResponse:
    """Change one's own reply, for five minutes; or see how it would look."""
    found, subject, _member = own_reply_or_404(request, pk)
    form = EditForm(request.POST if request.method == "POST" else None, initial={"comment": found.comment})
    if not form.is_valid() or request.POST.get("do") == PREVIEW:
        return pages.editing(request, subject, found, form)
    by, rules, text = poster_of(request, subject.terms), request.furniture.rules, form.cleaned_data["comment"]
    try:
        return to_reply(editing.edit_under(subject, found, by=by, text=text, rules=rules, now=request.now))
    except PostError as error:
        form.add_error(None, str(error))
        return pages.editing(request, subject, found, form, status=error.status)


@private
@same_origin_post
def delete(request: NewsRequest, pk: int) -> HttpResponse:
    """Take one's own reply back: a page with one button, which acts."""
    found, subject, member = own_reply_or_404(request, pk)
    if request.method != "POST":
        return render(request, "comments/delete.html", {"subject": subject, "reply": found})
    editing.delete(found, by=member, now=request.now)
    return SeeOther(f"{subject.path}#replies")


@private
@same_origin_post
@require_POST
def react(request: NewsRequest, pk: int) -> HttpResponse:
    """Recommend a reply (`wanted=1`), or no longer (`wanted=0`)."""
    found, subject = reply_or_404(request, pk)
    if not request.member:
        return sign_in(found.get_absolute_url())
    reacting.react(found, by=request.member, wanted=request.POST.get("wanted") != "0")
    return pages.row(request, subject, found) if pages.is_fragment(request) else to_reply(found)


@private
@same_origin_post
def mute(request: NewsRequest, pk: int) -> HttpResponse:
    """No longer see what a reply's author says, or see it again: a page with one button, which acts (`wanted`)."""
    found, subject = reply_or_404(request, pk)
    if not request.member:
        return sign_in(request.path)
    if found.author is None or found.author_id == request.member.pk:
        raise Http404
    if request.method != "POST":
        is_muted = muting.is_muted(request.member, found.author)
        return render(request, "comments/mute.html", {"subject": subject, "reply": found, "is_muted": is_muted})
    if request.POST.get("wanted") == "0":
        muting.unmute(request.member, found.author)
    else:
        muting.mute(request.member, found.author, request.now)
    return to_reply(found)
