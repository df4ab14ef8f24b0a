"""The tour: six people with one-click sign-in, the mailbox, the fake Stripe. In development only: its
addresses exist where `DEMO_TOUR` is set, and settings refuse that without DEBUG."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_POST

from articles.models import Article, Author, FrontSlot
from comments.models import Reply
from members.models import Member
from members.same_origin import same_origin_post
from newsroom.caching import private
from newsroom.demo.people import PEOPLE, person_named

SHOWN_MAILS = 40
RICH = "low-note-on-the-east-basin"
TALKED_OF = "opinion-a-quay-is-not-a-view"
WRITER = person_named("writer")


@dataclass(frozen=True)
class Mail:
    """A mail of the development mailbox."""

    name: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


@private
def tour(request: HttpRequest) -> HttpResponse:
    """The page that shows a stranger around."""
    live = Article.objects.live(request.now).for_lists().newest_first()  # type: ignore[attr-defined]  # NewsRequest
    mails = read_mailbox()
    stops = {
        audience: live.filter(audience=audience).order_by("-is_lead", "-published_at").first()
        for audience in ("everyone", "metered", "patrons")
    }
    context = {
        "people": PEOPLE,
        "signed_in_as": getattr(request.member, "email", ""),  # type: ignore[attr-defined]  # NewsRequest
        "mail_count": len(mails),
        "newest_mail": mails[0] if mails else None,
        "stripe_control": f"{settings.STRIPE_API_BASE}/control",
        "stops": stops,
        **stops_on_the_desk(request.now),  # type: ignore[attr-defined]  # NewsRequest
        "held": Reply.objects.held().count(),
    }
    return render(request, "newsroom/tour.html", context)


def stops_on_the_desk(now: datetime) -> dict[str, Article | None]:
    """The stories the desk's stops lead to, each None where there is none: `rich` shows every kind of node,
    `talked_of` has a long discussion."""
    stories = Article.objects.without_text()
    written = Author.objects.filter(member__email=WRITER.email) if WRITER else Author.objects.none()
    return {
        "rich": stories.live(now).filter(audience="everyone", slug=RICH).first(),
        "talked_of": stories.live(now).filter(slug=TALKED_OF).first(),
        "draft": stories.filter(status=Article.Status.DRAFT, authors__in=written).first(),
        "running": stories.live(now).filter(coverage=Article.Coverage.RUNNING).newest_first().first(),
        "waiting": stories.scheduled(now).filter(front_slot__place=FrontSlot.Place.LEAD).first(),
    }


@private
@require_POST
@same_origin_post
def become(request: HttpRequest, key: str) -> HttpResponse:
    """Sign in as one of the six, or out as the anonymous reader."""
    person = person_named(key)
    if person is None:
        raise Http404
    logout(request)
    if person.email:
        member = get_object_or_404(Member, email=person.email)
        login(request, member, backend=settings.AUTHENTICATION_BACKENDS[0])
    response = HttpResponseRedirect(person.lands_on)
    if not person.email:
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
    return response


@private
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest mails the site sent."""
    return render(request, "newsroom/mailbox.html", {"mails": read_mailbox()})


@private
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its text, and its HTML in a sandboxed frame's stead as source the browser renders."""
    found = next((item for item in read_mailbox() if item.name == name), None)
    if found is None:
        raise Http404
    if "html" in request.GET:
        response = HttpResponse(found.html)
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
        response._csp_exempt = True  # type: ignore[attr-defined]  # django-csp's own mark: the mail has its policy
        return response
    return render(request, "newsroom/mail.html", {"mail": found})


def read_mailbox() -> list[Mail]:
    """Mails of the file backend, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [mail for file in files[:SHOWN_MAILS] for mail in reversed(parse(file))]


def parse(file: Path) -> list[Mail]:
    """The mails of one file: the backend writes those of one connection below each other."""
    mails = []
    for number, raw in enumerate(file.read_bytes().split(b"-" * 79 + b"\n")):
        if not raw.strip():
            continue
        message = message_from_bytes(raw, policy=default_policy)
        mails.append(
            Mail(
                name=f"{file.stem}-{number}",
                to=str(message["To"]),
                subject=str(message["Subject"]),
                sent_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
                text=part(message, "plain"),
                html=part(message, "html"),
            )
        )
    return mails


def part(message: EmailMessage, subtype: str) -> str:
    """The message's body of one kind, or nothing."""
    body = message.get_body(preferencelist=(subtype,))
    return str(body.get_content()) if body is not None else ""


urlpatterns = [
    path("tour/", tour, name="tour"),
    path("tour/be/<slug:key>/", become, name="tour_become"),
    path("tour/mail/", mailbox, name="tour_mailbox"),
    path("tour/mail/<str:name>/", mail, name="tour_mail"),
]
