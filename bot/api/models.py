"""`/api/models`: the model bundles, and which one serves."""

import asyncio
from typing import Any

from fastapi import APIRouter

from backends import bundle
from bot.api.access import Operator, TheHouse
from bot.api.faults import Invalid
from bot.errors import NotFound
from bot.house import House

router = APIRouter(prefix="/api/models")


@router.get("")
async def listing(house: TheHouse, _: Operator) -> dict[str, Any]:
    """List the bundles, newest first."""
    return await _listing(house)


@router.post("/{bundle_id}/promote")
async def promote(bundle_id: str, house: TheHouse, who: Operator) -> dict[str, Any]:
    """Let a bundle serve, in every worker within seconds; a damaged one is refused and the old one stays."""
    try:
        await asyncio.to_thread(bundle.promote, house.home, bundle_id, why=f"promoted by {who}")
    except bundle.UnknownBundle as exc:
        raise NotFound(str(exc)) from exc
    except bundle.DamagedBundle as exc:
        raise Invalid(str(exc)) from exc
    return await _listing(house)


async def _listing(house: House) -> dict[str, Any]:
    entries = await asyncio.to_thread(bundle.list_bundles, house.home)
    return {"bundles": [bundle.summary(entry) for entry in entries], "current": bundle.current_id(house.home)}
