"""Public pages for those who see a fault in a reply, or in a decision about one."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from comments.access import reply_or_404
from comments.answers import SeeOther, sign_in, to_reply
from comments.models import Report, Ruling
from comments.moderation import appeals, reports, statements
from comments.moderation.appeals import AppealError
from comments.moderation.forms import AppealForm, ReportForm
from comments.moderation.statements import Statement
from comments.writing.posting import PostError
from members.models import Member
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from newsroom.caching import private


@private
@same_origin_post
def report(request: NewsRequest, pk: int) -> HttpResponse:
    """Report a reply to the moderators; whoever reported gets a mail with the reference."""
    found, subject = reply_or_404(request, pk)
    if not request.member:
        return sign_in(request.path)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = reports.report(found, by=request.member, now=request.now, **form.written)
        except PostError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your report %s is with the moderators.") % made.reference)
            return to_reply(found)
    context = {"subject": subject, "reply": found, "form": form, "made": Report.objects.of(found, request.member)}
    context["why_not"] = reports.why_not(found, request.member)
    return render(request, "comments/report.html", context, status=422 if form.errors else 200)


@private
@same_origin_post
def appeal(request: NewsRequest, kind: str, pk: int) -> HttpResponse:
    """The statement of reasons for a decision that met the reader, and the box for their one appeal; 404 for others."""
    if not request.member:
        return sign_in(request.path)
    said = statements.found(kind, pk, request.member, request.now)
    if said is None:
        raise Http404
    form = AppealForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _appeal(request.member, form, said, request.now):
        messages.success(request, _("Your appeal is with the moderators. Somebody else than before answers it."))
        return SeeOther(said.path)
    return render(
        request, "comments/appeal.html", {"statement": said, "form": form}, status=422 if form.errors else 200
    )


def _appeal(member: Member, form: AppealForm, said: Statement, now: datetime) -> bool:
    """Make the appeal; False with a sentence in the form if it is not taken."""
    against: dict[str, Any] = {"ruling" if isinstance(said.thing, Ruling) else "sanction": said.thing}
    try:
        appeals.appeal(member, text=form.cleaned_data["text"], now=now, **against)
    except AppealError as error:
        form.add_error(None, str(error))
        return False
    return True
