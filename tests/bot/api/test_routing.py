"""Routing and backends over HTTP."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backends.contract import Status
from backends.scripted import Scripted
from bot.broken import Broken
from bot.house import House

ARMS = [{"arm": "main", "weight": 1.0, "chain": ["scripted"]}]


async def put(client: httpx.AsyncClient, body: Any, version: Any = 1) -> httpx.Response:
    headers = {} if version is None else {"If-Match": str(version)}
    return await client.put("/api/routing", json=body, headers=headers)


async def test_the_first_version_comes_from_the_settings(operator: httpx.AsyncClient) -> None:
    response = await operator.get("/api/routing")
    assert response.json() == {
        "version": 1,
        "backends": {"scripted": {"enabled": True}},
        "arms": ARMS,
        "error_budget": 0.02,
    }
    assert response.headers["etag"] == '"1"'
    assert response.headers["cache-control"] == "no-store"


async def test_what_was_read_can_be_written_back(operator: httpx.AsyncClient) -> None:
    document = (await operator.get("/api/routing")).json()
    response = await put(operator, document, '"1"')
    assert response.status_code == 200
    assert response.json() == {**document, "version": 2}


async def test_a_switched_off_backend_is_skipped_by_the_next_turn(operator: httpx.AsyncClient) -> None:
    body = {"sender": "anna", "message": "hello"}
    assert (await operator.post("/webhooks/rest/webhook", json=body)).json()[0]["text"] == "Hello there."
    response = await put(operator, {"backends": {"scripted": {"enabled": False}}, "why": "it babbles"})
    assert response.json()["backends"] == {"scripted": {"enabled": False}}
    assert response.json()["arms"] == ARMS
    said = (await operator.post("/webhooks/rest/webhook", json=body)).json()
    assert said[0]["custom"]["backend"] == "fallback"
    rows = (await operator.get("/api/conversations")).json()["conversations"]
    turns = (await operator.get(f"/api/conversations/{rows[0]['conversation_id']}")).json()["turns"]
    assert [turn["attempts"][0]["outcome"] for turn in turns] == ["reply", "skipped:disabled"]
    assert (await put(operator, {"backends": {"scripted": {"enabled": True}}}, 2)).status_code == 200
    assert (await operator.post("/webhooks/rest/webhook", json=body)).json()[0]["text"] == "Hello there."


async def test_who_and_why_are_kept_with_each_version(operator: httpx.AsyncClient, house: House) -> None:
    await operator.put(
        "/api/routing",
        json={"error_budget": 0.05, "why": "too careful"},
        headers={"If-Match": "1", "X-Operator": "olga"},
    )
    kept = await house.reader.read(
        lambda db: db.execute("SELECT version, who, why FROM routing ORDER BY version").fetchall()
    )
    assert kept == [(1, "settings", "first start"), (2, "olga", "too careful")]


@pytest.mark.parametrize("version", [None, 0, 2, 99, "abc", '""'])
async def test_a_version_that_does_not_hold_any_more_changes_nothing(operator: httpx.AsyncClient, version: Any) -> None:
    response = await put(operator, {"error_budget": 0.5}, version)
    assert response.status_code == 409
    assert response.json()["code"] == "conflict"
    assert (await operator.get("/api/routing")).json()["error_budget"] == 0.02


@pytest.mark.parametrize(("version", "given"), [(None, "none"), ("abc", "'abc'")])
async def test_who_names_no_version_is_told_which_to_name(
    operator: httpx.AsyncClient, version: str | None, given: str
) -> None:
    told = (await put(operator, {"error_budget": 0.5}, version)).json()["message"]
    assert told == f"expected the header `If-Match: 1`, the version to be replaced, got {given}"


async def test_of_two_operators_only_the_first_wins(operator: httpx.AsyncClient) -> None:
    assert (await put(operator, {"error_budget": 0.03})).status_code == 200
    assert (await put(operator, {"error_budget": 0.04})).status_code == 409


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"arms": [{"arm": "a", "weight": 1, "chain": ["nobody"]}]}, "nobody"),
        ({"arms": [{"arm": "a", "weight": 0, "chain": ["scripted"]}]}, "weight above 0"),
        ({"arms": [{"arm": "a", "weight": -1, "chain": ["scripted"]}]}, "weight"),
        ({"arms": [{"arm": "a", "weight": 1, "chain": []}]}, "chain"),
        ({"arms": [{"arm": "a", "weight": 1, "chain": ["handoff", "scripted"]}]}, "last step"),
        ({"arms": [*ARMS, *ARMS]}, "distinct"),
        ({"arms": []}, "weight above 0"),
        ({"error_budget": 2}, "error_budget"),
        ({"backends": {"nobody": {"enabled": False}}}, "nobody"),
        ({"backends": {"scripted": {"on": True}}}, "on"),
        ({"arm": []}, "arm"),
        ([], "dict"),
    ],
)
async def test_a_routing_that_cannot_work_is_refused_with_a_reason(
    operator: httpx.AsyncClient, body: Any, word: str
) -> None:
    response = await put(operator, body)
    assert response.status_code == 422
    assert word in response.json()["message"]
    assert (await operator.get("/api/routing")).json()["version"] == 1


async def test_a_weight_that_is_no_number_is_refused(operator: httpx.AsyncClient) -> None:
    body = '{"arms": [{"arm": "a", "weight": NaN, "chain": ["scripted"]}]}'
    headers = {"If-Match": "1", "Content-Type": "application/json"}
    assert (await operator.put("/api/routing", content=body, headers=headers)).status_code == 422


async def test_a_chain_may_end_with_a_person(operator: httpx.AsyncClient) -> None:
    arms = [{"arm": "main", "weight": 0.5, "chain": ["scripted", "handoff"]}]
    response = await put(operator, {"arms": arms})
    assert response.json()["arms"] == arms
    assert response.json()["backends"] == {"scripted": {"enabled": True}}


async def test_backends_say_how_they_are_doing(operator: httpx.AsyncClient, house: House) -> None:
    house.engine.backends["rag"] = Broken("rag", "the endpoint is down")
    response = await operator.get("/api/backends")
    assert response.json() == {
        "backends": [
            {"name": "scripted", "enabled": True, "state": "ok", "detail": ""},
            {"name": "rag", "enabled": True, "state": "down", "detail": "the endpoint is down"},
        ]
    }


class Degraded(Scripted):
    """Answers, but not well."""

    def status(self) -> Status:
        return Status("degraded", "half of it is missing")


async def test_ready_means_that_somebody_of_the_default_chain_can_answer(
    anyone: httpx.AsyncClient, operator: httpx.AsyncClient, house: House
) -> None:
    assert (await anyone.get("/healthz")).json() == {"status": "ok"}
    assert (await anyone.get("/readyz")).status_code == 200
    house.engine.backends["scripted"] = Degraded({})
    assert (await anyone.get("/readyz")).json()["backends"] == {"scripted": "degraded"}
    assert (await anyone.get("/readyz")).status_code == 200
    house.engine.backends["scripted"] = Broken("scripted", "gone")
    response = await anyone.get("/readyz")
    assert response.status_code == 503
    assert response.json()["store"] == "ok"
    house.engine.backends["scripted"] = Scripted({})
    await put(operator, {"backends": {"scripted": {"enabled": False}}})
    assert (await anyone.get("/readyz")).status_code == 503


async def test_a_closed_store_is_not_ready(app: FastAPI, anyone: httpx.AsyncClient, house: House) -> None:
    house.writer.close()
    response = await anyone.get("/readyz")
    assert (response.status_code, response.json()["store"]) == (503, "down")


async def test_prometheus_reads_what_was_answered(anyone: httpx.AsyncClient) -> None:
    await anyone.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"})
    response = await anyone.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert 'chatbot_turns_total{backend="scripted",outcome="answered"' in response.text
    assert 'chatbot_backend_state{backend="scripted",state="ok"' in response.text
