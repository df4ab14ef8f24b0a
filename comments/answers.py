"""The answers that views of replies share: to a reply in its place, to signing in and back."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from comments.models import Reply


class SeeOther(HttpResponseRedirect):
    """What answers a form that was acted on."""

    status_code = 303


def to_reply(reply: Reply) -> HttpResponse:
    """Lead to the reply in its place."""
    return SeeOther(f"{reply.get_absolute_url()}#reply-{reply.pk}")


def sign_in(back: str) -> HttpResponse:
    """Sign in first, then come back."""
    return SeeOther(f"{reverse('account_login')}?{urlencode({'next': back})}")
