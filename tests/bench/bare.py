"""The application to compare with: does nothing but hand out the bytes of the file named in `BENCH_ANSWER`."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_kept = json.loads(Path(os.environ["BENCH_ANSWER"]).read_text(encoding="utf-8"))
HEADERS = [(name, value) for name, value in _kept["headers"]]
BODY = bytes.fromhex(_kept["body"])


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The same answer to everybody."""
    start_response("200 OK", HEADERS)
    return [BODY]
