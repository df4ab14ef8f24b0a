"""A window of the browser on the site: what a person does in it, and what went wrong meanwhile."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from members.models import Member
from tests.browser.site import Site

PATIENCE = 20_000  # milliseconds


@dataclass
class Window:
    """One person's window. `complaints`: console errors, CSP violations, script errors, answers ≥ 400."""

    site: Site
    context: BrowserContext
    has_script: bool
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        about = message.location["url"]  # the fake has no favicon, and its pages are not ours
        if message.type in ("error", "warning") and not about.startswith(self.site.fake.url):
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.url.startswith(self.site.url):
            self.complaints.append(f"{response.status} at {response.url}")

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(f"{self.site.url}{path}")

    def follow(self, name: str, within: str = "body") -> None:
        """Click the first link of that name."""
        self.page.locator(within).get_by_role("link", name=name, exact=True).first.click()

    def press(self, name: str, within: str = "body") -> None:
        """Press the button of that name."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def sees(self, text: str, within: str = "body", seconds: float = PATIENCE / 1000) -> None:
        """Fail unless the text can be seen within so many seconds."""
        expect(self.page.locator(within).get_by_text(text).first).to_be_visible(timeout=seconds * 1000)

    def misses(self, text: str, within: str = "body") -> None:
        """Fail if the text is on the page."""
        expect(self.page.locator(within).get_by_text(text)).to_have_count(0)

    def main(self, selector: str) -> Locator:
        """Something in the main part of the page."""
        return self.page.locator("main").locator(selector)

    def said(self) -> str:
        """Where the window is, what it shows, and its complaints: for whoever reads a failure."""
        shown = self.page.locator("body").inner_text(timeout=1000)
        return "\n".join([f"--- {self.page.url}", shown[:1200], *self.complaints])

    def sign_in_as(self, member: Member) -> None:
        """Have this window's person signed in, without the form."""
        cookie: Any = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": self.site.session_of(member),
            "url": self.site.url,
        }
        self.context.add_cookies([cookie])
