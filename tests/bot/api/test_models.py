"""Bundles and nightly runs over HTTP."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backends import bundle
from bot import flocks
from bot.house import House
from bot.wire import Changed

Build = Callable[..., Path]
IDLE = {"next_run_at": None, "running": None, "last": None}


def fill(house: House, build: Build) -> list[Path]:
    root = house.home / "bundles"
    return [build(root / name, bundle_id=name) for name in ("20260101T000000Z-aaa", "20260102T000000Z-bbb")]


async def test_without_a_training_there_is_no_bundle(operator: httpx.AsyncClient) -> None:
    nothing: dict[str, Any] = {"bundles": [], "current": None, "rollback_to": None, "nightly": IDLE}
    assert (await operator.get("/api/models")).json() == nothing


async def test_a_bundle_is_promoted_and_named_as_the_current_one(
    operator: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    old, new = fill(house, make_tiny_bundle)
    response = await operator.post(f"/api/models/{old.name}/promote")
    assert response.status_code == 200
    assert response.json()["current"] == old.name
    assert (await operator.post(f"/api/models/{new.name}/promote")).json()["current"] == new.name
    body = (await operator.get("/api/models")).json()
    assert {row["id"]: row["is_current"] for row in body["bundles"]} == {old.name: False, new.name: True}
    assert {row["accuracy"] for row in body["bundles"]} == {1.0}
    metrics = (await operator.get("/metrics")).text
    assert f'chatbot_model_info{{version="{new.name}"' in metrics


async def test_a_damaged_bundle_is_refused_and_the_old_one_stays(
    operator: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    old, new = fill(house, make_tiny_bundle)
    await operator.post(f"/api/models/{old.name}/promote")
    (new / "labels.json").write_text("{}")
    response = await operator.post(f"/api/models/{new.name}/promote")
    assert response.status_code == 422
    assert "labels.json" in response.json()["message"]
    body = (await operator.get("/api/models")).json()
    assert body["current"] == old.name
    assert next(row for row in body["bundles"] if row["id"] == new.name)["problem"]


async def test_an_unknown_bundle_is_not_found(operator: httpx.AsyncClient, house: House) -> None:
    for name in ("nope", "..", "%2e%2e%2fx"):
        assert (await operator.post(f"/api/models/{name}/promote")).status_code in {404, 405}


async def test_a_rollback_goes_back_and_says_who_wanted_it(
    operator: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    old, new = fill(house, make_tiny_bundle)
    assert (await operator.post("/api/models/rollback")).status_code == 404
    for folder in (old, new):
        body = (await operator.post(f"/api/models/{folder.name}/promote")).json()
    assert body["rollback_to"] == old.name
    answer = await operator.post("/api/models/rollback", headers={"x-operator": "ada"})
    assert (answer.status_code, answer.json()["current"]) == (200, old.name)
    assert next(row["why"] for row in answer.json()["bundles"] if row["is_current"]) == "rolled back by ada"
    assert answer.json()["rollback_to"] is None


async def test_a_bundle_is_listed_with_the_night_that_made_it(
    operator: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    _, new = fill(house, make_tiny_bundle)
    night = house.home / "nights" / "20260102T000000Z-n"
    night.mkdir(parents=True)
    report = {"challenger": new.name, "decision": "refused", "reasons": ["3 points worse"], "night": night.name}
    (night / "report.json").write_text(json.dumps({**report, "at": "then", "sections": {}}))
    newest, oldest = (await operator.get("/api/models")).json()["bundles"]
    expected = {
        "night": night.name,
        "at": "then",
        "decision": "refused",
        "reasons": ["3 points worse"],
        "report": None,
    }
    assert (newest["night"], oldest["night"]) == (expected, None)
    assert newest["size_bytes"] > 1000


async def test_a_switch_that_cannot_be_written_leaves_the_old_bundle(
    operator: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    old, new = fill(house, make_tiny_bundle)
    await operator.post(f"/api/models/{old.name}/promote")
    history = house.home / "bundles" / "history.jsonl"
    history.unlink()
    history.mkdir()
    answer = await operator.post(f"/api/models/{new.name}/promote")
    assert answer.status_code == 503
    assert "the current bundle stays" in answer.json()["message"]


@pytest.fixture
def nightly(house: House) -> House:
    """A house whose nightly run does nothing, at once."""
    said = json.dumps({"decision": "nothing_to_do", "reasons": ["no labels"], "champion": None, "challenger": None})
    house.nightly._command = (sys.executable, "-c", f"print({said!r})")
    return house


async def test_a_nightly_run_can_be_started_and_its_end_is_told(operator: httpx.AsyncClient, nightly: House) -> None:
    answer = await operator.post("/api/models/nightly", headers={"x-operator": "ada"})
    assert answer.status_code == 202
    assert answer.json()["nightly"]["running"]["by"] == "ada"
    assert (await operator.post("/api/models/nightly")).status_code == 409
    async with asyncio.timeout(30):
        while (await operator.get("/api/models")).json()["nightly"]["running"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    last = (await operator.get("/api/models")).json()["nightly"]["last"]
    assert (last["result"], last["reasons"], last["by"]) == ("nothing_to_do", ["no labels"], "ada")
    assert 'chatbot_training_runs_total{result="nothing_to_do"' in (await operator.get("/metrics")).text


async def test_a_run_that_is_on_elsewhere_is_told_in_words(operator: httpx.AsyncClient, nightly: House) -> None:
    lock = flocks.take(nightly.home / "nightly.lock")
    assert lock is not None
    answer = await operator.post("/api/models/nightly")
    lock.close()
    assert answer.status_code == 409
    assert "outside this server" in answer.json()["message"]


async def test_a_run_that_cannot_be_recorded_is_not_started(operator: httpx.AsyncClient, nightly: House) -> None:
    (nightly.home / "nights").write_text("in the way")
    answer = await operator.post("/api/models/nightly")
    assert answer.status_code == 503
    assert "nothing was changed" in answer.json()["message"]


async def test_the_next_run_is_told(make_app: Callable[..., FastAPI], connect: Callable[..., Any]) -> None:
    app = make_app(nightly={"at": "02:30"})
    async with app.router.lifespan_context(app), connect(app, app.state.house.token.value) as client:
        due = datetime.fromisoformat((await client.get("/api/models")).json()["nightly"]["next_run_at"])
    assert due > datetime.now(UTC)
    assert f"{due.astimezone():%H:%M}" == "02:30"


async def test_bundles_are_for_operators_only(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/models")).status_code == 401
    for what in ("x/promote", "rollback", "nightly"):
        assert (await anyone.post(f"/api/models/{what}")).status_code == 401


async def test_the_page_of_a_night_is_served_for_a_frame_without_scripts(
    operator: httpx.AsyncClient, anyone: httpx.AsyncClient, house: House, make_tiny_bundle: Build
) -> None:
    _, new = fill(house, make_tiny_bundle)
    night = house.home / "nights" / "20260102T000000Z-n"
    night.mkdir(parents=True)
    (night / "report.json").write_text(json.dumps({"challenger": new.name, "night": night.name}))
    (night / "report.html").write_text("<h1>Refused</h1>", encoding="utf-8")
    (house.home / "nights" / "last.json").write_text(
        json.dumps({"result": "kept", "report": str(night / "report.html")})
    )
    body = (await operator.get("/api/models")).json()
    address = body["bundles"][0]["night"]["report"]
    assert body["nightly"]["last"]["report"] == address
    page = await operator.get(address)
    assert (page.status_code, page.text) == (200, "<h1>Refused</h1>")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert (await anyone.get(address)).status_code == 401


async def test_consoles_hear_of_a_model_that_came_into_service_by_other_means(
    app: FastAPI, house: House, make_tiny_bundle: Build
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    house.hub.watch(Console(heard))
    old, _ = fill(house, make_tiny_bundle)
    bundle.promote(house.home, old.name, why="command line")
    async with asyncio.timeout(5):
        while (await heard.get()) != Changed(topic="model"):
            pass


class Console:
    """Hears what the hub tells operators."""

    def __init__(self, heard: "asyncio.Queue[Any]") -> None:
        self.watched = heard.put_nowait


async def test_a_night_that_is_none_has_no_page(operator: httpx.AsyncClient, house: House) -> None:
    (house.home / "report.html").write_text("not a night's", encoding="utf-8")
    for night in ("20990101T000000Z-n", "..", "%2e%2e", "a%2fb", "-", "last.json", "x" * 200):
        assert (await operator.get(f"/api/nights/{night}/report")).status_code == 404, night


async def test_who_promoted_what_is_in_the_journal(
    operator: httpx.AsyncClient, nightly: House, make_tiny_bundle: Build
) -> None:
    old, new = fill(nightly, make_tiny_bundle)
    for path in (f"{old.name}/promote", f"{new.name}/promote", "nope/promote", "rollback", "nightly"):
        await operator.post(f"/api/models/{path}", headers={"x-operator": "ada"})
    entries = (await operator.get("/api/journal")).json()["entries"]
    assert [(row["action"], row["target"], row["who"]) for row in reversed(entries)] == [
        ("model.promote", old.name, "ada"),
        ("model.promote", new.name, "ada"),
        ("model.rollback", old.name, "ada"),
        ("model.nightly", None, "ada"),
    ]
