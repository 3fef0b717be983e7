"""`/api/journal`: what operators changed, who and when."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from backends.settings import Section
from bot.api.access import Operator, TheHouse
from bot.store.journal import list_changes

router = APIRouter(prefix="/api", tags=["operators"])


class Entry(Section):
    """One change."""

    seq: int
    at: str
    who: str
    role: str
    action: str
    """`TOPIC.VERB`."""
    target: str | None
    details: dict[str, Any]


class Journal(Section):
    """Some changes, newest first."""

    entries: tuple[Entry, ...]
    next: int | None
    """Hand it in as `before` to get the next page; null on the last one."""


@router.get("/journal")
async def listing(
    house: TheHouse,
    _: Operator,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Journal:
    """List changes, the newest first."""
    found = await house.reader.read(lambda db: list_changes(db, before=before, limit=limit + 1))
    page = found[:limit]
    is_last = len(found) <= limit
    return Journal(entries=tuple(Entry(**row) for row in page), next=None if is_last else page[-1]["seq"])
