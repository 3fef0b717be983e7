"""Operators' consoles and customers' chats side by side, each in a browser window of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import serious
from tests.e2e.chatting import Chat
from tests.e2e.conftest import AsOperator, OpenChat
from tests.e2e.console import AT_ONCE_MS, Console
from tests.e2e.demo_shop import ROPE_QUESTION
from tests.e2e.running import Running
from tests.e2e.widget import Widget
from training.harvest.labels import harvest
from training.harvest.logged import read_logged

pytestmark = pytest.mark.browser

SignIn = Callable[..., Awaitable[Console]]


@pytest.fixture
async def sign_in(browser: Browser) -> AsyncIterator[SignIn]:
    """Opens consoles that are closed at the end: `await sign_in(server, "Ben", width=390)`."""
    consoles: list[Console] = []

    async def make(server: Running, name: str = "Ada", **more: Any) -> Console:
        consoles.append(await Console.open(browser, server, name, **more))
        return consoles[-1]

    yield make
    for console in consoles:
        await console.close()


@pytest.fixture
async def customers(browser: Browser, parrot: Running) -> AsyncIterator[list[Widget]]:
    """Three customers with the chat open."""
    widgets = []
    for _ in range(3):
        context = await browser.new_context(locale="en-GB")
        context.set_default_timeout(15_000)
        widgets.append(await Widget(await context.new_page()).open(parrot.url))
    yield widgets
    for widget in widgets:
        await widget.page.context.close()
        assert widget.complaints == []


def newest(server: Running) -> str:
    """Id of the conversation that began last."""
    return str(server.rows("SELECT id FROM conversations ORDER BY id DESC LIMIT 1")[0]["id"])


async def test_two_operators_and_three_customers_at_once(
    parrot: Running, sign_in: SignIn, customers: list[Widget]
) -> None:
    ada, ben = await sign_in(parrot), await sign_in(parrot, "Ben")
    first, second, third = customers
    await ada.at("duty").click()
    await expect(ben.at("on-duty")).to_contain_text("Ada")
    await first.say("count 100 60")
    await expect(first.streaming).to_be_visible()
    streaming = newest(parrot)
    assert await third.ask("say the bot speaks") == "the bot speaks"
    spoken = newest(parrot)

    await ada.choose(streaming)
    await ben.choose(streaming)
    await ada.at("take-over").click()
    await expect(ada.at("owner")).to_have_attribute("data-operator", "Ada")
    await expect(ben.at("owner")).to_have_attribute("data-operator", "Ada", timeout=AT_ONCE_MS)
    await expect(ben.row(streaming)).to_contain_text("Ada", timeout=AT_ONCE_MS)
    await expect(first.streaming).to_have_count(0)
    await expect(first.page.get_by_test_id("banner")).to_have_attribute("data-owner", "operator")

    await second.say("is a person there?")
    await second.page.get_by_test_id("ask-person").click()
    for console in (ada, ben):
        await expect(console.at("queue-figures")).to_contain_text("1 waiting")
        await expect(console.page).to_have_title("(1) Chats · Switchboard")
        await expect(console.at("announced")).to_contain_text("is a person there?")

    await ada.at("reply-text").fill("Hello, what is it about? <b>&amp;</b>")
    await ada.page.keyboard.press("Enter")
    await expect(ben.messages.last).to_contain_text("<b>&amp;</b>")
    await expect(first.bubble(first.by("operator"))).to_have_text("Hello, what is it about? <b>&amp;</b>")
    await expect(first.page.get_by_test_id("banner")).to_contain_text("Ada")
    assert await first.by("bot").count() == 0, "no bot message follows a take-over"

    await ada.hand_back("Wanted to see us count.")
    await expect(ada.at("owner")).to_have_attribute("data-owner", "bot")
    await expect(ben.at("owner")).to_have_attribute("data-owner", "bot", timeout=AT_ONCE_MS)
    await expect(ben.at("note")).to_contain_text("Wanted to see us count.", timeout=AT_ONCE_MS)
    await expect(first.page.get_by_test_id("banner")).to_be_hidden()
    assert await first.ask("say the bot is back") == "the bot is back"

    await correct(ben, ada, spoken)
    learned = harvest(read_logged(parrot.home / "switchboard.sqlite3"), cap=100)
    assert ("say the bot speaks", "small_talk") in {(row.text, row.intent) for row in learned.labelled}


async def correct(by: Console, seen_by: Console, conversation_id: str) -> None:
    """Correct the intent of a conversation's only turn before another's eyes."""
    await seen_by.choose(conversation_id)
    await by.choose(conversation_id)
    await by.at("tab-correct").click()
    await seen_by.at("tab-correct").click()
    await by.at("label-intent").fill("small talk")
    await by.page.keyboard.press("Enter")
    await by.at("correct").click()
    await expect(by.at("label")).to_contain_text("small_talk")
    await expect(seen_by.at("label")).to_contain_text(f"by {by.name}", timeout=AT_ONCE_MS)


async def test_what_a_colleague_has_is_taken_over_knowingly(
    parrot: Running, sign_in: SignIn, chat: OpenChat, operator: AsOperator
) -> None:
    customer = await chat(parrot)
    await customer.ask("say hello")
    ada = await sign_in(parrot)
    await ada.choose(customer.conversation_id)
    path = f"/api/conversations/{customer.conversation_id}/take-over"
    response = await operator(parrot).post(path, json={"operator": "Ben"})
    assert response.status_code == 200
    await expect(ada.at("owner")).to_have_attribute("data-operator", "Ben", timeout=AT_ONCE_MS)
    await expect(ada.at("refused")).to_contain_text("Ben talks to this customer")
    await ada.at("take-over").click()
    await expect(ada.page.get_by_role("heading", name="Take over from Ben?")).to_be_visible()
    await ada.confirm()
    await expect(ada.at("owner")).to_have_attribute("data-operator", "Ada")


async def test_a_transcript_is_kept_and_a_customer_forgotten(parrot: Running, sign_in: SignIn, chat: OpenChat) -> None:
    customer = await chat(parrot)
    await customer.ask("say remember me")
    ada = await sign_in(parrot)
    await ada.choose(customer.conversation_id)
    await ada.at("download").click()
    async with ada.page.expect_download() as saved:
        await ada.at("download-text").click()
    assert "say remember me" in Path(await (await saved.value).path()).read_text()
    await ada.at("tab-details").click()
    await ada.at("erase").click()
    await ada.confirm()
    await expect(ada.page.get_by_text("There is no conversation")).to_be_visible()
    await expect(ada.row(customer.conversation_id)).to_have_count(0)


async def test_the_list_holds_still_and_keeps_the_focus(parrot: Running, sign_in: SignIn, chat: OpenChat) -> None:
    older, newer = await chat(parrot), await chat(parrot)
    await older.ask("say one")
    await newer.ask("say two")
    ada = await sign_in(parrot)
    await ada.row(newer.conversation_id).focus()
    await older.ask("say three")
    answered = ada.page.locator('[data-testid="conversation"][data-owner="bot"]')
    await expect(answered.first).to_have_attribute("data-id", older.conversation_id)
    await expect(ada.row(newer.conversation_id)).to_be_focused()
    await ada.page.keyboard.press("ArrowUp")
    await expect(ada.row(older.conversation_id)).to_be_focused()
    await ada.at("search").fill("say two")
    await expect(ada.at("conversation")).to_have_count(1)
    await ada.at("search").fill("")
    await ada.at("view-closed").click()
    await expect(ada.row(newer.conversation_id)).to_have_count(0)


async def test_an_operator_gets_along_without_a_mouse(parrot: Running, sign_in: SignIn, chat: OpenChat) -> None:
    customer = await chat(parrot)
    await customer.ask("say nothing but keys")
    ada = await sign_in(parrot, "Kay")
    press = ada.page.keyboard.press
    await press("Tab")
    await expect(ada.page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await press("Enter")
    await press("?")
    await expect(ada.at("shortcuts")).to_be_visible()
    await press("Escape")
    await press("/")
    await ada.page.keyboard.type("nothing but keys")
    await expect(ada.at("conversation")).to_have_count(1)
    await press("Tab")
    for key in ("j", "t"):
        await press(key)
        await expect(ada.at("owner")).to_be_visible()
    await expect(ada.at("reply-text")).to_be_focused()
    await ada.page.keyboard.type("Typed, not clicked")
    await press("Enter")
    assert (await customer.came("operator_uttered"))["text"] == "Typed, not clicked"
    await press("Escape")
    await press("n")
    await ada.page.keyboard.type("A note that nobody outside sees")
    await press("Enter")
    await expect(ada.at("note")).to_contain_text("nobody outside")
    await press("Escape")
    await press("h")
    await expect(ada.at("summary")).to_be_focused()
    await press("Control+Enter")
    await customer.came("owner_changed", owner="bot")
    await expect(ada.at("summary")).to_be_hidden()
    await press("d")
    await expect(ada.at("on-duty")).to_contain_text("you")
    await press("d")
    await expect(ada.at("on-duty")).not_to_contain_text("you")
    await press("g")
    await press("r")
    await expect(ada.at("routing-version")).to_be_visible()


async def test_a_switch_and_a_weight_are_seen_by_the_other_and_undone(
    demo: Running, sign_in: SignIn, chat: OpenChat
) -> None:
    ada, ben = await sign_in(demo), await sign_in(demo, "Ben")
    for console in (ada, ben):
        await console.go("routing")
        await expect(console.at("toggle-rag")).to_have_attribute("aria-checked", "true")
    assert await backend_of(await chat(demo)) == "rag"

    await ada.at("toggle-rag").click()
    await expect(ada.at("preview")).to_contain_text("would have gone another way")
    await ada.save_routing("rag is slow today")
    await expect(ben.at("toggle-rag")).to_have_attribute("aria-checked", "false", timeout=AT_ONCE_MS)
    assert await backend_of(await chat(demo)) != "rag"
    await ben.at("toggle-rag").click()
    await ben.save_routing("it is fast again")
    await expect(ada.at("toggle-rag")).to_have_attribute("aria-checked", "true", timeout=AT_ONCE_MS)
    assert await backend_of(await chat(demo)) == "rag"

    weight = await ada.at("weight").first.input_value()
    await ada.at("weight").first.fill("0.25")
    await ada.page.keyboard.press("Tab")
    await ada.save_routing("a smaller share")
    await expect(ben.at("weight").first).to_have_value("0.25", timeout=AT_ONCE_MS)
    await ben.at("undo-routing").click()
    await ben.confirm()
    await expect(ben.at("weight").first).to_have_value(weight)
    await expect(ada.at("weight").first).to_have_value(weight, timeout=AT_ONCE_MS)
    await expect(ada.at("version").first).to_contain_text("Ben")
    reasons = demo.rows("SELECT why FROM routing ORDER BY version DESC LIMIT 4")
    assert [row["why"] for row in reasons][1:] == ["a smaller share", "it is fast again", "rag is slow today"]


async def backend_of(customer: Chat) -> str:
    """The backend that answers what only an article knows."""
    answer = await customer.ask(ROPE_QUESTION)
    return str(answer["backend"])


async def test_an_operator_may_look_at_the_routing_but_not_touch_it(
    parrot: Running, sign_in: SignIn, operator: AsOperator
) -> None:
    made = await operator(parrot).post("/api/operators", json={"name": "Cleo", "role": "operator"})
    cleo = await sign_in(parrot, "somebody else", token=made.json()["token"])
    await expect(cleo.at("account")).to_contain_text("Cleo")
    await cleo.go("routing")
    await expect(cleo.at("toggle-parrot")).to_be_disabled()
    await expect(cleo.at("toggle-parrot")).to_have_attribute("title", "Only an admin may do this.")


async def test_a_wrong_token_opens_nothing(parrot: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{parrot.url}/console")
    await page.get_by_test_id("token").fill("not-the-token")
    await page.get_by_test_id("operator-name").fill("Eve")
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_test_id("conversation")).to_have_count(0)
    assert await serious(page) == []


@pytest.mark.parametrize("width", [1280, 390])
async def test_nothing_keeps_people_out(parrot: Running, sign_in: SignIn, chat: OpenChat, width: int) -> None:
    customer = await chat(parrot)
    await customer.ask("say something")
    await customer.send({"type": "handoff_request"})
    await customer.came("owner_changed")
    ada = await sign_in(parrot, width=width)
    await looks_fine(ada.page)
    await ada.choose(customer.conversation_id)
    await ada.at("take-over").click()
    await ada.at("reply-text").fill("Hello")
    await looks_fine(ada.page)
    if width < 760:
        await ada.at("open-side").click()
    await ada.at("tab-correct").click()
    await looks_fine(ada.page)
    await ada.go("routing")
    await ada.at("toggle-parrot").click()
    await looks_fine(ada.page)
    await ada.at("discard").click()
    await ada.page.keyboard.press("?")
    await expect(ada.at("shortcuts")).to_be_visible()
    await looks_fine(ada.page)


async def looks_fine(page: Page) -> None:
    """Nothing serious in light and dark, and nothing wider than the window."""
    assert await serious(page) == []
    await page.emulate_media(color_scheme="dark")
    assert await serious(page, colours_only=True) == []
    await page.emulate_media(color_scheme="light")
    overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
