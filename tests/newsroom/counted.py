"""The site as production runs it, but that every render says its number: pages of one render were made once."""

import itertools
from collections.abc import Iterable
from typing import Any

from newsroom.pagecache import Environ
from newsroom.wsgi import application, inner

numbers = itertools.count(1)


def counted(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Django, with the number of this render in a header."""
    number = str(next(numbers))

    def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, ("X-Render", number)], *rest)

    answer: Iterable[bytes] = inner(environ, begin)
    return answer


application._application = counted
