"""Who is reading this request: `request.reader`, `request.now`, `request.meter`, made when first asked for.

An anonymous page never asks, so it touches neither session nor database for it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import BigAutoField, DateTimeField
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from members.gate import ANONYMOUS, Reader
from members.meter import Meter, opened_gifts
from members.models import Member
from newsroom.prepared import Prepared, Slot

if TYPE_CHECKING:
    from newsroom.furniture import Furniture

_BY_KEY: Prepared[Member] = Prepared(
    lambda: Member.objects.with_standing(Slot("now", DateTimeField())).filter(pk=Slot("pk", BigAutoField()))
)


class NewsRequest(HttpRequest):
    """A request as our views see it (for types only; requests are not made from this class)."""

    reader: Reader
    member: Member | None
    now: datetime
    meter: Meter
    furniture: "Furniture"


class MemberBackend(ModelBackend):
    """Django's backend, loading a member with rank and desk group in one query.

    allauth verifies e-mail codes and passwords itself; a password here serves the desk.
    """

    def get_user(self, user_id: Any) -> Member | None:
        """The member of a session with its standing; None if gone or inactive."""
        found = _BY_KEY.rows(pk=user_id, now=timezone.now())
        return found[0] if found and self.user_can_authenticate(found[0]) else None


class ReaderMiddleware:
    """Sets `now`, `reader`, `member` and `meter`; a member's language governs their private pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        """Give the request its reader and answer it."""
        request.now = timezone.now()
        request.member = SimpleLazyObject(lambda: member_of(request))
        request.reader = SimpleLazyObject(lambda: reader_of(request))
        request.meter = SimpleLazyObject(lambda: Meter.of(request))
        with translation.override(settings.LANGUAGE_CODE):
            return self.get_response(request)


def has_session(request: HttpRequest) -> bool:
    """Whether a session cookie came along; without one nobody is signed in and nothing is looked up."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def member_of(request: HttpRequest) -> Member | None:
    """The signed-in member, or None."""
    if not has_session(request) or not request.user.is_authenticated:
        return None
    return request.user


def reader_of(request: HttpRequest) -> Reader:
    """The gate's view of who is asking. Gifts come from the cookies of opened links."""
    gifts = opened_gifts(request)
    member = member_of(request)
    if member is None:
        return Reader(gifts=gifts) if gifts else ANONYMOUS
    if not hasattr(member, "current_rank"):  # signed in within this very request
        member = Member.objects.with_standing(timezone.now()).get(pk=member.pk)
    return member.as_reader(gifts)
