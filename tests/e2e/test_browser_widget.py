"""The widget's manners in a real browser: nothing is HTML, failures can be retried, and no mouse is needed."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Serve
from tests.e2e.running import Running
from tests.e2e.widget import Widget

pytestmark = pytest.mark.browser

EVIL = """<script>window.hit = 1</script><img src=x onerror="window.hit = 2"> <b>bold</b> [x](javascript:alert(1))"""


async def test_nothing_anybody_writes_is_rendered_as_html(parrot: Running, widget: Widget) -> None:
    await widget.open(parrot.url)
    answer = await widget.ask(f"say {EVIL}")
    assert "<script>window.hit = 1</script>" in answer
    assert "<b>bold</b>" in answer
    assert await widget.bubble(widget.by("customer").last).inner_text() == f"say {EVIL}"
    assert await widget.page.evaluate("window.hit") is None
    for tag in ("script", "img", "b", "iframe", "a[href^='javascript']"):
        await expect(widget.page.locator(f"chat-widget {tag}")).to_have_count(0)


async def test_a_message_that_could_not_be_stored_can_be_sent_again(serve: Serve, widget: Widget) -> None:
    server = serve()
    await widget.open(server.url)
    await widget.ask("say before")
    server.limit_files(server.home.joinpath("switchboard.sqlite3-wal").stat().st_size)
    await widget.say("say again")
    failed = widget.page.locator('[data-testid="message"][data-state="failed"]')
    await expect(failed).to_have_count(1)
    await expect(failed.get_by_role("alert")).to_be_visible()
    server.limit_files()
    await failed.get_by_test_id("retry").click()
    await expect(widget.by("bot").last).to_contain_text("again")
    assert [role for role, _ in await widget.transcript()] == ["customer", "bot"] * 2
    assert len(server.rows("SELECT 1 FROM events WHERE type = 'user_uttered'")) == 2


async def test_the_whole_chat_works_without_a_mouse(parrot: Running, widget: Widget) -> None:
    page = widget.page
    await page.goto(parrot.url)
    await page.get_by_test_id("launcher").focus()
    await page.keyboard.press("Enter")
    await expect(widget.composer).to_be_focused()
    await page.keyboard.type("say one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(widget.bubble(widget.by("bot").last)).to_have_text("one\ntwo", use_inner_text=True)
    await expect(widget.composer).to_be_focused()
    await expect(widget.composer).to_have_value("")
    for _ in range(30):  # thumbs and the rest are within reach of Tab
        await page.keyboard.press("Shift+Tab")
        if await widget.by("bot").get_by_test_id("thumb-up").evaluate("e => e === e.getRootNode().activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(widget.by("bot").get_by_test_id("thumb-up")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Escape")
    await expect(widget.composer).to_be_hidden()
    await expect(page.get_by_test_id("launcher")).to_be_focused()


async def test_a_screen_reader_is_told_what_everything_is(parrot: Running, widget: Widget) -> None:
    await widget.open(parrot.url)
    await widget.ask("say hello")
    page = widget.page
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).to_contain_text("hello")
    await expect(page.get_by_role("dialog")).to_have_accessible_name("Tarnfell service")
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    for button in await page.locator("chat-widget button").all():
        assert await button.evaluate("b => (b.ariaLabel || b.innerText || b.title).trim()") != ""
    for name in ("Helpful", "Not helpful"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(1)


async def test_answers_that_come_while_the_chat_is_closed_are_counted(parrot: Running, widget: Widget) -> None:
    await widget.open(parrot.url)
    await widget.ask("say hello")
    await widget.say("count 5 100")
    await expect(widget.streaming).to_have_count(1)
    await widget.page.get_by_test_id("close").click()
    await expect(widget.page.get_by_test_id("unread")).to_have_text("1")
    await widget.page.get_by_test_id("launcher").click()
    await expect(widget.page.get_by_test_id("unread")).to_be_hidden()
    await expect(widget.by("bot").last).to_contain_text("1 2 3 4 5")


async def test_two_tabs_show_the_same_conversation(parrot: Running, widget: Widget) -> None:
    await widget.open(parrot.url)
    await widget.ask("say hello")
    second = Widget(await widget.page.context.new_page())
    await second.open(parrot.url)
    await expect(second.messages).to_have_count(2)
    await second.ask("say from the second")
    await expect(widget.messages).to_have_count(4)
    assert await widget.transcript() == await second.transcript()
