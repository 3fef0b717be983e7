"""The main job in a real browser: ask, be asked, be answered, reload, lose the line, meet a person."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import AsOperator
from tests.e2e.demo_shop import ROPE_ANSWER, ROPE_ARTICLE, ROPE_QUESTION
from tests.e2e.line import Line, line_to
from tests.e2e.running import Running
from tests.e2e.stub_llm import StubLlm
from tests.e2e.widget import Widget

pytestmark = pytest.mark.browser


@pytest.fixture
async def line(demo: Running) -> AsyncIterator[Line]:
    async with line_to(demo.port) as line:
        yield line


async def conversation_of(server: Running, text: str) -> str:
    """Id of the newest conversation in which a customer said this."""
    sql = "SELECT conversation_id FROM events WHERE type = 'user_uttered' AND frame_json LIKE ? ORDER BY seq DESC"
    async with asyncio.timeout(20):
        while not (rows := server.rows(sql, f"%{text}%")):  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.02)
    return str(rows[0]["conversation_id"])


async def test_a_customer_asks_for_an_order_and_finds_the_conversation_after_a_reload(
    demo: Running, widget: Widget, llm: StubLlm
) -> None:
    await widget.open(demo.url)
    assert "order number" in await widget.ask("Where is my order?")
    assert "e-mail" in await widget.ask("TF-104233")
    status = await widget.ask("anna@web.example")
    assert "TF-104233" in status
    assert "GLS" in status
    with llm.holding(after=1):
        await widget.say(ROPE_QUESTION)
        await expect(widget.streaming).to_contain_text(ROPE_ANSWER)
        await expect(widget.page.get_by_test_id("citation")).to_have_count(0)
    await expect(widget.streaming).to_have_count(0)
    answer = widget.by("bot").last
    await expect(answer).to_contain_text(ROPE_ANSWER)
    await answer.get_by_test_id("citation").locator("summary").click()
    await expect(answer.locator("blockquote")).to_contain_text(ROPE_ANSWER)
    await expect(answer.get_by_role("link")).to_have_attribute("href", re.compile(f"/help/{ROPE_ARTICLE}$"))
    before = await widget.transcript()
    assert [role for role, _ in before] == ["customer", "bot"] * 4

    await widget.page.reload()
    await widget.page.get_by_test_id("launcher").click()
    await expect(widget.messages).to_have_count(8)
    after = await widget.transcript()
    assert [line for line in after if line != ("customer", "[email]")] == [
        line for line in before if line != ("customer", "anna@web.example")
    ]
    await expect(widget.page.get_by_test_id("citation")).to_have_count(1)
    await widget.ask("hello")
    await expect(widget.by("bot")).to_have_count(5)


async def test_a_line_lost_in_the_middle_of_an_answer_costs_nothing(line: Line, widget: Widget, llm: StubLlm) -> None:
    await widget.open(line.url)
    await widget.ask("hello")
    with llm.holding(after=1):
        await widget.say(ROPE_QUESTION)
        await expect(widget.streaming).to_contain_text(ROPE_ANSWER)
        await line.cut()
        await expect(widget.page.get_by_test_id("offline")).to_be_visible()
    await widget.say("thanks")
    await expect(widget.page.locator('[data-state="sending"]')).to_have_count(1)
    await line.restore()
    await expect(widget.by("bot")).to_have_count(3, timeout=30_000)
    await expect(widget.page.get_by_test_id("offline")).to_be_hidden()
    await expect(widget.streaming).to_have_count(0)
    said = await widget.transcript()
    assert [role for role, _ in said] == ["customer", "bot"] * 3
    assert [text for role, text in said if role == "customer"] == ["hello", ROPE_QUESTION, "thanks"]
    assert said[3][1].startswith(ROPE_ANSWER)


async def test_a_backend_that_an_operator_disables_is_out_at_the_next_turn(
    demo: Running, widget: Widget, operator: AsOperator
) -> None:
    client = operator(demo)

    async def switch(enabled: bool) -> None:
        version = (await client.get("/api/routing")).headers["etag"]
        change = {"backends": {"rag": {"enabled": enabled}}, "why": "a test"}
        answer = await client.put("/api/routing", json=change, headers={"if-match": version})
        assert answer.status_code == 200, answer.text

    await widget.open(demo.url)
    assert ROPE_ANSWER in await widget.ask(ROPE_QUESTION)
    await switch(enabled=False)
    try:
        assert "rope" not in (await widget.ask(ROPE_QUESTION)).lower()
        await expect(widget.page.get_by_test_id("quick-reply").first).to_be_visible()
    finally:
        await switch(enabled=True)
    assert ROPE_ANSWER in await widget.ask(ROPE_QUESTION)


async def test_a_take_over_ends_a_streaming_answer_and_a_person_goes_on(
    demo: Running, widget: Widget, llm: StubLlm, operator: AsOperator
) -> None:
    client = operator(demo)
    question = "Will my climbing rope last for ever in a cupboard?"
    await widget.open(demo.url)
    with llm.holding(after=1):
        await widget.say(question)
        await expect(widget.streaming).not_to_be_empty()
        conversation = await conversation_of(demo, question)
        answer = await client.post(f"/api/conversations/{conversation}/take-over")
        assert answer.status_code == 200, answer.text
        await expect(widget.page.get_by_test_id("banner")).to_have_attribute("data-owner", "operator")
        await expect(widget.streaming).to_have_count(0)
    await client.post(f"/api/conversations/{conversation}/reply", json={"text": "Ada here. Which rope is it?"})
    await expect(widget.by("operator")).to_contain_text("Ada here. Which rope is it?")
    await widget.say("The Wand 60 m")
    await expect(widget.by("customer")).to_have_count(2)
    await expect(widget.by("bot")).to_have_count(0)
    await client.post(f"/api/conversations/{conversation}/hand-back")
    await expect(widget.page.get_by_test_id("banner")).to_be_hidden()
    await widget.ask("thanks")


async def test_a_customer_asks_for_a_person(demo: Running, widget: Widget) -> None:
    await widget.open(demo.url)
    await widget.page.get_by_test_id("ask-person").click()
    await expect(widget.page.get_by_test_id("banner")).to_have_attribute("data-owner", "queue")
    await expect(widget.page.get_by_test_id("ask-person")).to_be_hidden()
    await expect(widget.by("bot")).to_have_count(1)


async def test_quick_replies_thumbs_and_solved_reach_the_store(demo: Running, widget: Widget) -> None:
    await widget.open(demo.url)
    await widget.ask("hello")
    await widget.page.get_by_test_id("quick-reply").filter(has_text="Track my order").click()
    await expect(widget.bubble(widget.by("bot").last)).to_contain_text("order number")
    await widget.ask("never mind")
    await widget.ask(ROPE_QUESTION)
    voted = widget.by("bot").last
    await voted.get_by_test_id("thumb-up").click()
    await expect(voted.get_by_test_id("thumb-up")).to_have_attribute("aria-pressed", "true")
    message = await voted.get_attribute("data-message-id")
    await widget.page.get_by_test_id("close").click()
    await widget.page.get_by_test_id("solved-yes").click()
    await widget.page.get_by_test_id("launcher").click()
    await widget.ask("bye")  # what was sent before has been handled when this is answered
    conversation = await conversation_of(demo, "never mind")
    (turn,) = demo.rows("SELECT id FROM turns WHERE bot_message_id = ?", message)
    signals = demo.rows("SELECT kind, value, turn_id FROM signals WHERE conversation_id = ?", conversation)
    assert ("1", turn["id"]) in {(signal["value"], signal["turn_id"]) for signal in signals}
    (row,) = demo.rows("SELECT resolved FROM conversations WHERE id = ?", conversation)
    assert row["resolved"] == 1
    pressed = demo.rows("SELECT payload FROM turns WHERE conversation_id = ? AND payload IS NOT NULL", conversation)
    assert [turn["payload"] for turn in pressed] == ["/order_status"]
