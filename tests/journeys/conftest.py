"""The fixtures of tests that use a browser."""

from tests.browser.fixtures import browser, open_window, site

__all__ = ["browser", "open_window", "site"]
