"""Idempotency keys: the first answer to a key is given again, a stored 500 included."""

import hashlib
from dataclasses import dataclass

from tests.fakestripe.refusals import Refused
from tests.fakestripe.state import State

NOT_KEPT = (400, 401, 409, 429, 503)  # refused before anything was begun: the key stays unused


@dataclass
class Keys:
    """The keys of one fake; kept in its state, those in use only in memory."""

    state: State

    def __post_init__(self) -> None:
        self.in_use: set[str] = set()

    def begin(self, key: str, method: str, path: str, body: str) -> tuple[int, str] | None:
        """The stored answer to a replay, or None when the request is to be carried out.

        Raises Refused when the key was used with other parameters, or is being used right now.
        """
        print_of = hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()
        with self.state.lock:
            kept = self.state.keys.get(key)
            if kept is not None and kept["print"] != print_of:
                raise Refused(
                    "Keys for idempotent requests can only be used with the same parameters they were first used "
                    f"with. Try using a key other than '{key}' if you meant to execute a different request.",
                    kind="idempotency_error",
                )
            if key in self.in_use:
                raise Refused(
                    "There is currently another in-progress request using this Idempotent Key (that probably means "
                    f"you submitted twice, and the other request is still going through): {key}.",
                    status=409, kind="idempotency_error", code="idempotency_key_in_use",
                )  # fmt: skip
            if kept is not None:
                return kept["status"], kept["body"]
            self.in_use.add(key)
            return None

    def finish(self, key: str, method: str, path: str, body: str, answer: tuple[int, str]) -> None:
        """Keep the answer, unless it was a refusal before anything was begun."""
        with self.state.lock:
            self.in_use.discard(key)
            if answer[0] not in NOT_KEPT and answer[0] > 0:
                print_of = hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()
                self.state.keys[key] = {"print": print_of, "status": answer[0], "body": answer[1]}
                self.state.save()
