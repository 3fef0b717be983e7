"""Corrections, and what comes of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backends.bundle import promote
from backends.content import reload
from backends.content.content import COMMON
from bot.house import STORE, House
from training.harvest.labels import harvest
from training.harvest.logged import read_logged

Connect = Callable[..., httpx.AsyncClient]
REPLIES = "responses:\n  utter_greet:\n    - text: Hello there.\n"


@pytest.fixture
async def shop(
    make_app: Callable[..., FastAPI], bot_folder: Path, tmp_path: Path, make_tiny_bundle: Callable[..., Path]
) -> AsyncIterator[FastAPI]:
    """A server whose classifier knows a few words, and whose bot has one reply and one article."""
    common = "".join(f"  {name}:\n    - text: {name}\n" for name in COMMON)
    (bot_folder / "responses.yml").write_text(f"{REPLIES}{common}deferred: [return_policy]\n", encoding="utf-8")
    (bot_folder / "articles").mkdir()
    article = "---\ntitle: Help\nurl: /help/help\nupdated: 2026-01-01\n---\nWrite to help@shop.example, any day.\n"
    (bot_folder / "articles" / "help.md").write_text(article, encoding="utf-8")
    make_tiny_bundle(tmp_path / "var" / "bundles" / "tiny-0001")
    promote(tmp_path / "var", "tiny-0001")
    arms = [{"arm": "main", "weight": 1, "chain": ["intent"]}]
    app = make_app(routing={"arms": arms}, backends={"intent": {}})
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def admin(shop: FastAPI, connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(shop, shop.state.house.token.value) as client:
        yield client


async def ask(client: httpx.AsyncClient, text: str, sender: str = "anna") -> str:
    """Say something; gives the id of its turn."""
    response = await client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
    assert response.status_code == 200, response.text
    house: House = client._transport.app.state.house  # type: ignore[attr-defined]
    turn, said = house.reader.read_now(lambda db: db.execute("SELECT id, text FROM turns ORDER BY id DESC").fetchone())
    assert said == text
    return str(turn)


async def correct(client: httpx.AsyncClient, turn: str, status: int = 200, **body: Any) -> dict[str, Any]:
    response = await client.post(f"/api/turns/{turn}/correction", json=body)
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_corrected_intent_is_in_the_data_of_the_next_night(admin: httpx.AsyncClient, shop: FastAPI) -> None:
    wrong = await ask(admin, "where is the bus stop")
    right = await ask(admin, "hello", "ben")
    made = await correct(admin, wrong, intent="directions", note="call 0171 1234567")
    assert made["label_id"]
    assert made["has_reply"] is False
    house: House = shop.state.house
    found = harvest(read_logged(house.home / STORE), cap=20)
    assert [(row.turn_id, row.text, row.intent, str(row.provenance)) for row in found.labelled] == [
        (wrong, "where is the bus stop", "directions", "operator")
    ]
    await correct(admin, wrong, intent="oos")
    await correct(admin, right, intent="goodbye")
    found = harvest(read_logged(house.home / STORE), cap=20)
    assert [(row.turn_id, row.intent) for row in found.labelled] == [(wrong, "oos"), (right, "goodbye")]
    labels = house.reader.read_now(lambda db: [dict(row) for row in db.table("labels").rows])
    assert "1234567" not in str(labels)


async def test_an_accepted_reply_is_said_until_it_is_taken_back(
    admin: httpx.AsyncClient, shop: FastAPI, bot_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "CHECK_EVERY_S", 0.0)
    before = (bot_folder / "responses.yml").read_text(encoding="utf-8")
    turn = await ask(admin, "hello")
    made = await correct(admin, turn, reply="Good to see you.")
    (proposal,) = made["proposal_ids"]
    listed = (await admin.get("/api/proposals")).json()["proposals"]
    assert [(row["proposal_id"], row["kind"], row["intent"], row["problem"]) for row in listed] == [
        (proposal, "reply", "greet", None)
    ]
    accepted = await admin.post(f"/api/proposals/{proposal}/accept", headers={"X-Operator": "Ruth"})
    assert (accepted.json()["state"], accepted.json()["decided_by"]) == ("accepted", "Ruth")
    assert (await admin.get("/api/proposals")).json()["proposals"] == []
    await until_said(shop, {"Hello there.", "Good to see you."})
    await admin.post(f"/api/proposals/{proposal}/reject")
    await until_said(shop, {"Hello there."})
    assert (bot_folder / "responses.yml").read_text(encoding="utf-8") == before
    told = [(row["action"], row["target"]) for row in (await admin.get("/api/journal")).json()["entries"]]
    assert told == [
        ("proposal.reject", proposal),
        ("proposal.accept", proposal),
        ("proposal.add", proposal),
        ("turn.correct", turn),
    ]


async def until_said(app: FastAPI, expected: set[str]) -> None:
    """Look at the files until the content in use says exactly these."""
    house: House = app.state.house
    for _ in range(500):
        content = await house.content.fresh()
        if {variant.text for variant in content.responses.variants["utter_greet"]} == expected:
            return
        await asyncio.to_thread(str)  # the files are read in a thread
    raise AssertionError(expected)


async def test_what_was_accepted_is_served_after_a_restart_without_its_file(
    admin: httpx.AsyncClient, shop: FastAPI, tmp_path: Path
) -> None:
    made = await correct(admin, await ask(admin, "hello"), reply="Good to see you.")
    await admin.post(f"/api/proposals/{made['proposal_ids'][0]}/accept")
    path = tmp_path / "var" / "content" / "responses.accepted.yml"
    assert "Good to see you." in path.read_text(encoding="utf-8")
    path.unlink()
    async with shop.router.lifespan_context(shop):
        assert "Good to see you." in path.read_text(encoding="utf-8")


async def test_accepting_twice_changes_nothing(admin: httpx.AsyncClient) -> None:
    made = await correct(admin, await ask(admin, "hello"), reply="Good to see you.")
    for _ in range(2):
        assert (await admin.post(f"/api/proposals/{made['proposal_ids'][0]}/accept")).status_code == 200
    actions = [row["action"] for row in (await admin.get("/api/journal")).json()["entries"]]
    assert actions.count("proposal.accept") == 1


async def test_a_reply_with_a_place_that_nothing_fills_in_is_refused_before_it_is_a_proposal(
    admin: httpx.AsyncClient,
) -> None:
    turn = await ask(admin, "hello")
    refused = await correct(admin, turn, 422, intent="greet", reply="Hello {nonsense}.")
    assert "nothing fills in {nonsense} in a reply to greet; known here: none;" in refused["message"]
    assert (await admin.get("/api/proposals")).json()["proposals"] == []
    assert (await admin.get("/api/journal")).json()["entries"] == []


async def test_a_reply_that_cannot_be_served_cannot_be_accepted(admin: httpx.AsyncClient) -> None:
    made = await correct(admin, await ask(admin, "hello"), reply="Thirty days.", intent="return_policy")
    (row,) = (await admin.get("/api/proposals")).json()["proposals"]
    assert row["problem"]
    response = await admin.post(f"/api/proposals/{made['proposal_ids'][0]}/accept")
    assert (response.status_code, response.json()["message"]) == (422, row["problem"])


async def test_accepted_notes_lie_beside_the_articles(admin: httpx.AsyncClient, tmp_path: Path) -> None:
    turn = await ask(admin, "where is my parcel")
    made = await correct(admin, turn, article_id="help", article_note="Say that Sundays are closed.")
    await correct(admin, turn, article_note="Nothing about parcels.")
    assert made["label_id"] is None
    (proposal,) = made["proposal_ids"]
    await admin.post(f"/api/proposals/{proposal}/accept")
    notes = (tmp_path / "var" / "content" / "article_notes.json").read_text(encoding="utf-8")
    assert "Sundays" in notes
    assert "parcels" not in notes
    accepted = (await admin.get("/api/proposals", params={"state": "accepted", "kind": "article"})).json()
    assert [row["article_id"] for row in accepted["proposals"]] == ["help"]
    everything = (await admin.get("/api/proposals", params={"state": "all"})).json()["proposals"]
    assert [row["state"] for row in everything] == ["open", "accepted"]


CORRECTIONS: list[tuple[dict[str, Any], int]] = [
    ({}, 422),
    ({"note": "only a note"}, 422),
    ({"intent": "Not A Name"}, 422),
    ({"reply": " "}, 422),
    ({"reply": "Call 0171 1234567."}, 422),
    ({"reply": "Write to anna@home.example."}, 422),
    ({"intent": "oos", "reply": "Sorry."}, 422),
    ({"article_id": "nowhere", "article_note": "Mend it."}, 422),
    ({"intent": "greet", "color": "red"}, 422),
]


async def test_a_correction_makes_sense_or_is_refused(admin: httpx.AsyncClient) -> None:
    turn = await ask(admin, "hello")
    for body, status in CORRECTIONS:
        await correct(admin, turn, status, **body)
    assert (await admin.get("/api/journal")).json()["entries"] == []
    await correct(admin, turn, reply="Write to help@shop.example, any day.")


async def test_a_reply_to_a_turn_without_an_intent_needs_one(admin: httpx.AsyncClient) -> None:
    turn = await ask(admin, "zzz")
    assert "intent" in (await correct(admin, turn, 422, reply="Hm."))["message"]
    await correct(admin, turn, intent="greet")
    assert len((await correct(admin, turn, reply="Hm."))["proposal_ids"]) == 1


async def test_what_is_not_there_is_not_found(admin: httpx.AsyncClient) -> None:
    for path in ("turns/t_x/correction", "proposals/p_x/accept", "proposals/p_x/reject"):
        assert (await admin.post(f"/api/{path}", json={"intent": "greet"})).status_code == 404


async def test_an_operator_proposes_and_an_admin_decides(
    admin: httpx.AsyncClient, shop: FastAPI, connect: Connect
) -> None:
    token = (await admin.post("/api/operators", json={"name": "ben"})).json()["token"]
    turn = await ask(admin, "hello")
    async with connect(shop, token) as ben:
        made = await correct(ben, turn, reply="Good to see you.")
        assert (await ben.post(f"/api/proposals/{made['proposal_ids'][0]}/accept")).status_code == 403
    assert (await admin.get("/api/proposals")).json()["proposals"][0]["by"] == "ben"
