"""The operators' live socket."""

import asyncio
import json
from typing import Any, cast

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from bot.accounts import Person
from bot.api import operators
from bot.errors import StoreError
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


def test_a_store_that_cannot_be_read_is_no_wrong_token(sockets: Sockets, caplog: pytest.LogCaptureFixture) -> None:
    client, token = sockets
    broken_store(client, token)
    with client.websocket_connect("/ws/operator") as socket:
        socket.send_json({"type": "auth", "token": "of-an-account"})
        assert code_at_the_end(socket) == 1013
    assert told_in(caplog) == [("request_failed", "the disk is gone")]


def test_a_store_that_cannot_be_read_disables_no_account(sockets: Sockets, caplog: pytest.LogCaptureFixture) -> None:
    client, token = sockets
    headers = {"Authorization": f"Bearer {token}"}
    anna = client.post("/api/operators", json={"name": "anna"}, headers=headers).json()["token"]
    with client.websocket_connect("/ws/operator") as socket:
        enter(socket, anna)
        broken_store(client, token)
        client.post("/api/operators", json={"name": "ben"}, headers=headers)
        assert code_at_the_end(socket) == 1013
    assert ("request_failed", "the disk is gone") in told_in(caplog)
    assert not any(name in {"request_refused", "console_failed"} for name, _ in told_in(caplog))


def broken_store(client: TestClient, token: str) -> None:
    """From now on no account can be read; the token of the home folder needs no store."""
    accounts = cast("FastAPI", client.app).state.house.accounts
    person = accounts.person

    def without_store(given: str, *, called: str | None = None) -> Person | None:
        if given == token:
            return cast("Person", person(given, called=called))
        raise StoreError("the disk is gone")

    accounts.person = without_store


def code_at_the_end(socket: WebSocketTestSession) -> int:
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as left:
        return left.code


def told_in(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str | None]]:
    ours = [record for record in caplog.records if record.name.startswith("bot.api")]
    return [(record.getMessage(), getattr(record, "detail", None)) for record in ours]


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
