"""The operators' console as an operator meets it, in a real browser."""

import os

from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.running import Running

_WAITING = os.getloadavg()[0] / (os.cpu_count() or 1)
AT_ONCE_MS = 1000 * max(1.0, _WAITING)
"""What one operator does is seen by all others within this time: a second, where the machine has it to give."""


class Console:
    """One operator's window; an error of its scripts is kept."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def open(
        cls, browser: Browser, server: Running, name: str = "Ada", *, width: int = 1280, token: str = ""
    ) -> "Console":
        """Sign in; with the home folder's token unless another is given."""
        context = await browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB")
        context.set_default_timeout(15_000)
        console = cls(await context.new_page(), name)
        await console.page.goto(f"{server.url}/console")
        await console.at("token").fill(token or (server.home / "operator.token").read_text().strip())
        await console.at("operator-name").fill(name)
        await console.at("sign-in").click()
        await expect(console.at("live")).to_have_text("Live")
        return console

    def at(self, testid: str) -> Locator:
        """What carries a test id."""
        return self.page.get_by_test_id(testid)

    def row(self, conversation_id: str) -> Locator:
        """A conversation in the list."""
        return self.page.locator(f'[data-testid="conversation"][data-id="{conversation_id}"]')

    @property
    def messages(self) -> Locator:
        """The open conversation's messages."""
        return self.at("transcript-message")

    async def choose(self, conversation_id: str) -> None:
        """Open a conversation from the list."""
        await self.row(conversation_id).click()
        await expect(self.at("owner")).to_be_visible()

    async def go(self, route: str) -> None:
        """Go to a page by its address."""
        await self.page.evaluate("route => { location.hash = '#/' + route }", route)

    async def hand_back(self, summary: str) -> None:
        """Hand the open conversation back with a summary of one's own."""
        await self.at("hand-back").click()
        await self.at("summary").fill(summary)
        await self.at("confirm-hand-back").click()

    async def confirm(self) -> None:
        """Say yes in the dialog that asks."""
        await self.at("confirm-yes").locator("visible=true").click()

    async def save_routing(self, why: str) -> None:
        """Save what was edited, and wait until it is in force."""
        await self.at("reason").fill(why)
        await self.at("save-routing").click()
        await expect(self.at("save-routing")).to_have_count(0)

    async def close(self) -> None:
        """Leave; scripts must have been without errors."""
        await self.page.context.close()
        assert self.complaints == []
