"""`/api/reports`: which arm resolves more, made by a child process, and figures by day, read from the store."""

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from backends.settings import Section
from bot.api.access import Operator, TheHouse
from bot.api.faults import Unavailable
from bot.api.report_shapes import ResolutionOut, RunningOut
from bot.errors import Invalid
from bot.reports import Asked
from bot.store.numbers import audit_mark, read_numbers

router = APIRouter(prefix="/api/reports", tags=["reports"])

Source = Literal["live", "simulated", "all"]
When = Annotated[datetime | None, Query(description="ISO-8601; without a zone it is UTC")]


class SeriesOut(Section):
    """One figure a day, by name of the group; null where there is none."""

    arm: dict[str, tuple[float | None, ...]]
    backend: dict[str, tuple[float | None, ...]]
    intent: dict[str, tuple[float | None, ...]]


class MetricsOut(Section):
    """What is counted."""

    volume: SeriesOut
    """Conversations."""
    handoff_rate: SeriesOut
    """Share of them that were in the queue, a message that was left too, or with a person, 0..1."""
    latency_ms_p50: SeriesOut
    latency_ms_p95: SeriesOut
    cost_usd: SeriesOut


class NumbersOut(Section):
    """Figures by day."""

    days: tuple[str, ...]
    """UTC, oldest first."""
    series: MetricsOut


@router.get("/resolution", response_model=ResolutionOut, responses={202: {"model": RunningOut}})
async def resolution(
    house: TheHouse, _: Operator, since: When = None, as_of: When = None, source: Source = "live"
) -> JSONResponse:
    """Tell which arm resolves more: the last report there is, and begin a new one if that is old.

    202 while there is none yet. The report is the document of `switchboard eval resolution --json`.
    """
    mark = await house.reader.read(audit_mark)
    found = await house.reports.ask(Asked(_utc(since), _utc(as_of), source), mark)
    if found.made is None:
        if found.problem is not None:
            raise Unavailable(found.problem)
        return JSONResponse({"state": "running"}, 202)
    told = {
        "state": "stale" if found.is_stale else "ready",
        "stale": found.is_stale,
        "computed_at": found.made.computed_at,
        "problem": found.problem,
    }
    return JSONResponse({**found.made.document, **told})


@router.get("/numbers")
async def numbers(
    house: TheHouse, _: Operator, days: Annotated[int, Query(ge=1, le=366)] = 14, source: Source = "live"
) -> NumbersOut:
    """Tell volume, handoffs, latency and cost by day, by arm, backend and intent."""
    today = datetime.fromtimestamp(time.time(), UTC).date()
    wanted = None if source == "all" else source
    found = await house.reader.read(lambda db: read_numbers(db, days=days, source=wanted, today=today))
    return NumbersOut.model_validate(found)


def _utc(at: datetime | None) -> str | None:
    if at is None:
        return None
    try:
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as exc:
        raise Invalid(f"expected a time between the years 1 and 9999 in UTC, got {at.isoformat()}") from exc
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
