"""What the money desk's own pages share: who may open them, how they are shown, where a verb comes back to."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from members.money.desk.base import MAY_ACT
from members.money.record.linking import LinkError
from members.money.record.refunding import RefundError
from members.money.stripe_api.errors import PaymentError

View = Callable[..., HttpResponse]


class StepError(Exception):
    """Why a step of the desk cannot be taken; fit to show."""


def for_managers(view: View) -> View:
    """Open to people who may manage the membership; the refusal says which permission that takes."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(MAY_ACT):
            raise PermissionDenied(MAY_ACT)
        return view(request, *args, **kwargs)

    return guarded


def page(request: HttpRequest, name: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """`members/desk/<name>.html` inside the desk's frame."""
    shown = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"members/desk/{name}.html", shown, status=status)


def answer_of(text: str) -> str:
    """The address of the answer to what was typed."""
    return f"{reverse('admin:members_money')}?{urlencode({'q': text})}"


def timeline_of(member_id: int | None) -> str:
    """The address of a member's timeline; empty where there is no member."""
    return reverse("admin:members_member_money", args=[member_id]) if member_id else ""


def merge_of(member_id: int, other_id: int) -> str:
    """The address of the page that makes one account of two."""
    return f"{reverse('admin:members_member_merge', args=[member_id])}?{urlencode({'with': other_id})}"


def back_to(address: str) -> HttpResponse:
    """303: what the verb changed is seen there."""
    return HttpResponseRedirect(address, status=303)


def tell(request: HttpRequest, step: Callable[[], str]) -> None:
    """Take a step and say what came of it; Stripe's refusals and ours are sentences as well."""
    try:
        messages.success(request, step())
    except (StepError, LinkError, RefundError) as error:
        messages.error(request, str(error))
    except PaymentError as error:
        messages.error(request, _("Stripe says: %(error)s") % {"error": error})
