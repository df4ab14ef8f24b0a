"""Why the content API gives no answer, as RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457) has it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse


class ProblemError(Exception):
    """No answer: the status, a sentence, and what else there is to say (members of the problem object, headers)."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more

    @classmethod
    def about(cls, parameter: str, detail: str) -> "ProblemError":
        """400: one parameter cannot be read."""
        return cls(400, f"{parameter}: {detail}", errors=[{"parameter": parameter, "detail": detail}])

    def answer(self, request: HttpRequest) -> JsonResponse:
        """It as a response."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
            **self.more,
        }
        return JsonResponse(
            body, status=self.status, content_type="application/problem+json", headers=self.headers,
            json_dumps_params={"ensure_ascii": False},
        )  # fmt: skip
