"""`/api/models`: the model bundles, which one serves, and the nightly run that makes new ones."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from backends import bundle
from bot import nights
from bot.api.access import Admin, Operator, TheHouse
from bot.api.faults import Busy, Unavailable
from bot.errors import Conflict, Invalid, NotFound
from bot.house import House

router = APIRouter(prefix="/api/models")


@router.get("")
async def listing(house: TheHouse, _: Operator) -> dict[str, Any]:
    """List the bundles, newest first, each with the night that made it."""
    return await asyncio.to_thread(_listing, house)


@router.post("/{bundle_id}/promote")
async def promote(bundle_id: str, house: TheHouse, who: Admin) -> dict[str, Any]:
    """Let a bundle serve, in every worker within a second; a damaged one is refused and the old one stays."""
    await _switch(lambda home: bundle.promote(home, bundle_id, why=f"promoted by {who}"), house.home)
    return await asyncio.to_thread(_listing, house)


@router.post("/rollback")
async def rollback(house: TheHouse, who: Admin) -> dict[str, Any]:
    """Let the bundle serve that did so before."""
    await _switch(lambda home: bundle.rollback(home, why=f"rolled back by {who}"), house.home)
    return await asyncio.to_thread(_listing, house)


@router.post("/nightly", status_code=202)
async def nightly(house: TheHouse, who: Admin) -> dict[str, Any]:
    """Begin a nightly run now, as a process of its own; refused while one is on."""
    try:
        await house.nightly.start(who.name)
    except Conflict as exc:
        raise Busy(str(exc)) from exc
    except OSError as exc:
        raise Unavailable(f"the run could not be started: {exc}; nothing was changed") from exc
    return await asyncio.to_thread(_listing, house)


async def _switch(switch: Callable[[Path], Path], home: Path) -> None:
    try:
        await asyncio.to_thread(switch, home)
    except bundle.UnknownBundle as exc:
        raise NotFound(str(exc)) from exc
    except bundle.DamagedBundle as exc:
        raise Invalid(str(exc)) from exc
    except bundle.SwitchFailed as exc:
        raise Unavailable(str(exc)) from exc


def _listing(house: House) -> dict[str, Any]:
    decided = nights.decisions(house.home)
    return {
        "bundles": [
            {**bundle.summary(entry), "night": decided.get(entry.id)} for entry in bundle.list_bundles(house.home)
        ],
        "current": bundle.current_id(house.home),
        "rollback_to": bundle.rollback_target(house.home),
        "nightly": house.nightly.state(),
    }
