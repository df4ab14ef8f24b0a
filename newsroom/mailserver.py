"""The mail server: one connection for a batch, and what became of each message given to it, in five words.

Who hands a message over says what to do right before its text leaves us (`begun`): over SMTP between the server's
354 and the text, since a server that has answered nothing but that has taken nothing (RFC 5321, 4.1.1.4); to a
provider's API right before the request. What is known never exceeds the answer: only a 250 after the text, or a
provider's "queued" or "sent" for this very recipient, is an acceptance.
"""

import re
import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import requests
from anymail.backends.base import AnymailBaseBackend, BasePayload
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

TAKING_SECONDS = 300  # for the 250 after the text, which a server may think about for ten minutes (RFC 5321, 4.5.3.2.6)
WORDS = 200  # of what a server says are kept
DJANGOS = "django.core.mail.backends.smtp.EmailBackend"
OURS = "newsroom.mailserver.EmailBackend"
ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
GO_ON, CLOSING = 354, 421
UNFIT = (400, 413, 422)  # what an API answers to a message it cannot take
BROKE_DOWN = (500, 502, 504)  # and when it may have taken the message nevertheless

Begun = Callable[[], bool]


class Result(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"  # the server answers for it from now on
    REFUSED = "refused"  # for good
    LATER = "later"  # refused for a reason that may pass
    DOWN = "down"  # not taken, and not for this message's sake
    UNSURE = "unsure"  # the text left us, no answer came
    CALLED_OFF = "called off"  # `begun` said so; nothing left us


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mail server made of one message: its own words without addresses, its own name for it if it has one."""

    result: Result
    words: str = ""
    message_id: str = ""


class _CalledOffError(Exception):
    """Somebody else has the message, or nobody wants it sent any more: no text may leave us."""


class _Asking:
    """Of an SMTP connection: asks `begun` once the server has said 354, and gives it time for the answer."""

    asked: "EmailBackend"
    sock: Any

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()  # type: ignore[misc]  # of smtplib.SMTP
        if code == GO_ON:  # answers nothing but DATA
            if not self.asked.begun():
                raise _CalledOffError
            self.sock.settimeout(max(TAKING_SECONDS, settings.EMAIL_TIMEOUT))
        return code, words

    def data(self, msg: Any) -> Any:
        before = self.sock.gettimeout() if self.sock else None
        try:
            return super().data(msg)  # type: ignore[misc]  # as above
        finally:
            if self.sock:
                self.sock.settimeout(before)


class _Plain(_Asking, smtplib.SMTP):
    pass


class _Secure(_Asking, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's own, over a connection that asks right before a text is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begun: Begun = lambda: True

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Ours, encrypted from its first byte or not."""
        return _Secure if self.use_ssl else _Plain

    def open(self) -> bool | None:
        """As Django's; the new connection knows whom to ask."""
        opened = super().open()
        if isinstance(self.connection, _Asking):
            self.connection.asked = self
        return opened

    def drop(self) -> None:
        """Hang up without a word: what was said last may have been half a message."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Line:
    """A connection to the mail server, or to a provider's API, opened by its first message and closed at the end.

    A context manager. After DOWN and UNSURE the next message opens a new one.
    """

    def __init__(self) -> None:
        self._backend: Any = get_connection(OURS if settings.EMAIL_BACKEND == DJANGOS else None)
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._hang_up()
        elif self._is_open:
            self._is_open = False
            try:
                self._backend.close()
            except (smtplib.SMTPException, OSError):  # everything is settled; it may go without a farewell
                self._hang_up()

    def hand_over(self, message: EmailMessage, begun: Begun, *, name: str = "") -> Answer:
        """Give `message`, for one recipient, to the server; `begun` is asked last of all, once at most.

        `name`: our own for the message, told back by a provider's events as metadata `mailing`, where it keeps such.
        Raises what `begun` raises, and ValueError for a message that cannot be put into bytes.
        """
        has_begun = False

        def ask() -> bool:
            nonlocal has_begun
            has_begun = begun()
            return has_begun

        try:
            return self._given(message, ask, name)
        except _CalledOffError:
            answer = Answer(Result.CALLED_OFF)
        except AnymailConfigurationError as error:
            answer = Answer(Result.DOWN, _shortened(str(error)))
        except AnymailError as error:
            answer = _of_provider(error, message)
        except (smtplib.SMTPException, OSError) as error:
            answer = _of_smtp(error, has_begun)
        except ValueError:
            if _is_address(message.to[0]):
                raise
            answer = Answer(Result.REFUSED, "not an address")
        except BaseException:
            self._hang_up()
            raise
        if answer.result in (Result.DOWN, Result.UNSURE, Result.CALLED_OFF):
            self._hang_up()
        return answer

    def _given(self, message: EmailMessage, begun: Begun, name: str) -> Answer:
        """Over SMTP the connection asks `begun`, otherwise we do."""
        backend = self._backend
        if not self._is_open:
            backend.open()
            self._is_open = True
        if isinstance(backend, EmailBackend):
            backend.begun = begun
            backend.send_messages([message])
            return Answer(Result.ACCEPTED)
        if isinstance(backend, AnymailBaseBackend):
            _prepare(message, backend, name)
        if not begun():
            raise _CalledOffError
        taken = backend.send_messages([message])
        if hasattr(message, "anymail_status"):
            return _told(message)
        return Answer(Result.ACCEPTED) if taken else Answer(Result.REFUSED, "not taken")

    def _hang_up(self) -> None:
        self._is_open = False
        if isinstance(self._backend, EmailBackend):
            self._backend.drop()
        else:
            self._backend.close()


def _of_smtp(error: Exception, has_begun: bool) -> Answer:
    """What an SMTP server's refusal, or its silence, means."""
    code: int
    words: bytes | str
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
        case smtplib.SMTPDataError():
            code, words = error.smtp_code, error.smtp_error
        case smtplib.SMTPServerDisconnected() if has_begun:
            return Answer(Result.UNSURE, "the mail server hung up instead of answering")
        case smtplib.SMTPResponseException():  # our sender, our password, its greeting
            return Answer(Result.DOWN, _shortened(_said(error.smtp_code, error.smtp_error)))
        case smtplib.SMTPException():
            return Answer(Result.DOWN, _shortened(str(error)))
        case _:
            words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return Answer(Result.UNSURE if has_begun else Result.DOWN, _shortened(words))
    told = _shortened(_said(code, words))
    if code == CLOSING:
        return Answer(Result.DOWN, told)
    return Answer(Result.REFUSED if code >= 500 else Result.LATER, told)


def _prepare(message: Any, backend: AnymailBaseBackend, name: str) -> None:
    """What a provider is asked for: our name in its events, and no tracking of readers. Only what it knows of."""
    if name and _can(backend, "metadata"):
        message.metadata = {"mailing": name}
    for way in ("track_opens", "track_clicks"):
        if _can(backend, way):
            setattr(message, way, False)


def _can(backend: AnymailBaseBackend, feature: str) -> bool:
    """Whether the provider's payload says how to ask for `feature`; anymail refuses the whole message otherwise."""
    unable = getattr(BasePayload, f"set_{feature}")
    kinds = [kind for kind in vars(sys.modules[type(backend).__module__]).values() if isinstance(kind, type)]
    return any(issubclass(kind, BasePayload) and getattr(kind, f"set_{feature}") is not unable for kind in kinds)


def _told(message: Any) -> Answer:
    """What a provider's answer says of the message's recipient."""
    status = message.anymail_status
    of_recipient = next(iter(status.recipients.values()), None)
    name = str((of_recipient and of_recipient.message_id) or status.message_id or "")[:WORDS]
    match of_recipient and of_recipient.status:
        case "queued" | "sent":
            return Answer(Result.ACCEPTED, message_id=name)
        case "rejected" | "invalid" | "failed" as word:
            return Answer(Result.REFUSED, f"{word} by the provider", name)
        case None if of_recipient is None:  # called off by a receiver of anymail's signal
            return Answer(Result.REFUSED, "not taken")
        case word:
            return Answer(Result.UNSURE, f"the provider answered {word}", name)


def _of_provider(error: AnymailError, message: EmailMessage) -> Answer:
    """What a provider's refusal means: of this recipient, of this message, of us, or nothing at all."""
    words = _shortened(str(error))
    if isinstance(error, AnymailRecipientsRefused):
        return _told(message)
    if isinstance(error, AnymailInvalidAddress):
        return Answer(Result.REFUSED, "not an address")
    if not isinstance(error, AnymailAPIError):  # a message this provider has no form for
        return Answer(Result.DOWN, words)
    code = error.status_code
    if code is None:
        return Answer(Result.DOWN if _never_reached(error) else Result.UNSURE, words)
    if code in BROKE_DOWN or code < 300:  # it did something; we cannot read what
        return Answer(Result.UNSURE, words)
    return Answer(Result.REFUSED if code in UNFIT else Result.DOWN, words)


def _never_reached(error: AnymailError) -> bool:
    """Whether no connection came about. One that broke may have carried the message."""
    cause = error.__cause__
    return isinstance(cause, requests.ConnectTimeout) or "NewConnectionError" in str(cause)


def _is_address(text: str) -> bool:
    try:
        sanitize_address(text, settings.DEFAULT_CHARSET)
    except ValueError:
        return False
    return True


def _said(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"


def _shortened(words: str) -> str:
    """In one line, without anybody's address."""
    return ADDRESS.sub("<…>", " ".join(words.split()))[:WORDS]
