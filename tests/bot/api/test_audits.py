"""Audits over HTTP: draw, look, judge; every change is in the journal."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

from bot.house import STORE, House
from bot.outcomes.job import judge
from bot.store.outcomes import read_audits
from bot.store.writer import connect as open_store
from tests.bot.outcomes.shelving import shelve
from tests.bot.outcomes.telling import tell

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def told(house: House) -> House:
    """A server with five conversations whose outcome is known: four with a question."""
    db = open_store(house.home / STORE)
    shelve(db, [tell("@answered", name=f"c{number}", unit=f"visitor:{number}") for number in range(4)])
    shelve(db, [tell("0 customer: hello | 0.1 template greet", name="c9", unit="visitor:9")])
    db.conn.close()
    judge(house.home / STORE, "2024-04-01", house.settings.outcomes)
    return house


@pytest.fixture
async def ann(app: FastAPI, operator: httpx.AsyncClient, connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the role operator."""
    made = await operator.post("/api/operators", json={"name": "ann", "role": "operator"})
    async with connect(app, made.json()["token"]) as client:
        yield client


async def test_without_a_draw_there_is_nothing_to_judge(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/api/audits")).json() == {"open": 0, "judged": 0, "next": None}


async def test_a_sample_is_drawn_and_judged_one_after_another(
    told: House, operator: httpx.AsyncClient, ann: httpx.AsyncClient
) -> None:
    drawn = (await operator.post("/api/audits/draw", json={"n": 2})).json()
    assert (drawn["drawn"], drawn["open"], drawn["judged"]) == (2, 2, 0)
    for left in (2, 1):
        state = (await ann.get("/api/audits")).json()
        assert state["open"] == left
        audit_id = state["next"]["audit_id"]
        judged = await ann.post(f"/api/audits/{audit_id}", json={"resolved": left == 2, "note": "mail a@shop.example"})
        assert judged.status_code == 200, judged.text
        assert judged.json()["note"] == "mail [email]"
    assert (await ann.get("/api/audits")).json() == {"open": 0, "judged": 2, "next": None}
    rows = told.reader.read_now(read_audits)
    assert [(row.resolved, row.by, row.probability) for row in rows] == [(True, "ann", 0.5), (False, "ann", 0.5)]


async def test_more_than_there_is_cannot_be_drawn(told: House, operator: httpx.AsyncClient) -> None:
    assert (await operator.post("/api/audits/draw", json={"n": 100})).json()["drawn"] == 4
    assert (await operator.post("/api/audits/draw", json={"n": 100})).json()["drawn"] == 0


async def test_a_source_of_its_own_is_drawn_from_on_request(told: House, operator: httpx.AsyncClient) -> None:
    assert (await operator.post("/api/audits/draw", json={"n": 9, "source": "simulated"})).json()["drawn"] == 0


async def test_who_drew_and_judged_is_in_the_journal(
    told: House, operator: httpx.AsyncClient, ann: httpx.AsyncClient
) -> None:
    drawn = (await operator.post("/api/audits/draw", json={"n": 1})).json()
    await ann.post(f"/api/audits/{drawn['next']['audit_id']}", json={"resolved": True})
    judged, draw = (await operator.get("/api/journal")).json()["entries"][:2]
    assert (judged["who"], judged["action"], judged["target"]) == ("ann", "audit.judge", drawn["next"]["audit_id"])
    assert judged["details"]["resolved"] is True
    assert (draw["action"], draw["details"]["n"], draw["details"]["source"]) == ("audit.draw", 1, "live")
    assert draw["details"]["seed"] >= 0


async def test_only_an_admin_draws(ann: httpx.AsyncClient) -> None:
    response = await ann.post("/api/audits/draw", json={"n": 1})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_nobody_judges_without_a_token_or_what_was_not_drawn(
    anyone: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    assert (await anyone.get("/api/audits")).status_code == 401
    assert (await anyone.post("/api/audits/a_1", json={"resolved": True})).status_code == 401
    assert (await operator.post("/api/audits/a_1", json={"resolved": True})).status_code == 404


@pytest.mark.parametrize("body", [{"n": 0}, {"n": 1001}, {"n": "many"}, {}, {"n": 1, "arm": "main"}])
async def test_a_draw_that_makes_no_sense_is_refused(operator: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await operator.post("/api/audits/draw", json=body)).status_code == 422
