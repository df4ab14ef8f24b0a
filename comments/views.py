"""Public pages of replies: load, ask the gate, one verb, answer."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comments import drafts, posting, reading, shelved
from comments.access import (
    Subject,
    answered_by,
    around,
    discussion_or_404,
    own_reply_or_404,
    poster_of,
    reply_or_404,
    subject_or_404,
)
from comments.forms import EditForm, ReplyForm, ReportForm
from comments.models import Discussion, Reply, Report
from comments.posting import PostError
from comments.printing import Looker
from members.gate import ReplyDecision
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import FRAGMENT_HEADER, edge_cached, ends_at, keyed, private

PAGE_SECONDS = 600


class SeeOther(HttpResponseRedirect):
    """What answers a form that was acted on."""

    status_code = 303


def _to(reply: Reply) -> HttpResponse:
    """Lead to the reply in its place."""
    return SeeOther(f"{reply.get_absolute_url()}#reply-{reply.pk}")


def _sign_in(back: str) -> HttpResponse:
    """Sign in first, then come back."""
    return SeeOther(f"{reverse('account_login')}?{urlencode({'next': back})}")


def _number(text: str) -> int | None:
    """A key as an address holds it; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


@edge_cached(PAGE_SECONDS, params=("after", "branch"))
def page(request: NewsRequest, discussion: int) -> HttpResponse:
    """A later page of a discussion, or of one branch; as a fragment just its rows."""
    found, subject = discussion_or_404(request, discussion)
    context = around(request, subject)
    page = shelved.page_of(_thread(request, found, subject), request.now)
    context |= {"page": page, "rows": shelved.printed(page, Looker.of(request, context)).rows}
    template = "comments/rows.html" if FRAGMENT_HEADER in request.headers else "comments/page.html"
    response = render(request, template, context)
    return ends_at(keyed(response, found.cache_key, subject.cache_key), subject.terms.changes_at(request.now))


def _thread(request: NewsRequest, discussion: Discussion, subject: Subject) -> reading.Thread:
    """The page that `after` and `branch` ask for."""
    after, seen_by = reading.cursor_of(request.GET.get("after", "")), request.reader.member_id
    if "branch" not in request.GET:
        return reading.read_page(discussion, member_id=seen_by, now=request.now, after=after)
    root = answered_by(request, subject, _number(request.GET["branch"]))
    if root is None or root.depth > 1:
        raise Http404
    return reading.read_branch(discussion, root, member_id=seen_by, now=request.now, after=after)


@private
def reply(request: NewsRequest, pk: int) -> HttpResponse:
    """A reply's permalink: leads to its place under the story, or on the page that shows it."""
    found, subject = reply_or_404(request, pk, to_read=False)
    where = reading.place_of(found, found.discussion, member_id=request.reader.member_id)
    return redirect(f"{where or subject.path}#reply-{found.pk}")


@private
@same_origin_post
def write(request: NewsRequest, kind: str, pk: int) -> HttpResponse:
    """The page for writing a reply; POST posts it, or keeps the text and asks to sign in."""
    subject = subject_or_404(request, kind, pk)
    if request.method != "POST":
        to = _number(request.GET.get("to", ""))
        initial = {"comment": drafts.kept(request, subject, to), "reply_to": to}
        return _write_page(request, subject, ReplyForm(subject.thing, initial=initial), to)
    form = ReplyForm(subject.thing, request.POST)
    if not form.is_valid():
        return _write_page(request, subject, form, form.cleaned_data.get("reply_to"), status=422)
    if not request.member:
        return _sign_in(drafts.keep(request, subject, **form.written))
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
    return _to(made)


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
            return _to(posting.edit(found, by=by, text=form.cleaned_data["comment"], rules=rules, now=request.now))
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
    posting.delete(found, by=member, now=request.now)
    return SeeOther(f"{subject.path}#replies")


@private
@same_origin_post
@require_POST
def react(request: NewsRequest, pk: int) -> HttpResponse:
    """Recommend a reply (`wanted=1`), or no longer (`wanted=0`)."""
    found, _subject = reply_or_404(request, pk)
    if not request.member:
        return _sign_in(found.get_absolute_url())
    posting.react(found, by=request.member, wanted=request.POST.get("wanted") != "0")
    return _to(found)


@private
@same_origin_post
def report(request: NewsRequest, pk: int) -> HttpResponse:
    """Report a reply to the moderators; whoever reported gets a mail with the reference."""
    found, subject = reply_or_404(request, pk)
    if not request.member:
        return _sign_in(request.path)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = posting.report(found, by=request.member, now=request.now, **form.cleaned_data)
        except PostError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your report %s is with the moderators.") % made.reference)
            return _to(found)
    context = {"subject": subject, "reply": found, "form": form, "made": Report.objects.of(found, request.member)}
    return render(request, "comments/report.html", context, status=422 if form.errors else 200)
