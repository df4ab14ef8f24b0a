"""`python -m tests.fakestripe`: the fake as a process of its own, for the demo."""

import argparse
import signal
import threading
from pathlib import Path

from tests.fakestripe.fake import DEMO_KEY, FakeStripe


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="tests.fakestripe", description="A small fake of Stripe. No money moves.")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="JSON file that keeps everything between runs")
    parser.add_argument("--webhook", default=None, help="address that gets the events")
    parser.add_argument("--secret", default="whsec_demo", help="what webhooks are signed with")
    parser.add_argument("--key", default=DEMO_KEY, help="the only API key accepted; must be a test key")
    parser.add_argument("--return-origin", default="", help="origin the hosted pages send people back to")
    return parser.parse_args()


def main() -> None:
    """Serve until SIGINT or SIGTERM. Prints the base address in one line when ready."""
    given = arguments()
    if not given.key.startswith("sk_test_"):
        raise SystemExit("The fake takes test keys only (sk_test_…).")
    if given.state:
        given.state.parent.mkdir(parents=True, exist_ok=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    fake = FakeStripe(
        given.webhook, given.secret, key=given.key, state=given.state, return_origin=given.return_origin,
        port=given.port,
    )  # fmt: skip
    with fake:
        print(fake.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
