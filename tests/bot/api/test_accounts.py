"""Accounts: who may sign in, and as what."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from bot.house import House

Connect = Callable[..., httpx.AsyncClient]
READING = [
    "/api/me",
    "/api/journal",
    "/api/conversations",
    "/api/routing",
    "/api/backends",
    "/api/models",
    "/api/proposals",
    "/api/labelling",
]
STEERING = [
    ("GET", "/api/operators"),
    ("POST", "/api/operators"),
    ("DELETE", "/api/operators/ben"),
    ("PUT", "/api/routing"),
    ("POST", "/api/models/b/promote"),
    ("POST", "/api/models/rollback"),
    ("POST", "/api/models/nightly"),
]


async def add(admin: httpx.AsyncClient, name: str, role: str = "operator") -> str:
    response = await admin.post("/api/operators", json={"name": name, "role": role})
    assert response.status_code == 201, response.text
    token: str = response.json()["token"]
    return token


async def test_the_bearer_of_the_home_folders_token_is_an_admin_with_a_name_of_choice(
    operator: httpx.AsyncClient,
) -> None:
    me = (await operator.get("/api/me", headers={"X-Operator": "Ruth"})).json()
    assert (me["name"], me["role"], me["on_duty"]) == ("Ruth", "admin", False)
    assert {"read", "routing", "accounts"} <= set(me["rights"])
    assert (await operator.get("/api/me")).json()["name"] == "operator"


async def test_an_account_has_its_own_token_and_a_fixed_name(
    app: FastAPI, operator: httpx.AsyncClient, connect: Connect
) -> None:
    async with connect(app, await add(operator, "anna")) as anna:
        me = (await anna.get("/api/me", headers={"X-Operator": "Ruth"})).json()
    assert (me["name"], me["role"]) == ("anna", "operator")
    assert "routing" not in me["rights"]


async def test_only_a_hash_of_the_token_is_kept(operator: httpx.AsyncClient, house: House) -> None:
    token = await add(operator, "anna")
    kept = house.reader.read_now(lambda db: [dict(row) for row in db.table("operators").rows])
    assert len(token) >= 43
    assert token not in str(kept)
    listed = (await operator.get("/api/operators")).json()["operators"]
    assert [(row["name"], row["role"], row["disabled_at"]) for row in listed] == [("anna", "operator", None)]
    assert token not in str(listed) + (await operator.get("/api/journal")).text


async def test_an_operator_may_read(app: FastAPI, operator: httpx.AsyncClient, connect: Connect) -> None:
    async with connect(app, await add(operator, "anna")) as anna:
        for path in READING:
            assert (await anna.get(path)).status_code == 200, path


async def test_an_operator_may_not_steer(app: FastAPI, operator: httpx.AsyncClient, connect: Connect) -> None:
    async with connect(app, await add(operator, "anna")) as anna:
        for method, path in STEERING:
            response = await anna.request(method, path, json={"name": "ben"}, headers={"If-Match": "1"})
            assert (response.status_code, response.json()["code"]) == (403, "forbidden"), path
            assert "anna has the role operator" in response.json()["message"]


async def test_an_admins_account_may_steer(app: FastAPI, operator: httpx.AsyncClient, connect: Connect) -> None:
    async with connect(app, await add(operator, "ruth", "admin")) as ruth:
        response = await ruth.put("/api/routing", json={"error_budget": 0.05}, headers={"If-Match": "1"})
    assert response.status_code == 200


async def test_the_token_of_a_removed_account_opens_nothing(
    app: FastAPI, operator: httpx.AsyncClient, connect: Connect
) -> None:
    async with connect(app, await add(operator, "anna")) as anna:
        listed = (await operator.delete("/api/operators/anna")).json()["operators"]
        assert listed[0]["disabled_at"] is not None
        assert (await anna.get("/api/me")).status_code == 401
        assert (await operator.delete("/api/operators/anna")).status_code == 404


async def test_a_removed_account_may_begin_anew_with_another_token(
    app: FastAPI, operator: httpx.AsyncClient, connect: Connect
) -> None:
    old = await add(operator, "anna")
    await operator.delete("/api/operators/anna")
    new = await add(operator, "Anna", "admin")
    async with connect(app, old) as stale, connect(app, new) as fresh:
        assert (await stale.get("/api/me")).status_code == 401
        assert (await fresh.get("/api/me")).json()["role"] == "admin"


NAMES: list[tuple[dict[str, Any], int]] = [
    ({"name": "ANNA"}, 409),
    ({"name": "operator"}, 422),
    ({"name": "Operator"}, 422),
    ({"name": ""}, 422),
    ({"name": " anna"}, 422),
    ({"name": "a/b"}, 422),
    ({"name": "a\nb"}, 422),
    ({"name": "a" * 64}, 422),
    ({"name": "ben", "role": "owner"}, 422),
    ({"name": "ben", "token": "mine"}, 422),
    ({}, 422),
]


async def test_a_name_is_used_once_and_fits_into_a_line(operator: httpx.AsyncClient) -> None:
    await add(operator, "anna")
    for body, status in NAMES:
        assert (await operator.post("/api/operators", json=body)).status_code == status, body


async def test_who_takes_a_name_that_is_in_use_is_told_so(operator: httpx.AsyncClient) -> None:
    await add(operator, "anna")
    response = await operator.post("/api/operators", json={"name": "Anna"})
    assert response.json() == {"code": "conflict", "message": "there is an account 'anna' already; choose another name"}


async def test_a_change_of_accounts_is_in_the_journal(operator: httpx.AsyncClient) -> None:
    await add(operator, "anna")
    await operator.delete("/api/operators/anna", headers={"X-Operator": "Ruth"})
    entries = (await operator.get("/api/journal")).json()["entries"]
    assert [(row["who"], row["role"], row["action"], row["target"], row["details"]) for row in entries] == [
        ("Ruth", "admin", "operator.remove", "anna", {}),
        ("operator", "admin", "operator.add", "anna", {"role": "operator"}),
    ]


async def test_refused_requests_are_counted_and_logged_without_their_tokens(
    app: FastAPI, operator: httpx.AsyncClient, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    token = await add(operator, "anna")
    caplog.set_level(logging.INFO)
    async with connect(app, token) as anna, connect(app, "forged-token") as forger:
        await anna.put("/api/routing", json={})
        await forger.get("/api/me", params={"secret": "in-the-query"})
    told = [(r.getMessage(), r.outcome, r.detail) for r in caplog.records if r.name == "bot.api.refusal"]  # type: ignore[attr-defined]
    assert told == [
        ("request_refused", "forbidden", "PUT /api/routing from 127.0.0.1"),
        ("request_refused", "unauthorized", "GET /api/me from 127.0.0.1"),
    ]
    metrics = (await operator.get("/metrics")).text
    assert 'chatbot_refused_requests_total{code="forbidden"' in metrics
    assert 'chatbot_refused_requests_total{code="unauthorized"' in metrics
    ours = str([vars(record) for record in caplog.records if record.name.startswith("bot.")])
    assert not any(secret in ours for secret in (token, "forged-token", "in-the-query"))


def test_an_account_that_is_removed_while_connected_is_cut_off(sockets: tuple[TestClient, str]) -> None:
    client, token = sockets
    headers = {"Authorization": f"Bearer {token}"}
    anna = client.post("/api/operators", json={"name": "anna"}, headers=headers).json()["token"]
    with client.websocket_connect("/ws/operator") as others, client.websocket_connect("/ws/operator") as socket:
        for console, key in ((others, token), (socket, anna)):
            console.send_json({"type": "auth", "token": key})
            assert console.receive_json() == {"type": "ready"}
        client.delete("/api/operators/anna", headers=headers)
        assert code_at_the_end(socket) == 1008
        others.send_json({"type": "ping"})
        frames = iter(others.receive_json, {"type": "pong"})
        assert {"type": "changed", "topic": "operator", "id": "anna"} in list(frames)


def code_at_the_end(socket: WebSocketTestSession) -> int:
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as left:
        return left.code


async def test_the_journal_is_read_page_by_page(operator: httpx.AsyncClient) -> None:
    for name in ("anna", "ben", "carl"):
        await add(operator, name)
    first = (await operator.get("/api/journal", params={"limit": 2})).json()
    assert [row["target"] for row in first["entries"]] == ["carl", "ben"]
    rest = (await operator.get("/api/journal", params={"limit": 2, "before": first["next"]})).json()
    assert [row["target"] for row in rest["entries"]] == ["anna"]
    assert rest["next"] is None
