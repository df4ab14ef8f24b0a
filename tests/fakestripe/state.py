"""What the fake remembers: objects, what stays unseen behind them, its clock, and where it is kept.

An *object* is what the API serves; `hidden` holds by the same id what Stripe knows and never shows
(a Session's line items, whether a customer's card works). All changes happen inside `change()`,
which holds the one lock, hands the events of the change to delivery as a batch, and saves.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakestripe.refusals import no_such

Json = dict[str, Any]
DAY = 86_400

# Moments that ageing shifts, wherever they sit in an object (seconds since 1970).
MOMENTS = {
    "billing_cycle_anchor", "cancel_at", "canceled_at", "created", "current_period_end",
    "current_period_start", "due_by", "effective_at", "end", "ended_at", "finalized_at", "next_payment_attempt",
    "paid_at", "period_end", "period_start", "resumes_at", "start", "start_date", "transitioned_at",
    "trial_end", "trial_start", "voided_at", "webhooks_delivered_at", "expires_at", "end_date", "released_at",
    "marked_uncollectible_at", "completed_at",
}  # fmt: skip
AGEING = ("customer", "subscription", "subscription_schedule", "discount", "invoice", "invoice_payment",
          "payment_intent", "charge")  # fmt: skip


class State:
    """All of the fake's memory. `path`: a JSON file that keeps it between runs, or None.

    `clock` answers seconds since 1970; `skew` is what `advance` added to it.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        self.url = "http://127.0.0.1"
        self.lock = threading.RLock()
        self.objects: dict[str, Json] = {}
        self.hidden: dict[str, Json] = {}
        self.keys: dict[str, Json] = {}
        self.settings: Json = {"skew": 0, "dunning_end": "cancel", "draft_seconds": 0}
        self.kinds: dict[str, dict[str, Json]] = {}
        self.batch: list[str] = []
        self.violations: list[str] = []
        self.hand_over: Callable[[list[str]], None] = lambda batch: None
        self.in_request: Json | None = None
        self.ageing = False
        self._moment: int | None = None
        self._depth = 0
        self._load()

    def now(self) -> int:
        """The fake's own time, in seconds since 1970."""
        return self._moment if self._moment is not None else int(self.clock()) + int(self.settings["skew"])

    def event_time(self) -> int:
        """When an event is dated: its moment; while ageing, real time, for only objects move into the past."""
        return int(self.clock()) + int(self.settings["skew"]) if self.ageing else self.now()

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Let `now()` answer `moment` while things that fell due then are done."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change, nothing else in between. Its events leave as one batch when it ends."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    batch, self.batch = self.batch, []
                    self.hand_over(batch)
                    self.save()

    def new_id(self, prefix: str) -> str:
        """A fresh random id such as `cus_9f0c…`."""
        return f"{prefix}_{secrets.token_hex(10)}"

    def put(self, thing: Json, **hidden: Any) -> Json:
        """Store a new object with what is to stay unseen; returns it."""
        self.objects[thing["id"]] = thing
        self.kinds.setdefault(thing["object"], {})[thing["id"]] = thing
        self.hidden[thing["id"]] = hidden
        return thing

    def get(self, ident: str, kind: str, *, param: str = "id", status: int = 404) -> Json:
        """The object of that id and kind, or the refusal Stripe answers (`resource_missing`)."""
        found = self.kinds.get(kind, {}).get(ident)
        if found is None:
            raise no_such(kind, ident, param=param, status=status)
        return found

    def named(self, params: Json, param: str, kind: str) -> Json | None:
        """The object a request's parameter names, or None when it names none (400 if unknown)."""
        ident = params.get(param)
        found = self.get(ident, kind, param=param, status=400) if ident else None
        if found is not None and found.get("deleted"):
            raise no_such(kind, str(ident), param=param, status=400)
        return found

    def every(self, kind: str) -> list[Json]:
        """All objects of a kind, newest first."""
        return list(reversed(self.kinds.get(kind, {}).values()))

    def behind(self, ident: str) -> Json:
        """What is remembered but not served about an object."""
        return self.hidden.setdefault(ident, {})

    def age(self, seconds: int) -> None:
        """Shift every moment of customers, subscriptions, invoices and payments into the past."""
        for kind in AGEING:
            for thing in self.every(kind):
                shift(thing, seconds)
                shift(self.behind(thing["id"]), seconds)

    def save(self) -> None:
        """Write everything to the file, whole or not at all."""
        if self.path is None:
            return
        kept = {"objects": self.objects, "hidden": self.hidden, "keys": self.keys, "settings": self.settings}
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(kept), encoding="utf-8")
        beside.chmod(0o600)
        beside.replace(self.path)

    def _load(self) -> None:
        if self.path is None or not self.path.exists():
            return
        kept = json.loads(self.path.read_text(encoding="utf-8"))
        self.hidden, self.keys = kept["hidden"], kept["keys"]
        self.settings |= kept["settings"]
        for thing in kept["objects"].values():
            self.put(thing, **self.hidden.get(thing["id"], {}))


def copied(value: Any) -> Any:
    """A deep copy of plain JSON, several times as fast as `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def shift(value: Any, seconds: int) -> None:
    """Move every known moment inside `value` back by `seconds`, in place."""
    if isinstance(value, list):
        for each in value:
            shift(each, seconds)
    elif isinstance(value, dict) and value.get("object") not in ("price", "plan", "product", "coupon"):
        for key, each in value.items():
            if key in MOMENTS and isinstance(each, int):
                value[key] = each - seconds
            elif key != "metadata":
                shift(each, seconds)


def merge_metadata(thing: Json, params: Json) -> None:
    """Stripe's rule: keys are merged, an empty value removes one, an empty map removes all."""
    if "metadata" not in params:
        return
    if params["metadata"] == "":
        thing["metadata"] = {}
        return
    merged = {**(thing.get("metadata") or {}), **params["metadata"]}
    thing["metadata"] = {key: value for key, value in merged.items() if value != ""}
