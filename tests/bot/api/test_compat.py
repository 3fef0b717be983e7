"""Rasa's REST channel and parser."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from backends.contract import Abstain, BackendError, Emit, Parse, QuickReply, Reply, Turn
from bot.conversation import TakenOver
from bot.house import House
from bot.store.queries import Filter, list_conversations, read_detail
from bot.wire import SessionRequest

Say = Callable[..., Coroutine[Any, Any, list[dict[str, Any]]]]


class Buttons:
    """Answers with buttons, and ranks intents."""

    name = "buttons"

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.texts.append(turn.text)
        return Reply("Which one?", intent="choose", confidence=0.9, quick_replies=(QuickReply("First", "/first"),))

    async def parse(self, text: str) -> Parse:
        self.texts.append(text)
        if text == "broken":
            raise BackendError("the model file is gone")
        return Parse("greet", 0.9, (("greet", 0.9), ("goodbye", 0.1)), 0.05)

    async def aclose(self) -> None: ...


class Slow(Buttons):
    """Answers only after it was let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.asked.set()
        await asyncio.sleep(3600)
        return Reply("Too late.")


async def test_a_message_is_answered_in_rasas_form(say: Say) -> None:
    (message,) = await say("hello")
    assert message["recipient_id"] == "anna"
    assert message["text"] == "Hello there."
    assert "buttons" not in message
    assert message["custom"]["backend"] == "scripted"


async def test_the_messages_of_one_sender_are_one_live_conversation(say: Say, house: House) -> None:
    await say("hello")
    await say("where is my parcel")
    await say("hello", sender="ben")
    page = await house.reader.read(lambda db: list_conversations(db, Filter()))
    assert [row["messages"] for row in page.conversations] == [2, 4]
    assert {row["source"] for row in page.conversations} == {"live"}
    texts = [event["text"] for event in await _events(house, page.conversations[1]["conversation_id"])]
    assert texts == ["hello", "Hello there.", "where is my parcel", "On its way."]


async def test_no_widget_can_name_itself_after_a_sender(say: Say, house: House) -> None:
    await say("hello")
    (unit,) = await house.reader.read(lambda db: db.execute("SELECT visitor_id FROM conversations").fetchone())
    with pytest.raises(ValidationError, match="visitor_id"):
        SessionRequest(type="session_request", visitor_id=unit)


async def test_a_refused_message_of_a_new_sender_stores_nothing(
    make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient]
) -> None:
    app = make_app(limits={"address_messages_per_minute": 1, "trusted_proxies": ["127.0.0.1"]})
    async with app.router.lifespan_context(app):
        here = app.state.house
        async with connect(app, here.token.value) as client:
            headers = {"X-Forwarded-For": "203.0.113.9"}
            sent = [
                await client.post("/webhooks/rest/webhook", json={"sender": name, "message": "hello"}, headers=headers)
                for name in ("anna", "ben")
            ]
        count = await here.reader.read(lambda db: db.execute("SELECT count(*) FROM conversations").fetchone()[0])
    assert ([response.status_code for response in sent], count) == ([200, 429], 1)


async def test_who_the_sender_is_stays_out_of_the_store(say: Say, house: House) -> None:
    await say("hello", sender="anna@example.com")
    page = await house.reader.read(lambda db: list_conversations(db, Filter()))
    row = await house.reader.read(
        lambda db: db.execute("SELECT unit, visitor_id FROM conversations").fetchone(),
    )
    assert "anna" not in str(row)
    assert "anna" not in str(page)


async def test_buttons_are_buttons_and_a_payload_can_be_sent_back(say: Say, house: House) -> None:
    house.engine.backends["scripted"] = Buttons()
    (message,) = await say("hello")
    assert message["buttons"] == [{"title": "First", "payload": "/first"}]
    assert (message["custom"]["intent"], message["custom"]["confidence"]) == ("choose", 0.9)
    await say("/first")
    page = await house.reader.read(lambda db: list_conversations(db, Filter()))
    turns = (await _detail(house, page.conversations[0]["conversation_id"]))["turns"]
    assert len(turns) == 2


async def test_an_unanswered_message_gets_the_fallback_and_the_second_one_a_person(say: Say) -> None:
    assert [m["custom"]["backend"] for m in await say("gibberish")] == ["fallback"]
    assert [m["custom"]["backend"] for m in await say("more gibberish")] == ["handoff"]
    assert await say("hello") == []


async def test_a_question_for_a_person_is_answered_by_the_hand_off(say: Say) -> None:
    assert [m["custom"]["backend"] for m in await say("/talk_to_human")] == ["handoff"]


async def test_a_take_over_ends_the_waiting(say: Say, house: House) -> None:
    slow = Slow()
    house.engine.backends["scripted"] = slow
    waiting = asyncio.create_task(say("hello"))
    await slow.asked.wait()
    page = await house.reader.read(lambda db: list_conversations(db, Filter()))
    await house.desk.step(page.conversations[0]["conversation_id"], TakenOver("olga"))
    assert await asyncio.wait_for(waiting, 5) == []


async def test_two_messages_at_once_get_their_own_answers(say: Say) -> None:
    await say("hello")
    first, second = await asyncio.gather(say("hello"), say("where is my parcel"))
    assert [m["text"] for m in first] == ["Hello there."]
    assert [m["text"] for m in second] == ["On its way."]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sender": "a"},
        {"message": "hi"},
        {"sender": "", "message": "hi"},
        {"sender": "a", "message": "  "},
        {"sender": "a", "message": "x" * 4001},
        {"sender": "a", "message": 7},
        [],
    ],
)
async def test_a_malformed_message_is_refused_with_a_reason(anyone: httpx.AsyncClient, body: Any) -> None:
    response = await anyone.post("/webhooks/rest/webhook", json=body)
    assert response.status_code == 422
    assert set(response.json()) == {"code", "message"}


async def test_a_flood_of_one_sender_is_refused(
    make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient]
) -> None:
    app = make_app(limits={"session_messages_per_minute": 1})
    async with app.router.lifespan_context(app), connect(app) as client:
        body = {"sender": "anna", "message": "hello"}
        assert (await client.post("/webhooks/rest/webhook", json=body)).status_code == 200
        response = await client.post("/webhooks/rest/webhook", json=body)
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert int(response.headers["retry-after"]) > 0


async def test_a_text_is_parsed_in_rasas_form(anyone: httpx.AsyncClient, house: House) -> None:
    buttons = Buttons()
    house.engine.backends["buttons"] = buttons
    response = await anyone.post("/model/parse", json={"text": "hi, call 0664 1234567"})
    body = response.json()
    assert body["text"] == "hi, call 0664 1234567"
    assert body["intent"] == {"name": "greet", "confidence": 0.9}
    assert [row["name"] for row in body["intent_ranking"]] == ["greet", "goodbye"]
    assert body["entities"] == []
    assert buttons.texts == ["hi, call [phone]"]


async def test_without_a_classifier_nothing_can_be_parsed(anyone: httpx.AsyncClient) -> None:
    response = await anyone.post("/model/parse", json={"text": "hi"})
    assert response.status_code == 503
    assert "backends.intent" in response.json()["message"]


async def test_a_broken_classifier_does_not_show_its_own_words(anyone: httpx.AsyncClient, house: House) -> None:
    house.engine.backends["buttons"] = Buttons()
    response = await anyone.post("/model/parse", json={"text": "broken"})
    assert response.status_code == 503
    assert "gone" not in response.text


async def _detail(house: House, conversation_id: str) -> dict[str, Any]:
    return await house.reader.read(lambda db: read_detail(db, conversation_id))


async def _events(house: House, conversation_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await _detail(house, conversation_id))["events"]
    return events
