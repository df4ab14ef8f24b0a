"""The real site in this process: page cache, Django, a threaded server on a free port, and a Stripe."""

import mimetypes
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings as site_settings
from django.core import mail
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from members.models import Member
from newsroom import caching
from newsroom.pagecache import PageCache
from newsroom.pagestore import Listener, PageStore
from tests.fakestripe import FakeStripe

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
CODE = re.compile(r"\b\d{6}\b")
CALM: Any = SimpleNamespace(should_abort=lambda: False)  # what a job may ask of its worker: nobody ends it


@dataclass
class Site:
    """The running site as a test holds it."""

    url: str
    fake: FakeStripe
    store: PageStore

    def work(self) -> list[str]:
        """Do every job that is due, as the worker would, in this thread; their names. What fails raises."""
        done: list[str] = []
        while (job := due_jobs().first()) is not None:
            forget_jobs(job.pk)
            task = app.tasks[job.task_name]
            task(*([CALM] if task.pass_context else []), **job.args)
            done.append(job.task_name)
        return done

    def hear_stripe(self) -> None:
        """Let every event arrive that is on its way, and act on it."""
        assert self.fake.settle(), "Stripe's events did not arrive in time"
        self.work()

    def last_code(self, email: str) -> str:
        """The six digits of the newest mail to `email`."""
        letter = next(letter for letter in reversed(mail.outbox) if email in letter.to)
        found = CODE.search(str(letter.body))
        assert found, f"no code in {letter.body!r}"
        return found[0]

    def session_of(self, member: Member) -> str:
        """The session cookie of a member who is signed in."""
        client = Client()
        client.force_login(member)
        return str(client.cookies[site_settings.SESSION_COOKIE_NAME].value)

    def read(self, path: str) -> str:
        """The HTML an anonymous reader without a browser gets, whatever its status."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.read().decode())


def due_jobs() -> Any:
    """Jobs whose time has come, oldest first."""
    now = timezone.now()
    waiting = ProcrastinateJob.objects.filter(Q(scheduled_at=None) | Q(scheduled_at__lte=now), status="todo")
    return waiting.order_by("id")


def forget_jobs(job_id: int | None = None) -> None:
    """Take one job, or all, off the queue."""
    with connection.cursor() as cursor:
        if job_id is None:
            cursor.execute("DELETE FROM procrastinate_jobs")
        else:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])


class QuietHandler(WSGIRequestHandler):
    """Says nothing of what went well."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Nothing."""


def with_media(inner: Wsgi) -> Wsgi:
    """Serve uploaded files as the server in front would."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(site_settings.MEDIA_URL):
            return inner(environ, start_response)
        file = Path(site_settings.MEDIA_ROOT) / path.removeprefix(site_settings.MEDIA_URL)
        if not file.is_file():
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no such file"]
        start_response("200 OK", [("Content-Type", mimetypes.guess_type(file.name)[0] or "image/avif")])
        return [file.read_bytes()]

    return serve


@contextmanager
def running(settings: Any) -> Iterator[Site]:
    """The site, listening, with its Stripe; `settings` (pytest-django's) follow the ports. Needs a database.

    Jobs run when the test says so (`work`); webhooks come by themselves; mail is in `django.core.mail.outbox`.
    """
    forget_jobs()
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    url = f"http://127.0.0.1:{server.server_port}"
    with FakeStripe(f"{url}/stripe/webhook/", return_origin=url) as fake:
        follow_ports(settings, url, fake.url)
        store = PageStore(site_settings.PAGE_CACHE_BYTES)
        listener = Listener(store)
        server.set_app(with_media(PageCache(get_wsgi_application(), store, start=listener.start)))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Site(url, fake, store)
            assert fake.violations == []
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()
            listener.stop()
            caching.trust_followers(False)  # or later tests believe what this one heard


def follow_ports(settings: Any, url: str, stripe: str) -> None:
    """The settings of a site at `url` whose Stripe is at `stripe`."""
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    allowed, before = policy["DIRECTIVES"]["form-action"], settings.STRIPE_HOSTED_ORIGINS
    policy["DIRECTIVES"]["form-action"] = [stripe if origin in before else origin for origin in allowed]
    settings.CONTENT_SECURITY_POLICY = policy
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_MAX_AGE = 600  # a window asks for each style and script once
    settings.DEBUG = True  # the fake Stripe is only ever spoken to in development
    settings.SITE_URL = url
    settings.STRIPE_API_BASE = stripe
    settings.STRIPE_HOSTED_ORIGINS = [stripe]
