"""Where a Chromium is on this machine, and how the tests start it."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NONE_FOUND = "NO CHROMIUM ON THIS MACHINE: the browser tests do not run. `sh .ci/browser` looks for one."


class NoChromiumError(Exception):
    """There is no Chromium to start."""


def installed() -> str | None:
    """The path of a Chromium of this machine; None leaves it to playwright's own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(ON_MACOS) if ON_MACOS.exists() else None)


def start(playwright: Playwright) -> Browser:
    """A running headless Chromium. Raises NoChromiumError where there is none."""
    path = installed()
    if path is None and not Path(playwright.chromium.executable_path).exists():
        raise NoChromiumError(NONE_FOUND)
    try:
        return playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
    except PlaywrightError as error:
        raise NoChromiumError(f"Chromium does not start: {error}") from error


def must_have_one() -> bool:
    """Whether its absence is a failure, as in CI, instead of a skip."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
