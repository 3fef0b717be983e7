"""The chat widget as a customer meets it, in a real browser."""

from playwright.async_api import Locator, Page, expect

FINAL = '[data-testid="message"][data-state="final"]'
STREAMING = '[data-testid="message"][data-state="streaming"]'


class Widget:
    """One page with the chat on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, url: str) -> "Widget":
        """Load the shop's page and open the chat."""
        await self.page.goto(url)
        await self.page.get_by_test_id("launcher").click()
        await expect(self.composer).to_be_visible()
        return self

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_test_id("composer")

    @property
    def messages(self) -> Locator:
        """Whatever is said so far, finished."""
        return self.page.locator(FINAL)

    @property
    def streaming(self) -> Locator:
        """What is being said."""
        return self.page.locator(STREAMING)

    def by(self, role: str) -> Locator:
        """Finished messages of the customer, the bot or the operator."""
        return self.page.locator(f'{FINAL}[data-role="{role}"]')

    def bubble(self, message: Locator) -> Locator:
        """The text of a message, without time and thumbs."""
        return message.locator(".bubble")

    async def say(self, text: str) -> None:
        """Write and send."""
        await self.composer.fill(text)
        await self.page.get_by_test_id("send").click()

    async def ask(self, text: str) -> str:
        """Write, send, and read the bot's answer."""
        before = await self.by("bot").count()
        await self.say(text)
        await expect(self.by("bot")).to_have_count(before + 1, timeout=30_000)
        return await self.bubble(self.by("bot").last).inner_text()

    async def transcript(self) -> list[tuple[str, str]]:
        """Everything that was said: role and text."""
        found = []
        for message in await self.messages.all():
            role = await message.get_attribute("data-role")
            found.append((role or "", await self.bubble(message).inner_text()))
        return found
