"""Versions of the routing, undo and preview over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI

from bot.house import House

Make = Callable[..., FastAPI]


async def put(client: httpx.AsyncClient, body: Any, version: int) -> httpx.Response:
    response = await client.put("/api/routing", json=body, headers={"If-Match": str(version), "X-Operator": "olga"})
    assert response.status_code == 200, response.text
    return response


async def undo(client: httpx.AsyncClient, version: Any, body: Any = None) -> httpx.Response:
    return await client.post("/api/routing/undo", json=body, headers={"If-Match": str(version)})


async def budget(client: httpx.AsyncClient) -> float:
    return float((await client.get("/api/routing")).json()["error_budget"])


async def test_versions_tell_who_changed_what_and_why(operator: httpx.AsyncClient) -> None:
    arms = [{"arm": "main", "weight": 2.0, "chain": ["scripted", "handoff"]}]
    await put(operator, {"arms": arms, "backends": {"scripted": {"enabled": False}}, "why": "a try"}, 1)
    told = (await operator.get("/api/routing/versions")).json()
    assert [(row["version"], row["who"], row["why"]) for row in told["versions"]] == [
        (2, "olga", "a try"),
        (1, "settings", "first start"),
    ]
    assert told["versions"][0]["changes"] == [
        "scripted switched off",
        "arm main: weight 1 → 2",
        "arm main: chain scripted becomes scripted → handoff",
    ]
    assert told["versions"][0]["document"] == (await operator.get("/api/routing")).json()
    assert told["next"] is None


async def test_versions_are_read_page_by_page(operator: httpx.AsyncClient) -> None:
    for version, share in enumerate((0.03, 0.04, 0.05), start=1):
        await put(operator, {"error_budget": share}, version)
    first = (await operator.get("/api/routing/versions", params={"limit": 2})).json()
    assert [row["version"] for row in first["versions"]] == [4, 3]
    assert first["versions"][1]["changes"] == ["error budget 0.03 → 0.04"]
    rest = (await operator.get("/api/routing/versions", params={"limit": 2, "before": first["next"]})).json()
    assert [row["version"] for row in rest["versions"]] == [2, 1]


async def test_undo_puts_the_version_before_in_force_as_a_new_one(operator: httpx.AsyncClient) -> None:
    await put(operator, {"error_budget": 0.05}, 1)
    response = await undo(operator, 2)
    assert response.json()["version"] == 3
    assert response.headers["etag"] == '"3"'
    assert await budget(operator) == 0.02
    newest = (await operator.get("/api/routing/versions")).json()["versions"][0]
    assert (newest["restores"], newest["why"]) == (1, "back to version 1")
    journal = (await operator.get("/api/journal")).json()["entries"]
    assert [(row["action"], row["target"], row["details"]["changes"]) for row in journal] == [
        ("routing.undo", "3", ["error budget 0.05 → 0.02"]),
        ("routing.put", "2", ["error budget 0.02 → 0.05"]),
    ]


async def test_undo_again_goes_one_further_back(operator: httpx.AsyncClient) -> None:
    for version, share in enumerate((0.03, 0.04), start=1):
        await put(operator, {"error_budget": share}, version)
    found = []
    for version in (3, 4):
        assert (await undo(operator, version)).status_code == 200
        found.append(await budget(operator))
    assert found == [0.03, 0.02]
    nothing = await undo(operator, 5)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid")
    await put(operator, {"error_budget": 0.09}, 5)
    await undo(operator, 6)
    assert await budget(operator) == 0.02


async def test_any_version_can_be_put_in_force_again(operator: httpx.AsyncClient) -> None:
    for version, share in enumerate((0.03, 0.04), start=1):
        await put(operator, {"error_budget": share}, version)
    await undo(operator, 3, {"version": 2, "why": "it was better"})
    assert await budget(operator) == 0.03
    assert (await undo(operator, 4, {"version": 99})).status_code == 422


async def test_an_undo_of_another_version_is_a_conflict(operator: httpx.AsyncClient) -> None:
    await put(operator, {"error_budget": 0.05}, 1)
    for version in (1, "", "x"):
        assert (await undo(operator, version)).status_code == 409
    assert await budget(operator) == 0.05


async def test_a_preview_looks_at_what_was_asked(operator: httpx.AsyncClient, house: House) -> None:
    for sender, text in (("a", "hello"), ("b", "hello"), ("c", "what?")):
        await operator.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
    off = {"backends": {"scripted": {"enabled": False}}}
    found = (await operator.post("/api/routing/preview", json=off)).json()
    assert (found["turns"], found["changed"]) == (3, 2)
    assert found["by_backend"] == {"now": {"scripted": 2, "nobody": 1}, "then": {"nobody": 3}}
    assert (found["answered_now"], found["answered_then"], found["cost_now"], found["cost_then"]) == (2, 0, 0.0, 0.0)
    assert found["caveat"] is None
    assert house.board.current.version == 1


async def test_a_preview_says_how_far_to_trust_it(make_app: Make, connect: Callable[..., httpx.AsyncClient]) -> None:
    table = {"scripted": {"replies": {"hello": "Hi."}}, "rag": {}}
    app = make_app(backends=table)
    async with app.router.lifespan_context(app), connect(app, app.state.house.token.value) as client:
        await client.post("/webhooks/rest/webhook", json={"sender": "a", "message": "hello"})
        arms = [{"arm": "main", "weight": 1, "chain": ["rag", "scripted"]}, {"arm": "b", "weight": 1, "chain": ["rag"]}]
        found = (await client.post("/api/routing/preview", json={"arms": arms})).json()
    assert found["by_backend"]["then"] == {"open": 1}
    assert "1 message is left open" in found["caveat"]
    assert "draw everybody anew" in found["caveat"]


async def test_a_preview_without_messages_says_so(operator: httpx.AsyncClient) -> None:
    found = (await operator.post("/api/routing/preview", json={}, params={"source": "simulated"})).json()
    assert found["turns"] == 0
    assert found["caveat"].startswith("No message")


BROKEN: list[dict[str, Any]] = [
    {"error_budget": 7},
    {"arms": []},
    {"arms": [{"arm": "a", "weight": 1, "chain": ["nobody_knows"]}]},
    {"arms": [{"arm": "a", "weight": 0, "chain": ["scripted"]}]},
    {"backends": {"nobody_knows": {"enabled": False}}},
]


async def test_a_routing_that_cannot_work_has_no_preview(operator: httpx.AsyncClient) -> None:
    for body in BROKEN:
        assert (await operator.post("/api/routing/preview", json=body)).status_code == 422, body
