"""A customer's line: it waits for what belongs to a move, survives a lost connection, and never talks as live."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from eval.simulate.client import Infrastructure, Line, NotSimulated, Server
from eval.simulate.move import AskPerson, Button, Press, Say, Solved, Thumb

HELLO = Say("hello", "hello", "ask")
Answer = Callable[["FakeServer", ServerConnection, dict[str, Any]], Awaitable[None]]


class FakeServer:
    """Speaks the frames of `/ws`; what it does with a message is told by the test."""

    def __init__(self, answer: Answer, *, source: str | None = "simulated", refuses: bool = False) -> None:
        self.answer = answer
        self.source = source
        self.refuses = refuses
        self.frames: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0

    async def talk(self, socket: ServerConnection) -> None:
        self.connections += 1
        async for text in socket:
            frame = json.loads(text)
            self.frames.append(frame)
            if frame["type"] == "session_request":
                await tell(socket, "session_confirm", session_id="s" * 20, conversation_id="c_1", offset=0, owner="bot")
            elif frame["type"] == "ping":
                await tell(socket, "pong")
            else:
                await self.answer(self, socket, frame)

    def greet(self, _: ServerConnection, request: Request, response: Response) -> None:
        self.headers.append(dict(request.headers.raw_items()))
        if self.source:
            response.headers["x-switchboard-source"] = self.source

    def door(self, socket: ServerConnection, _: Request) -> Response | None:
        return socket.respond(HTTPStatus.FORBIDDEN, "no") if self.refuses else None

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]


async def tell(socket: ServerConnection, kind: str, **more: Any) -> None:
    await socket.send(json.dumps({"type": kind, **more}))


async def reply(socket: ServerConnection, frame: dict[str, Any], text: str = "Hi.", **more: Any) -> None:
    plain = {
        "offset": 2,
        "message_id": f"b-{frame['message_id']}",
        "reply_to": frame["message_id"],
        "text": text,
        "backend": "intent",
        "quick_replies": [{"title": "Yes", "payload": "/affirm"}],
    }
    await tell(socket, "bot_uttered", **(plain | more))


async def polite(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
    if frame["type"] == "handoff_request":
        await tell(socket, "owner_changed", owner="queue", offset=3)
        return
    if "message_id" in frame and frame["type"] != "feedback":
        await tell(socket, "status", state="acknowledged", message_id=frame["message_id"])
        await tell(socket, "bot_token", message_id="x", text="H")
        await reply(socket, frame)
        await tell(socket, "status", state="ready")


@asynccontextmanager
async def running(fake: FakeServer, answer_s: float = 5.0) -> AsyncIterator[Server]:
    """Serve on a free port."""
    async with serve(fake.talk, "127.0.0.1", 0, process_request=fake.door, process_response=fake.greet) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", "token", answer_s, retry_s=(0.01,))


async def test_a_message_is_answered() -> None:
    fake = FakeServer(polite)
    async with running(fake) as server, Line(server, "sim-1") as line:
        seen = await line.do(HELLO)
    assert [(shown.text, shown.buttons) for shown in seen.shown] == [("Hi.", (Button("Yes", "/affirm"),))]
    assert (seen.owner, line.conversation_id, len(line.sent)) == ("bot", "c_1", 1)
    assert fake.frames[0]["visitor_id"] == "sim-1"
    assert fake.headers[0]["Authorization"] == "Bearer token"
    assert fake.headers[0]["x-switchboard-source"] == "simulated"
    assert line.lines[0] == ("customer", "hello")


async def test_buttons_thumbs_and_the_solved_question_go_out_as_frames() -> None:
    fake = FakeServer(polite)
    async with running(fake) as server, Line(server, "sim-1") as line:
        await line.do(Press("m1", Button("Yes", "/affirm"), "yes"))
        await line.do(Thumb("m1", -1))
        await line.do(Solved(True))
        seen = await line.do(AskPerson())
    assert seen.owner == "queue"
    assert [frame["type"] for frame in fake.frames if frame["type"] not in {"ping", "session_request"}] == [
        "quick_reply",
        "feedback",
        "resolved",
        "handoff_request",
    ]


async def test_a_change_of_owner_after_the_answer_belongs_to_it() -> None:
    async def hand_over(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await reply(socket, frame)
        await tell(socket, "owner_changed", owner="queue", offset=3)

    async with running(FakeServer(hand_over)) as server, Line(server, "sim-1") as line:
        assert (await line.do(HELLO)).owner == "queue"


async def test_in_the_queue_a_message_is_only_stored() -> None:
    async def store(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "handoff_request":
            await tell(socket, "owner_changed", owner="queue", offset=3)
        else:
            await tell(socket, "status", state="acknowledged", message_id=frame["message_id"])

    async with running(FakeServer(store)) as server, Line(server, "sim-1") as line:
        await line.do(AskPerson())
        assert (await line.do(HELLO)).shown == ()


async def test_a_closed_conversation_ends_the_wait() -> None:
    async def close(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await tell(socket, "conversation_closed", reason="operator", offset=3)

    async with running(FakeServer(close)) as server, Line(server, "sim-1") as line:
        assert (await line.do(HELLO)).is_closed


async def test_a_lost_connection_is_resumed_and_the_same_message_sent_again() -> None:
    async def hang_up_once(fake: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        if fake.connections == 1:
            await socket.close(1012)
        else:
            await reply(socket, frame)
            await reply(socket, frame)  # replayed and answered: shown once
            await tell(socket, "status", state="ready")

    fake = FakeServer(hang_up_once)
    async with running(fake) as server, Line(server, "sim-1") as line:
        seen = await line.do(HELLO)
    assert len(seen.shown) == 1
    first, second = fake.sent("session_request")
    assert "session_id" not in first
    assert (second["session_id"], second["resume_from"]) == ("s" * 20, 0)
    assert len({frame["message_id"] for frame in fake.sent("user_uttered")}) == 1


async def test_an_error_and_silence_are_failures_of_the_infrastructure() -> None:
    async def fail(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None:
        await tell(socket, "error", code="storage", message="x", retryable=True)

    async def say_nothing(_: FakeServer, socket: ServerConnection, frame: dict[str, Any]) -> None: ...

    async with running(FakeServer(fail)) as server, Line(server, "sim-1") as line:
        with pytest.raises(Infrastructure, match="error storage"):
            await line.do(HELLO)
    async with running(FakeServer(say_nothing), answer_s=0.05) as server, Line(server, "sim-1") as line:
        with pytest.raises(Infrastructure, match="no answer within"):
            await line.do(HELLO)


async def test_nobody_at_the_other_end_is_a_failure_too() -> None:
    async with running(FakeServer(polite)) as server:
        pass
    with pytest.raises(Infrastructure, match="cannot connect"):
        async with asyncio.timeout(5), Line(server, "sim-1"):
            pass


@pytest.mark.parametrize(
    ("options", "told"),
    [({"source": None}, "does not mark"), ({"source": "live"}, "does not mark"), ({"refuses": True}, "--token-file")],
)
async def test_nothing_is_said_to_a_server_that_would_count_it_as_live(options: dict[str, Any], told: str) -> None:
    fake = FakeServer(polite, **options)
    async with running(fake) as server:
        with pytest.raises(NotSimulated, match=told):
            async with Line(server, "sim-1"):
                pass
    assert fake.frames == []
