"""`/healthz`, `/readyz`, `/metrics`: for whoever runs the server."""

import asyncio
from typing import Any

from fastapi import APIRouter, Depends
from sqlite_utils import Database
from starlette.responses import JSONResponse, PlainTextResponse, Response

from backends import bundle
from bot.api.access import TheHouse, caller
from bot.api.description import REFUSED
from bot.api.reading import readable
from bot.api.shapes import Readiness
from bot.errors import StoreError
from bot.house import House
from bot.metrics import CONTENT_TYPE
from bot.routing import HANDOFF, chain_of

router = APIRouter(tags=["server"])

STORE_TIMEOUT_S = 2.0


@readable(router, "/healthz")
async def alive() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@readable(
    router,
    "/readyz",
    response_model=None,
    responses={200: {"model": Readiness}, 503: {"model": Readiness, "description": "Not ready"}},
)
async def ready(house: TheHouse) -> Response:
    """The store can be locked for writing, and at least one backend of the default chain can answer."""
    states = {name: status.state for name, status in house.statuses().items()}
    store = await _store(house)
    routing = house.board.current
    chain = [name for name in chain_of(routing, None) if name != HANDOFF and name not in routing.disabled]
    can_answer = any(states.get(name, "down") != "down" for name in chain)
    is_ready = store == "ok" and can_answer
    body: dict[str, Any] = {
        "status": "ready" if is_ready else "not_ready",
        "store": store,
        "chain": chain,
        "backends": states,
    }
    return JSONResponse(body, 200 if is_ready else 503)


@router.get(
    "/metrics",
    dependencies=[Depends(caller)],
    response_class=PlainTextResponse,
    responses={**REFUSED, 200: {"description": "Prometheus' text form"}},
)
async def metrics(house: TheHouse) -> Response:
    """What this worker has counted, for Prometheus."""
    for name, status in house.statuses().items():
        house.metrics.backend_state(name, status.state)
    current = bundle.current_id(house.home)
    if current is not None:
        house.metrics.model(current)
    return Response(house.metrics.render(), media_type=CONTENT_TYPE)


async def _store(house: House) -> str:
    try:
        async with asyncio.timeout(STORE_TIMEOUT_S):
            await house.writer.write(_touch)
    except (StoreError, TimeoutError):
        return "down"
    return "ok"


def _touch(db: Database) -> None:
    """Take the write lock and let it go: nothing is changed."""
    db.execute("SELECT 1")
