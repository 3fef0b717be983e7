"""The reports that consoles show."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.api.report_shapes import ResolutionOut
from bot.house import House
from bot.reports import Asked, Reports
from bot.settings import ComparisonSection, TariffSection
from eval.resolution.document import compare_arms
from eval.resolution.reading import EMPTY, Span
from tests.eval.resolution.making import logs_of, many

SPAN = Span(None, "2026-04-01T00:00:00Z", "live")
SAYS = "import json, sys; print(json.dumps({'verdict': 'Keep going.', 'options': sys.argv[1:]}))"


@pytest.fixture
async def quick(app: FastAPI, house: House) -> AsyncIterator[House]:
    """A house whose reports are made by a command that takes no time."""
    object.__setattr__(house, "reports", Reports(house.bot, house.home, command=(sys.executable, "-c", SAYS)))
    chore = asyncio.create_task(house.reports.run())
    yield house
    chore.cancel()
    await asyncio.gather(chore, return_exceptions=True)


async def ready(client: httpx.AsyncClient, path: str) -> httpx.Response:
    async with asyncio.timeout(20):
        while (response := await client.get(path)).status_code == 202:
            assert response.json() == {"state": "running"}
            await asyncio.sleep(0.05)
    return response


async def test_a_report_is_made_when_it_is_asked_for(operator: httpx.AsyncClient, quick: House) -> None:
    path = "/api/reports/resolution?since=2026-01-01T00:00:00&source=simulated"
    assert (await operator.get(path)).status_code == 202
    told = (await ready(operator, path)).json()
    assert (told["state"], told["stale"], told["verdict"]) == ("ready", False, "Keep going.")
    assert told["options"][:4] == ["--since", "2026-01-01T00:00:00Z", "--source", "simulated"]


@pytest.mark.parametrize(
    "query", ["since=yesterday", "source=test", "as_of=0001-01-01T00:00:00%2B14:00", "since=9999-12-31T23:59:59-12:00"]
)
async def test_what_makes_no_sense_is_refused(operator: httpx.AsyncClient, quick: House, query: str) -> None:
    assert (await operator.get(f"/api/reports/resolution?{query}")).status_code == 422


async def test_nobody_reads_without_the_token(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/reports/resolution")).status_code == 401
    assert (await anyone.get("/api/reports/numbers")).status_code == 401


async def test_a_failure_is_told_while_there_is_no_report(
    operator: httpx.AsyncClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Reports(house.bot, house.home)
    broken._failed[Asked(None, None, "live").name] = (datetime.now(UTC).timestamp(), "exit code 1: Error: no room")
    object.__setattr__(house, "reports", broken)
    response = await operator.get("/api/reports/resolution")
    assert response.status_code == 503
    assert response.json()["message"] == "exit code 1: Error: no room"


def test_the_report_has_the_shape_that_is_described() -> None:
    rows = [*many("intent", 120, 90), *many("rag", 120, 60)]
    made = compare_arms(logs_of(rows), SPAN, ComparisonSection(), TariffSection(), {"cintent00001": True}).document
    told = {**made, "state": "ready", "stale": False, "computed_at": "2026-01-01T00:00:00Z", "problem": None}
    ResolutionOut.model_validate(told)
    ResolutionOut.model_validate({**told, **compare_arms(EMPTY, SPAN, ComparisonSection(), TariffSection()).document})


async def test_figures_are_told_by_day(operator: httpx.AsyncClient, say: Any) -> None:
    await say("hello")
    await say("no such thing", "ben")
    told = (await operator.get("/api/reports/numbers?days=3")).json()
    assert told["days"][-1] == datetime.now(UTC).date().isoformat()
    series = told["series"]
    assert series["volume"]["arm"] == {"main": [0, 0, 2]}
    assert sum(values[-1] for values in series["volume"]["backend"].values()) == 2
    assert series["handoff_rate"]["arm"]["main"][:2] == [None, None]
    assert series["latency_ms_p95"]["arm"]["main"][-1] >= series["latency_ms_p50"]["arm"]["main"][-1] > 0
    assert series["cost_usd"]["backend"]["scripted"] == [0, 0, 0]
    assert (await operator.get("/api/reports/numbers?source=simulated")).json()["series"]["volume"]["arm"] == {}
    assert (await operator.get("/api/reports/numbers?days=0")).status_code == 422
