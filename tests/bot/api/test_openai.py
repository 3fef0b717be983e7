"""OpenAI's chat form, whole and streamed, as its own client reads it."""

import json
from typing import Any

import httpx
import httpx2
import openai
import pytest
from fastapi import FastAPI

from backends.contract import Abstain, BackendError, Citation, Emit, Reply, Turn, Usage
from bot.house import House
from bot.store.queries import Filter, list_conversations
from bot.wire import MAX_CHARS


class Talker:
    """Streams, cites, and remembers what it was asked."""

    name = "talker"

    def __init__(self, final: str = "Sixty days.") -> None:
        self.turns: list[Turn] = []
        self._final = final

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.turns.append(turn)
        if turn.text == "break":
            await emit("Well ")
            raise BackendError("secret endpoint http://10.0.0.1 is down")
        if turn.text == "crash":
            raise ZeroDivisionError
        await emit("Sixty ")
        await emit("days.")
        return Reply(
            self._final,
            intent="return_policy",
            confidence=0.8,
            citations=(Citation("Returns", "/help/returns", "returns", "60 days"),),
            usage=Usage(12, 5, 0.001),
        )

    async def aclose(self) -> None: ...


@pytest.fixture
def talker(house: House) -> Talker:
    backend = Talker()
    house.engine.backends["talker"] = backend
    return backend


def asks(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **more}


async def complete(client: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await client.post("/v1/chat/completions", json=body)


def events(response: httpx.Response) -> list[Any]:
    lines = [line for line in response.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def streamed(response: httpx.Response) -> str:
    return "".join(e["choices"][0]["delta"].get("content", "") for e in events(response) if e.get("choices"))


async def test_the_models_are_auto_and_the_loaded_backends(anyone: httpx.AsyncClient) -> None:
    body = (await anyone.get("/v1/models")).json()
    assert body["object"] == "list"
    assert [row["id"] for row in body["data"]] == ["auto", "scripted"]
    assert {row["object"] for row in body["data"]} == {"model"}


async def test_a_text_is_answered_whole(anyone: httpx.AsyncClient) -> None:
    response = await complete(anyone, asks("hello"))
    body = response.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"]["content"] == "Hello there."
    assert body["choices"][0]["finish_reason"] == "stop"
    assert response.headers["x-backend"] == "scripted"
    assert response.headers["x-route-reason"] == "first_choice"
    assert body["switchboard"]["attempts"][0]["outcome"] == "reply"


async def test_evidence_usage_and_cost_come_along(anyone: httpx.AsyncClient, talker: Talker) -> None:
    response = await complete(anyone, {**asks("returns?"), "model": "talker"})
    body = response.json()
    assert body["usage"] == {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17, "cost_usd": 0.001}
    assert body["switchboard"]["citations"][0]["url"] == "/help/returns"
    assert (response.headers["x-backend"], response.headers["x-route-reason"]) == ("talker", "requested")


async def test_a_reply_is_streamed_piece_by_piece(anyone: httpx.AsyncClient, talker: Talker) -> None:
    body = {**asks("returns?", stream=True, stream_options={"include_usage": True}), "model": "talker"}
    response = await complete(anyone, body)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-backend"] == "talker"
    found = events(response)
    assert [e["choices"][0]["delta"].get("content") for e in found[:3]] == ["", "Sixty ", "days."]
    assert found[-2]["choices"][0]["finish_reason"] == "stop"
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["total_tokens"] == 17
    assert len({e["id"] for e in found}) == 1
    assert {e["object"] for e in found} == {"chat.completion.chunk"}


async def test_a_reply_that_was_not_streamed_comes_as_one_piece(anyone: httpx.AsyncClient, house: House) -> None:
    house.engine.backends["talker"] = Talker("Sixty days. Anything else?")
    response = await complete(anyone, {**asks("returns?", stream=True), "model": "talker"})
    assert streamed(response) == "Sixty days. Anything else?"


async def test_if_nobody_answers_the_fallback_does(anyone: httpx.AsyncClient) -> None:
    whole = await complete(anyone, asks("gibberish"))
    assert whole.json()["choices"][0]["message"]["content"] == "utter_fallback"
    assert (whole.headers["x-backend"], whole.headers["x-route-reason"]) == ("none", "nobody_answered")
    stream = await complete(anyone, asks("gibberish", stream=True))
    assert streamed(stream) == "utter_fallback"
    assert stream.headers["x-route-reason"] == "nobody_answered"


async def test_a_stream_that_breaks_off_ends_with_an_error_of_ours(anyone: httpx.AsyncClient, talker: Talker) -> None:
    response = await complete(anyone, {**asks("break", stream=True), "model": "talker"})
    error = events(response)[-1]["error"]
    assert error["type"] == "server_error"
    assert "10.0.0.1" not in response.text


@pytest.mark.parametrize("stream", [False, True])
async def test_a_bug_in_a_backend_is_an_error_in_openais_form(
    anyone: httpx.AsyncClient, talker: Talker, stream: bool
) -> None:
    response = await complete(anyone, {**asks("crash", stream=stream), "model": "talker"})
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal"
    assert "ZeroDivision" not in response.text


async def test_the_history_is_what_the_client_sends_and_it_is_masked(anyone: httpx.AsyncClient, talker: Talker) -> None:
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "I am anna@example.com"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "tool", "content": "42"},
        {"role": "user", "content": [{"type": "text", "text": "call 0664 1234567"}, {"type": "image_url"}]},
    ]
    await complete(anyone, {"model": "talker", "messages": messages, "temperature": 0.3, "tools": []})
    (turn,) = talker.turns
    assert turn.text == "call [phone]"
    assert [(m.role, m.text) for m in turn.history] == [("customer", "I am [email]"), ("bot", "Hello!")]


async def test_only_as_much_history_is_read_as_a_stored_conversation_would_give(
    anyone: httpx.AsyncClient, talker: Talker, house: House
) -> None:
    most = house.settings.engine.history
    earlier = [{"role": "user", "content": f"{n} " + "x" * 9000} for n in range(most + 5)]
    await complete(anyone, {"model": "talker", "messages": [*earlier, {"role": "user", "content": "hello"}]})
    (turn,) = talker.turns
    assert [m.text.split()[0] for m in turn.history] == [str(n) for n in range(5, most + 5)]
    assert max(len(m.text) for m in turn.history) == MAX_CHARS


async def test_nothing_is_stored(anyone: httpx.AsyncClient, house: House) -> None:
    await complete(anyone, asks("hello"))
    page = await house.reader.read(lambda db: list_conversations(db, Filter()))
    assert page.conversations == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**asks("hello"), "model": "gpt-4"}, 404, "model_not_found"),
        ({"model": "auto", "messages": []}, 400, "invalid"),
        ({"model": "auto"}, 400, "invalid"),
        ({"model": "auto", "messages": [{"role": "assistant", "content": "hi"}]}, 400, "invalid"),
        ({"model": "auto", "messages": [{"role": "user", "content": None}]}, 400, "invalid"),
        (asks("x" * 4001), 400, "invalid"),
        ({"messages": "hello"}, 400, "invalid"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_in_openais_form(
    anyone: httpx.AsyncClient, body: Any, status: int, code: str
) -> None:
    response = await complete(anyone, body)
    assert response.status_code == status
    error = response.json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert error["message"]


async def test_openais_own_client_understands_us(app: FastAPI, talker: Talker) -> None:
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app))
    async with openai.AsyncOpenAI(
        api_key="any", base_url="http://127.0.0.1:8080/v1", http_client=http, max_retries=0
    ) as client:
        assert [model.id async for model in client.models.list()] == ["auto", "scripted", "talker"]
        whole = await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "hello"}])
        assert whole.choices[0].message.content == "Hello there."
        stream = await client.chat.completions.create(
            model="talker", messages=[{"role": "user", "content": "returns?"}], stream=True
        )
        text = "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])
        assert text == "Sixty days."
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            await client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "hello"}])
