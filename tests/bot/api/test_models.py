"""Bundles over HTTP."""

from collections.abc import Callable
from pathlib import Path

import httpx

from bot.house import House

Build = Callable[..., Path]


def fill(house: House, build: Build) -> list[Path]:
    root = house.home / "bundles"
    return [build(root / name, bundle_id=name) for name in ("20260101T000000Z-aaa", "20260102T000000Z-bbb")]


async def test_without_a_training_there_is_no_bundle(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/models")).json() == {"bundles": [], "current": None}


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


async def test_bundles_are_for_operators_only(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/models")).status_code == 401
    assert (await anyone.post("/api/models/x/promote")).status_code == 401
