"""An operator's console and a customer's chat side by side, each in a browser window of its own."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.running import Running
from tests.e2e.widget import Widget

pytestmark = pytest.mark.browser


async def signed_in(browser: Browser, server: Running) -> Page:
    """A console whose operator has given the token."""
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{server.url}/console")
    await page.get_by_test_id("token").fill((server.home / "operator.token").read_text().strip())
    await page.get_by_test_id("operator-name").fill("Ada")
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("live")).to_have_text("Live")
    return page


async def test_a_person_answers_from_the_console_and_hands_back(
    parrot: Running, widget: Widget, browser: Browser
) -> None:
    console = await signed_in(browser, parrot)
    await widget.open(parrot.url)
    await widget.ask("say the bot speaks")
    await widget.page.get_by_test_id("ask-person").click()
    await console.get_by_test_id("conversation").first.click()
    await expect(console.get_by_test_id("owner")).to_have_attribute("data-owner", "queue")
    await console.get_by_test_id("take-over").click()
    await expect(widget.page.get_by_test_id("banner")).to_have_attribute("data-owner", "operator")
    await console.get_by_test_id("reply-text").fill("Hello, what is it about? <b>&amp;</b>")
    await console.get_by_test_id("reply").click()
    await expect(widget.bubble(widget.by("operator"))).to_have_text("Hello, what is it about? <b>&amp;</b>")
    await expect(widget.page.get_by_test_id("banner")).to_contain_text("Ada")
    await widget.say("A torn sleeve")
    await expect(console.get_by_test_id("transcript-message").last).to_contain_text("A torn sleeve")
    await console.get_by_test_id("hand-back").click()
    await expect(widget.page.get_by_test_id("banner")).to_be_hidden()
    assert await widget.ask("say the bot is back") == "the bot is back"
    await console.get_by_test_id("why").last.click()
    await expect(console.get_by_test_id("turn")).to_contain_text("parrot")


async def test_a_switch_in_the_console_changes_the_next_answer(
    parrot: Running, widget: Widget, browser: Browser
) -> None:
    console = await signed_in(browser, parrot)
    await widget.open(parrot.url)
    assert await widget.ask("say on") == "on"

    async def toggle() -> None:
        version = parrot.rows("SELECT max(version) AS version FROM routing")[0]["version"]
        await console.get_by_role("link", name="Routing").click()
        await console.get_by_test_id("toggle-parrot").click()
        await console.get_by_test_id("reason").fill("a test")
        await console.get_by_test_id("save-routing").click()
        await expect(console.get_by_test_id("routing-version")).to_have_text(f"Version {version + 1}")

    await toggle()
    assert await widget.ask("say off") == "own utter_fallback"
    await toggle()
    assert await widget.ask("say on again") == "on again"
    who = parrot.rows("SELECT who, why FROM routing ORDER BY version DESC LIMIT 1")[0]
    assert (who["who"], who["why"]) == ("Ada", "a test")


async def test_a_wrong_token_opens_nothing(parrot: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{parrot.url}/console")
    await page.get_by_test_id("token").fill("not-the-token")
    await page.get_by_test_id("operator-name").fill("Eve")
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_test_id("conversation")).to_have_count(0)
