"""What strangers get: nothing. Every refusal is counted and leaves a line without secrets."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.types import Message

from bot.house import House
from bot.server import MAX_BODY_BYTES

Connect = Callable[..., httpx.AsyncClient]
Sockets = tuple[TestClient, str]
UNAUTHORIZED = {"code": "unauthorized", "message": "Expected the operator token."}


class Upload:
    """A body that is sent piece by piece, and counts how much of it was asked for."""

    def __init__(self, pieces: int, size: int = 65_536) -> None:
        self.taken = 0
        self._left = pieces
        self._piece = b" " * size

    async def receive(self) -> Message:
        """Give the next piece."""
        self.taken += 1
        self._left -= 1
        return {"type": "http.request", "body": self._piece, "more_body": self._left > 0}


async def send(app: FastAPI, upload: Upload, token: str | None, length: int | None) -> tuple[int, dict[str, Any]]:
    """Post something under `/api`; gives the status and the answer."""
    headers = [(b"host", b"127.0.0.1:8080"), (b"content-type", b"application/json")]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    headers += [(b"content-length", str(length).encode())] if length is not None else []
    path = "/api/operators"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
    }
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, upload.receive, keep)
    return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


@pytest.fixture
def refusals(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str]]]:
    caplog.set_level(logging.WARNING)

    def told() -> list[tuple[str, str]]:
        return [(vars(r)["outcome"], vars(r)["detail"]) for r in caplog.records if r.name == "bot.api.refusal"]

    return told


METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
PATHS = ("/api", "/api/", "/api/routing", "/api/nothing/here", "/api/turns/x/label")
FORGED = ("", "Bearer", "Bearer ", "Basic b3BlcmF0b3I6", "bearer x", "Token x", "Bearer é")


async def test_without_the_token_nothing_under_api_answers(anyone: httpx.AsyncClient) -> None:
    answers = {(method, path): await anyone.request(method, path, content=b"{") for method in METHODS for path in PATHS}
    assert {response.status_code for response in answers.values()} == {401}
    assert all(response.json() == UNAUTHORIZED for (method, _), response in answers.items() if method != "HEAD")


async def test_a_forged_token_opens_nothing(anyone: httpx.AsyncClient) -> None:
    for header in FORGED:
        response = await anyone.get("/api/me", headers={b"Authorization": header.encode()})
        assert response.json() == UNAUTHORIZED, header


async def test_a_stranger_is_turned_away_before_a_byte_of_the_body_is_read(
    app: FastAPI, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    upload = Upload(1000)
    assert await send(app, upload, None, None) == (401, UNAUTHORIZED)
    assert upload.taken == 0
    assert refusals() == [("unauthorized", "POST /api/operators from 127.0.0.1")]


async def test_a_body_that_says_it_is_too_large_is_not_read(
    app: FastAPI, house: House, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    upload = Upload(1000)
    status, body = await send(app, upload, house.token.value, MAX_BODY_BYTES + 1)
    assert (status, body["code"]) == (413, "too_large")
    assert upload.taken == 0
    assert refusals() == [("too_large", "POST /api/operators from 127.0.0.1")]
    assert b'chatbot_refused_requests_total{code="too_large"' in house.metrics.render()


async def test_a_body_that_does_not_say_how_large_it_is_is_cut_off_at_the_limit(
    app: FastAPI, house: House, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    upload = Upload(1000)
    status, body = await send(app, upload, house.token.value, None)
    assert (status, body["code"]) == (413, "too_large")
    assert upload.taken <= MAX_BODY_BYTES // 65_536 + 1
    assert [code for code, _ in refusals()] == ["too_large"]


async def test_the_other_routes_refuse_large_bodies_too(anyone: httpx.AsyncClient) -> None:
    for path in ("/webhooks/rest/webhook", "/v1/chat/completions", "/model/parse", "/help"):
        response = await anyone.post(path, content=b" " * (MAX_BODY_BYTES + 1))
        assert response.status_code == 413, path
        assert "connection" in response.headers


@pytest.fixture
async def expired(app: FastAPI, operator: httpx.AsyncClient, connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of an account that is gone."""
    token = (await operator.post("/api/operators", json={"name": "anna"})).json()["token"]
    await operator.delete("/api/operators/anna")
    async with connect(app, token, host="chat.example") as client:
        yield client


async def test_the_token_of_a_removed_account_is_refused_everywhere_and_logged(
    expired: httpx.AsyncClient, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    for path in ("/api/me", "/v1/models", "/metrics", "/openapi.json"):
        assert (await expired.get(path)).status_code == 401
    assert refusals() == [
        ("unauthorized", f"GET {path} from 127.0.0.1")
        for path in ("/api/me", "/v1/models", "/metrics", "/openapi.json")
    ]


# --- the customers' sockets ----------------------------------------------------------------------------------


def enter(socket: WebSocketTestSession, **request: Any) -> dict[str, Any]:
    socket.send_json({"type": "session_request", **request})
    frame: dict[str, Any] = socket.receive_json()
    return frame


def until(socket: WebSocketTestSession, kind: str) -> dict[str, Any]:
    for _ in range(20):
        frame: dict[str, Any] = socket.receive_json()
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"no {kind}")


def until_answered(socket: WebSocketTestSession) -> dict[str, Any]:
    socket.send_json({"type": "user_uttered", "message_id": "m1", "text": "hello"})
    return until(socket, "bot_uttered")


def test_a_stolen_conversation_id_reads_nothing(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws") as anna, client.websocket_connect("/ws") as thief:
        hers = enter(anna)
        answer = until_answered(anna)
        stolen = hers["conversation_id"]
        his = enter(thief, session_id=stolen, resume_from=0, visitor_id="thief")
        assert his["conversation_id"] != stolen
        assert his["session_id"] not in {stolen, hers["session_id"]}
        assert his["offset"] == 0
        thief.send_json({"type": "feedback", "message_id": answer["message_id"], "value": -1})
        assert until(thief, "error")["code"] == "unknown_message"
        press = {"type": "quick_reply", "message_id": "m2", "reply_to": answer["message_id"]}
        thief.send_json({**press, "payload": "/greet", "title": "x"})
        assert until(thief, "error")["code"] == "unknown_message"
        thief.send_json({"type": "ping"})
        assert until(thief, "pong") == {"type": "pong"}
    for path in (stolen, f"{stolen}/transcript", f"{stolen}/summary", f"{stolen}/suggestions"):
        assert client.get(f"/api/conversations/{path}").status_code == 401
    detail = client.get(f"/api/conversations/{stolen}", headers={"Authorization": f"Bearer {token}"})
    assert hers["session_id"] not in detail.text
    assert detail.json()["signals"] == []


def test_a_session_secret_is_taken_whole_or_not_at_all(sockets: Sockets) -> None:
    client, _ = sockets
    with client.websocket_connect("/ws") as anna:
        hers = enter(anna)
        until_answered(anna)
        secret = hers["session_id"]
        for near in (secret[:-1], secret[1:], secret.swapcase(), "0" * 64):
            with client.websocket_connect("/ws") as thief:
                his = enter(thief, session_id=near, resume_from=0)
            assert his["conversation_id"] != hers["conversation_id"]
            assert his["offset"] == 0


def test_another_visitors_id_is_no_key_to_the_conversation(sockets: Sockets) -> None:
    client, _ = sockets
    with client.websocket_connect("/ws") as anna, client.websocket_connect("/ws") as thief:
        hers = enter(anna, visitor_id="v-anna")
        until_answered(anna)
        his = enter(thief, visitor_id="v-anna", resume_from=0)
        assert his["conversation_id"] != hers["conversation_id"]
        assert his["offset"] == 0


def test_a_forged_identity_and_a_large_frame_are_refused_and_logged_once(
    sockets: Sockets, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    client, _ = sockets
    with client.websocket_connect("/ws") as socket:
        for _ in range(3):
            assert enter(socket, customer={"id": "c1", "hmac": "0" * 64})["code"] == "bad_identity"
            socket.send_text(" " * 100_000)
            assert socket.receive_json()["code"] == "too_large"
    assert refusals() == [("bad_identity", "WS /ws from 127.0.0.1"), ("too_large", "WS /ws from 127.0.0.1")]


def test_the_operators_socket_tells_strangers_nothing_and_logs_them(
    sockets: Sockets, refusals: Callable[[], list[tuple[str, str]]]
) -> None:
    client, _ = sockets
    for first in ({"type": "auth", "token": "forged"}, {"type": "ping"}, {"type": "auth", "token": ""}):
        with client.websocket_connect("/ws/operator") as socket:
            client.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"})
            socket.send_json(first)
            assert socket.receive_json()["code"] == "unauthorized"
            assert socket.receive()["type"] == "websocket.close"
    assert refusals() == [("unauthorized", "WS /ws/operator from 127.0.0.1")] * 3
