"""The operators' live socket."""

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from bot.api import operators
from bot.house import House
from bot.wire import RoutingChanged

Sockets = tuple[TestClient, str]


def enter(socket: WebSocketTestSession, token: str) -> None:
    socket.send_json({"type": "auth", "token": token})
    assert socket.receive_json() == {"type": "ready"}


def until(socket: WebSocketTestSession, kind: str) -> dict[str, Any]:
    for _ in range(20):
        frame: dict[str, Any] = socket.receive_json()
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"no {kind}")


def test_events_of_every_conversation_arrive_as_they_happen(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws/operator") as socket:
        enter(socket, token)
        client.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"})
        said, answered = until(socket, "event"), until(socket, "event")
        assert said["event"]["type"] == "user_uttered"
        assert said["event"]["text"] == "hello"
        assert answered["event"]["text"] == "Hello there."
        assert answered["conversation_id"] == said["conversation_id"]


def test_a_new_routing_is_announced(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws/operator") as socket:
        enter(socket, token)
        headers = {"Authorization": f"Bearer {token}", "If-Match": "1"}
        client.put("/api/routing", json={"error_budget": 0.04}, headers=headers)
        assert until(socket, "routing_changed") == {"type": "routing_changed", "version": 2}


@pytest.mark.parametrize(
    "first",
    [{"type": "auth", "token": "wrong"}, {"type": "ping"}, {"type": "auth"}, {}, {"type": "session_request"}],
)
def test_who_does_not_begin_with_the_token_is_shown_out(sockets: Sockets, first: Any) -> None:
    client, _ = sockets
    with client.websocket_connect("/ws/operator") as socket:
        socket.send_json(first)
        assert socket.receive_json()["code"] == "unauthorized"
        with pytest.raises(WebSocketDisconnect) as left:
            socket.receive_json()
        assert left.value.code == 1008


def test_who_says_nothing_is_shown_out_too(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "AUTH_TIMEOUT_S", 0.01)
    client, _ = sockets
    with client.websocket_connect("/ws/operator") as socket:
        assert socket.receive_json()["code"] == "unauthorized"


def test_a_token_in_the_address_opens_nothing(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect(f"/ws/operator?token={token}") as socket:
        socket.send_json({"type": "ping"})
        assert socket.receive_json()["code"] == "unauthorized"


def test_after_the_token_pings_are_answered_and_anything_else_is_refused(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws/operator") as socket:
        enter(socket, token)
        socket.send_json({"type": "user_uttered", "message_id": "m", "text": "hi"})
        assert socket.receive_json()["code"] == "bad_frame"
        socket.send_bytes(b"\x00")
        assert socket.receive_json()["code"] == "bad_frame"
        socket.send_text("{")
        assert socket.receive_json()["code"] == "bad_frame"
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}


def test_a_page_of_another_origin_cannot_connect(sockets: Sockets) -> None:
    client, _ = sockets
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/ws/operator", headers={"Origin": "https://evil.example"}),
    ):
        pass
    assert refused.value.code == 1008


async def test_a_console_that_does_not_read_is_given_up(
    app: FastAPI, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "MOST_WAITING", 4)
    never, blocked, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    token = json.dumps({"type": "auth", "token": house.token.value})
    incoming = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": token}]
    sent: list[Any] = []

    async def receive() -> Any:
        if not incoming:
            await never.wait()
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "websocket.close":
            closed.set()
        elif message["type"] == "websocket.send":
            blocked.set()
            await never.wait()

    scope = {
        "type": "websocket",
        "path": "/ws/operator",
        "headers": [(b"host", b"127.0.0.1")],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "subprotocols": [],
        "app": app,
    }
    serving = asyncio.ensure_future(app(scope, receive, send))
    async with asyncio.timeout(5):
        await blocked.wait()
        for version in range(5):
            house.hub.announce(RoutingChanged(version=version))
        await closed.wait()
        await serving
    assert sent[-1]["code"] == 1013
    assert [message["type"] for message in sent].count("websocket.send") == 1
