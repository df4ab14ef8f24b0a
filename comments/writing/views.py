"""Public pages on which replies are written: load, ask the gate, one verb, answer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from comments.access import (
    Subject,
    answered_by,
    around,
    number_in,
    own_reply_or_404,
    poster_of,
    reply_or_404,
    subject_or_404,
)
from comments.answers import SeeOther, sign_in, to_reply
from comments.writing import drafts, editing, posting, reacting
from comments.writing.forms import EditForm, ReplyForm
from comments.writing.posting import PostError
from members.gate import ReplyDecision
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private


@private
@same_origin_post
def write(request: NewsRequest, kind: str, pk: int) -> HttpResponse:
    """The page for writing a reply; POST posts it, or keeps the text and asks to sign in."""
    subject = subject_or_404(request, kind, pk)
    if request.method != "POST":
        to = number_in(request.GET.get("to", ""))
        initial = {"comment": drafts.kept(request, subject, to), "reply_to": to}
        return _write_page(request, subject, ReplyForm(subject.thing, initial=initial), to)
    form = ReplyForm(subject.thing, request.POST)
    if not form.is_valid():
        return _write_page(request, subject, form, form.cleaned_data.get("reply_to"), status=422)
    if not request.member:
        return sign_in(drafts.keep(request, subject, **form.written))
    return _post(request, subject, form)


def _post(request: NewsRequest, subject: Subject, form: ReplyForm) -> HttpResponse:
    """Post what the form holds; if it is refused show it again, with the text."""
    by, rules = poster_of(request, subject.terms), request.furniture.rules
    try:
        made = posting.post_under(subject, by=by, rules=rules, now=request.now, **form.written)
    except PostError as error:
        form.add_error(None, str(error))
        return _write_page(request, subject, form, form.written["reply_to"], status=error.status)
    drafts.forget(request)
    return to_reply(made)


def _write_page(
    request: NewsRequest, subject: Subject, form: ReplyForm, to: int | None, status: int = 200
) -> HttpResponse:
    """The form on a page of its own, or the sentence that says why there is none."""
    context = {"form": form, "answered": answered_by(request, subject, to), **around(request, subject)}
    if status == 200 and context["decision"] not in (ReplyDecision.WRITE, ReplyDecision.SIGN_IN):
        status = 403
    return render(request, "comments/write.html", context, status=status)


@private
@same_origin_post
def edit(request: NewsRequest, pk: int) -> HttpResponse:
    """Change one's own reply, for five minutes."""
    found, subject, _member = own_reply_or_404(request, pk)
    form = EditForm(request.POST or None, initial={"comment": found.comment})
    status = 200 if found.may_edit(request.reader.member_id, request.now) else 403
    if request.method == "POST" and form.is_valid():
        by, rules = poster_of(request, subject.terms), request.furniture.rules
        try:
            return to_reply(editing.edit(found, by=by, text=form.cleaned_data["comment"], rules=rules, now=request.now))
        except PostError as error:
            form.add_error(None, str(error))
            status = error.status
    return render(request, "comments/edit.html", {"subject": subject, "form": form, "reply": found}, status=status)


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
    found, _subject = reply_or_404(request, pk)
    if not request.member:
        return sign_in(found.get_absolute_url())
    reacting.react(found, by=request.member, wanted=request.POST.get("wanted") != "0")
    return to_reply(found)
