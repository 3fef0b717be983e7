"""On duty and off, and what the list tells of those who wait."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.house import House
from bot.jobs import Ended

Say = Callable[..., Awaitable[list[dict[str, Any]]]]
ADA, BO = {"X-Operator": "ada"}, {"X-Operator": "bo"}


async def _pending(_: Path) -> Ended:
    """Stands for the search of files while a night is on."""
    return Ended(1, {}, "a night is on")


NOBODY = {"on_duty": [], "waiting": 0, "longest_wait_s": None, "messages": 0}


async def put(client: httpx.AsyncClient, on: bool, headers: dict[str, str] = ADA) -> dict[str, Any]:
    response = await client.put("/api/me/duty", json={"on_duty": on}, headers=headers)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def test_operators_go_on_duty_and_off_and_the_journal_tells(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/duty")).json() == NOBODY
    await put(operator, True)
    await put(operator, True)
    assert (await put(operator, True, BO))["on_duty"] == ["ada", "bo"]
    assert (await operator.get("/api/me", headers=ADA)).json()["on_duty"] is True
    assert (await put(operator, False))["on_duty"] == ["bo"]
    entries = (await operator.get("/api/journal")).json()["entries"]
    assert [(entry["who"], entry["action"]) for entry in entries] == [
        ("ada", "duty.off"),
        ("bo", "duty.on"),
        ("ada", "duty.on"),
    ]
    assert (await operator.put("/api/me/duty", json={})).status_code == 422


async def test_the_queue_is_told_by_waiting_customers_and_messages_that_were_left(
    operator: httpx.AsyncClient, say: Say
) -> None:
    (told,) = await say("/talk_to_human", sender="a")
    assert "Nobody is on duty" in told["text"] or "handoff_nobody" in told["text"]
    await put(operator, True)
    await say("/talk_to_human", sender="b")
    (third,) = await say("/talk_to_human", sender="c")
    assert third["text"].endswith("You are number 2 in line.")
    duty = (await operator.get("/api/duty")).json()
    assert (duty["waiting"], duty["messages"]) == (2, 1)
    assert 0 <= duty["longest_wait_s"] < 60
    rows = (await operator.get("/api/conversations", params={"owner": "queue"})).json()["conversations"]
    assert [(row["left_message"], row["waiting_s"] is None) for row in rows] == [
        (False, False),
        (False, False),
        (True, True),
    ]


async def test_the_list_can_be_narrowed_to_what_answered_last(operator: httpx.AsyncClient, say: Say) -> None:
    await say("hello", sender="a")
    await say("nonsense", sender="b")

    async def found(**params: Any) -> list[tuple[Any, ...]]:
        rows = (await operator.get("/api/conversations", params=params)).json()["conversations"]
        return [(row["last_text"], row["backend"], row["intent"], row["confidence"]) for row in rows]

    assert await found(backend="scripted") == [("Hello there.", "scripted", None, None)]
    assert await found(intent="greet") == []
    assert await found(arm="other") == []
    assert len(await found(arm="main")) == 2


async def test_of_two_operators_the_second_is_told_and_takes_over_knowingly(
    operator: httpx.AsyncClient, say: Say
) -> None:
    await say("hello")
    listed = (await operator.get("/api/conversations")).json()["conversations"]
    chat = f"/api/conversations/{listed[0]['conversation_id']}"
    assert (await operator.post(f"{chat}/take-over", headers=ADA)).status_code == 200
    for verb, body in (("take-over", {}), ("reply", {"text": "hi"}), ("take-over", {"over": "cleo"})):
        refused = await operator.post(f"{chat}/{verb}", json=body, headers=BO)
        assert (refused.status_code, refused.json()["code"]) == (409, "taken")
        assert refused.json()["message"].startswith("ada has this conversation")
    taken = await operator.post(f"{chat}/take-over", json={"over": "ada"}, headers=BO)
    assert taken.json()["operator"] == "bo"
    nameless = await operator.post(f"{chat}/take-over")
    assert nameless.json()["operator"] == "operator"


def test_a_console_keeps_its_operator_on_duty_under_the_name_it_gives(sockets: tuple[TestClient, str]) -> None:
    client, token = sockets
    house: House = client.app.state.house  # type: ignore[attr-defined]
    with client.websocket_connect("/ws/operator") as socket:
        socket.send_json({"type": "auth", "token": token, "operator": "ada"})
        assert socket.receive_json() == {"type": "ready"}
        assert dict(house.duty._here) == {"ada": 1}
        headers = {"Authorization": f"Bearer {token}", "X-Operator": "ada"}
        client.put("/api/me/duty", json={"on_duty": True}, headers=headers)
        frame = socket.receive_json()
        assert (frame["type"], frame["topic"], frame["id"]) == ("changed", "duty", "ada")
    client.get("/api/duty", headers=headers)
    assert dict(house.duty._here) == {}


def test_who_waits_for_a_person_is_told_the_place_on_the_socket(sockets: tuple[TestClient, str]) -> None:
    client, token = sockets
    headers = {"Authorization": f"Bearer {token}", "X-Operator": "ada"}
    client.put("/api/me/duty", json={"on_duty": True}, headers=headers)
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "session_request"})
        confirm = socket.receive_json()
        socket.send_json({"type": "handoff_request"})
        while (frame := socket.receive_json())["type"] != "queue":
            pass
    place = {"type": "queue", "position": 1, "waiting": 1, "estimate_s": None, "on_duty": True}
    assert frame == place
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "session_request", "session_id": confirm["session_id"], "resume_from": 2})
        while (frame := socket.receive_json())["type"] != "queue":
            pass
    assert frame == place


async def test_an_admin_erases_a_customer_and_everybody_may_read_the_certificate(
    operator: httpx.AsyncClient, app: FastAPI, house: House, say: Say, connect: Callable[..., httpx.AsyncClient]
) -> None:
    house.eraser._find = _pending
    await say("hello", sender="a")
    await say("hello", sender="b")
    first, second = (
        row["conversation_id"] for row in (await operator.get("/api/conversations")).json()["conversations"]
    )
    made = await operator.post("/api/operators", json={"name": "ben", "role": "operator"})
    async with connect(app, made.json()["token"]) as ben:
        refused = await ben.post("/api/customers/erase", json={"conversation_id": first})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        certificate = (await operator.post("/api/customers/erase", json={"conversation_id": first})).json()
        assert (certificate["conversations"], certificate["turns"], certificate["state"]) == (1, 1, "pending")
        assert (await ben.get("/api/customers/erasures")).json() == {"erasures": [certificate]}
    assert (await operator.get(f"/api/conversations/{first}")).status_code == 404
    assert (await operator.get(f"/api/conversations/{second}")).status_code == 200
    assert (await operator.post("/api/customers/erase", json={"conversation_id": first})).status_code == 404
    (told,) = await say("hello", sender="b")
    assert told["text"] == "Hello there."


async def test_whom_to_erase_has_to_be_said_in_one_way(operator: httpx.AsyncClient) -> None:
    for body in ({}, {"customer_id": "a", "visitor_id": "b"}, {"customer_id": ""}, {"name": "anna"}):
        assert (await operator.post("/api/customers/erase", json=body)).status_code == 422


def test_a_customer_who_is_connected_goes_on_in_a_new_conversation(sockets: tuple[TestClient, str]) -> None:
    client, token = sockets
    house: House = client.app.state.house  # type: ignore[attr-defined]
    house.eraser._find = _pending
    with client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "session_request", "visitor_id": "v7"})
        before = socket.receive_json()["conversation_id"]
        socket.send_json({"type": "user_uttered", "message_id": "m1", "text": "hello"})
        while socket.receive_json()["type"] != "bot_uttered":
            pass
        headers = {"Authorization": f"Bearer {token}"}
        client.post("/api/customers/erase", json={"visitor_id": "v7"}, headers=headers)
        while socket.receive_json()["type"] != "conversation_closed":
            pass
        socket.send_json({"type": "user_uttered", "message_id": "m2", "text": "hello"})
        while (frame := socket.receive_json())["type"] != "session_confirm":
            pass
        assert frame["conversation_id"] != before
        while (frame := socket.receive_json())["type"] != "bot_uttered":
            pass
        assert frame["text"] == "Hello there."
