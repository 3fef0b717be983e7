"""Traffic counts as live unless somebody with the operators' token says otherwise."""

from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from bot.sockets import SOURCE, source_of

Sockets = tuple[TestClient, str]


def talk(socket: WebSocketTestSession, **request: Any) -> dict[str, Any]:
    """Begin a session, say hello, and give the confirmation."""
    socket.send_json({"type": "session_request", **request})
    confirm: dict[str, Any] = socket.receive_json()
    socket.send_json({"type": "user_uttered", "message_id": "m1", "text": "hello"})
    while socket.receive_json()["type"] != "bot_uttered":
        pass
    return confirm


def source_in_store(client: TestClient, token: str, conversation_id: str) -> str:
    detail = client.get(f"/api/conversations/{conversation_id}", headers={"authorization": f"Bearer {token}"})
    return str(detail.json()["source"])


@pytest.mark.parametrize(
    ("declared", "is_trusted", "expected"),
    [
        (None, False, "live"),
        (None, True, "live"),
        ("simulated", True, "simulated"),
        ("test", True, "test"),
        ("simulated", False, None),
        ("live", True, None),
        ("cli", True, None),
        ("", True, None),
    ],
)
def test_only_who_is_trusted_may_declare_a_source(declared: str | None, is_trusted: bool, expected: str | None) -> None:
    assert source_of(declared, is_trusted=is_trusted) == expected


def test_with_the_token_a_conversation_is_simulated_and_the_server_says_so(sockets: Sockets) -> None:
    client, token = sockets
    headers = {SOURCE: "simulated", "authorization": f"Bearer {token}"}
    with client.websocket_connect("/ws", headers=headers) as socket:
        assert (SOURCE.encode(), b"simulated") in list(socket.extra_headers or ())
        confirm = talk(socket)
    assert source_in_store(client, token, confirm["conversation_id"]) == "simulated"


def test_a_resumed_conversation_keeps_its_source(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws") as socket:
        confirm = talk(socket)
    headers = {SOURCE: "simulated", "authorization": f"Bearer {token}"}
    with client.websocket_connect("/ws", headers=headers) as socket:
        socket.send_json({"type": "session_request", "session_id": confirm["session_id"]})
        assert socket.receive_json()["conversation_id"] == confirm["conversation_id"]
    assert source_in_store(client, token, confirm["conversation_id"]) == "live"


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer "])
def test_without_the_token_nobody_keeps_out_of_the_live_figures(sockets: Sockets, authorization: str | None) -> None:
    client, _ = sockets
    headers = {SOURCE: "simulated"} | ({"authorization": authorization} if authorization else {})
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/ws", headers=headers):
        pass
    assert refused.value.code == 1008


def headers_of(client: TestClient, token: str, role: str) -> dict[str, str]:
    """The handshake of a simulated customer with the token of a new account."""
    account = {"name": "ada", "role": role}
    made = client.post("/api/operators", json=account, headers={"authorization": f"Bearer {token}"})
    return {SOURCE: "simulated", "authorization": f"Bearer {made.json()['token']}"}


def test_the_account_of_an_admin_marks_conversations_too(sockets: Sockets) -> None:
    client, token = sockets
    with client.websocket_connect("/ws", headers=headers_of(client, token, "admin")) as socket:
        confirm = talk(socket)
    assert source_in_store(client, token, confirm["conversation_id"]) == "simulated"


def test_the_account_of_an_operator_does_not(sockets: Sockets) -> None:
    client, token = sockets
    headers = headers_of(client, token, "operator")
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/ws", headers=headers):
        pass
    assert refused.value.code == 1008


def test_what_simulated_customers_do_is_counted_apart(sockets: Sockets) -> None:
    client, token = sockets
    headers = {"authorization": f"Bearer {token}"}
    with client.websocket_connect("/ws", headers={SOURCE: "simulated", **headers}) as socket:
        talk(socket)
        socket.send_json({"type": "handoff_request"})
        while socket.receive_json()["type"] != "owner_changed":
            pass
        socket.send_json({"type": "resolved", "value": True})
        socket.send_json({"type": "ping"})
        while socket.receive_json()["type"] != "pong":
            pass
    counted = [line for line in client.get("/metrics", headers=headers).text.splitlines() if "_total{" in line]
    for name in ("turns", "backend_attempts", "route_decisions", "handoffs", "resolution"):
        own = [line for line in counted if line.startswith(f"chatbot_{name}_total")]
        assert own
        assert all('source="simulated"' in line for line in own)
