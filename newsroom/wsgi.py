"""The WSGI application: Django behind the page cache."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
inner = get_wsgi_application()

from django.conf import settings  # noqa: E402 - settings are there once Django is set up

from articles.reads import tally  # noqa: E402 - as above
from newsroom import caching  # noqa: E402 - as above
from newsroom.pagecache import PageCache  # noqa: E402 - as above
from newsroom.pagestore import Listener, PageStore  # noqa: E402 - as above

store = PageStore(settings.PAGE_CACHE_BYTES)
caching.also_drop(store.drop)


def begin() -> None:
    """What a serving process does besides answering: hear what fell, write what was read."""
    Listener(store).start()
    tally.begin()


application = PageCache(inner, store, start=begin)
