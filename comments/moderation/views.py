"""Public pages for those who see a fault in a reply, or in a decision about one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from comments.access import reply_or_404
from comments.answers import sign_in, to_reply
from comments.models import Report
from comments.moderation import reports
from comments.moderation.forms import ReportForm
from comments.writing.posting import PostError
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
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = reports.report(found, by=request.member, now=request.now, **form.cleaned_data)
        except PostError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your report %s is with the moderators.") % made.reference)
            return to_reply(found)
    context = {"subject": subject, "reply": found, "form": form, "made": Report.objects.of(found, request.member)}
    return render(request, "comments/report.html", context, status=422 if form.errors else 200)
