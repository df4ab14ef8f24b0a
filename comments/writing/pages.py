"""The page for writing a reply, and its form alone for whoever writes in place (`X-Fragment`)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from comments.access import Subject, answered_by, around
from comments.models import Reply
from comments.moderation import words
from comments.parsing import number_in
from comments.threads.printing import Feeling, Looker, html_of, lines_of
from comments.threads.rows import rows_of
from comments.writing import drafts, texts, warnings
from comments.writing.editing import minutes_left
from comments.writing.forms import PREVIEW, QUOTE, READ, EditForm, ReplyForm
from members.gate import ReplyDecision
from members.readers import NewsRequest
from newsroom.caching import FRAGMENT_HEADER

MAY = (ReplyDecision.WRITE, ReplyDecision.SIGN_IN)


@dataclass(slots=True)
class Writing:
    """What stands on the page: the text in the box, what it answers, and what there is to say about it."""

    text: str = ""
    to: int | None = None
    said: tuple[str, ...] = ()  # why it was not taken
    preview: SafeString | None = None
    status: int = 200


def is_fragment(request: NewsRequest) -> bool:
    """Whether the form alone is asked for."""
    return FRAGMENT_HEADER in request.headers


def begun(request: NewsRequest, subject: Subject) -> HttpResponse:
    """The page as somebody comes to it: with what they typed before signing in, or a quotation if they want one."""
    to = number_in(request.GET.get("to", ""))
    text = drafts.kept(request, subject, to)
    if not text and "quote" in request.GET:
        text = _with_quotation(answered_by(request, subject, to), "")
    return shown(request, subject, Writing(text, to))


def asked(request: NewsRequest, subject: Subject, form: ReplyForm) -> HttpResponse | None:
    """The page again where the form was sent for something else than posting (`do`); None where it was not."""
    to = form.cleaned_data.get("reply_to")
    do = request.POST.get("do")
    if do == QUOTE:
        return shown(request, subject, Writing(_with_quotation(answered_by(request, subject, to), form.text), to))
    if do == READ:
        return shown(request, subject, Writing(form.text, to))
    if do == PREVIEW and form.is_valid():
        return shown(request, subject, Writing(form.text, to, preview=previewed(form.text, request)))
    return None


def rendered(text: str) -> SafeString:
    """`text`, which is tidy, as it would stand under the story."""
    return mark_safe(texts.to_html(text))  # which escapes


def previewed(text: str, request: NewsRequest) -> SafeString:
    """`text` as it would stand under the story once posted: with the words that the site prints differently."""
    return rendered(words.replaced(texts.tidy(text), request.furniture.rules))


def refused(
    request: NewsRequest, subject: Subject, form: ReplyForm, said: list[str], *, status: int = 422
) -> HttpResponse:
    """The page again with the text and the sentences that say why it was not taken."""
    to = form.cleaned_data.get("reply_to")
    return shown(request, subject, Writing(form.text, to, tuple(said), status=status))


def shown(request: NewsRequest, subject: Subject, writing: Writing) -> HttpResponse:
    """The page, or its form alone. What is answered and gone is said, and posting again goes without it."""
    context = around(request, subject)
    answered = answered_by(request, subject, writing.to)
    if writing.to and answered is None and not writing.said:
        writing.said = (_("The reply you wanted to answer is no longer there. Yours will stand by itself."),)
    if writing.status == 200 and context["decision"] not in MAY:
        writing.status = 403
    context |= {"writing": writing, "answered": answered, "to": str(answered.pk) if answered else ""}
    context["answered_html"] = rendered(answered.comment) if answered else ""
    context["warnings"] = warnings.unread(request.member) if request.member else []
    template = "comments/form.html" if is_fragment(request) else "comments/write.html"
    return render(request, template, context, status=writing.status)


def row(request: NewsRequest, subject: Subject, reply: Reply, *, status: int = 200) -> HttpResponse:
    """The reply as its reader sees it under the story, to be put in its place. `Location`: where it stands."""
    found = Reply.objects.with_people(request.now, request.reader.member_id).get(pk=reply.pk)
    feelings = {found.pk: Feeling(found.score, found.is_liked)}  # type: ignore[attr-defined]  # annotated by with_people
    html = html_of(lines_of(rows_of([found])), feelings, Looker.of(request, around(request, subject)))
    where = f"{reply.get_absolute_url()}#reply-{reply.pk}"
    return HttpResponse(html, status=status, headers={"Location": where})


def editing(
    request: NewsRequest, subject: Subject, reply: Reply, form: EditForm, *, status: int | None = None
) -> HttpResponse:
    """The page for changing one's own reply, with how it would look where that was asked. It says how long it may."""
    minutes = minutes_left(reply, request.now)
    context: dict[str, Any] = {"subject": subject, "form": form, "reply": reply, "minutes": minutes}
    if form.is_valid():
        context["preview"] = previewed(form.cleaned_data["comment"], request)
    if status is None:
        may = reply.may_edit(request.reader.member_id, request.now)
        status = 422 if form.errors else 200 if may else 403
    return render(request, "comments/edit.html", context, status=status)


def _with_quotation(answered: Reply | None, text: str) -> str:
    """`text` after a quotation of what it answers."""
    return f"{texts.quoted(answered.comment)}\n\n{text}" if answered else text
