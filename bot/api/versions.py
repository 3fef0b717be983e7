"""`/api/routing/versions`, `undo` and `preview`: what the routing was, how to go back, and what a change would do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from backends.contract import HasBudget
from backends.settings import Section
from bot import routing as routes
from bot.api.access import Admin, Operator, TheHouse
from bot.api.routing import IfMatch, RoutingIn, RoutingOut, answer, changed, document, refuse_unknown, version_of
from bot.errors import Conflict, Invalid
from bot.house import House
from bot.ids import first_id
from bot.preview import OPEN, Past, Preview, preview
from bot.routing import Routing
from bot.store.tries import read_tried
from bot.store.versions import list_versions, read_version, undone
from bot.wording import counted

router = APIRouter(prefix="/api/routing", tags=["routing"])

MOST_TURNS = 50_000
"""Messages a preview looks at; of more, the newest."""


class VersionOut(Section):
    """One version: who made it, when and why."""

    version: int
    at: str
    who: str
    why: str
    restores: int | None
    """The earlier version it is equal to, if it came from an undo."""
    changes: tuple[str, ...]
    """What it changed against the version before, in words."""
    document: RoutingOut


class Versions(Section):
    """Some versions, newest first."""

    versions: tuple[VersionOut, ...]
    next: int | None
    """Hand it in as `before` to get the next page; null on the last one."""


class UndoIn(Section):
    """Why, and how far back."""

    why: Annotated[str, Field(max_length=500)] = ""
    version: Annotated[int, Field(ge=1, le=2**53)] | None = None
    """Go back to this version; by default to the one before the version in force."""


class ByBackend(Section):
    """Messages by who answers them: a backend, `handoff`, `nobody`, or `open` where it is not known."""

    now: dict[str, int]
    then: dict[str, int]


class PreviewOut(Section):
    """The routing in force beside another, on the same messages."""

    since: str
    turns: int
    changed: int
    """Messages that somebody else, or nobody, would answer."""
    by_backend: ByBackend
    answered_now: int
    answered_then: int
    cost_now: float
    """US dollars."""
    cost_then: float
    estimated: int
    """Messages for which some backend's part had to be estimated."""
    caveat: str | None
    """How far to trust it; null where every figure follows from the log."""


@router.get("/versions")
async def versions(
    house: TheHouse,
    _: Operator,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Versions:
    """List the versions, newest first, with what each changed."""
    found = await house.reader.read(lambda db: list_versions(db, before=before, limit=limit + 1))
    told = [
        VersionOut(
            version=newer.routing.version,
            at=newer.at,
            who=newer.who,
            why=newer.why,
            restores=newer.restores,
            changes=tuple(routes.differences(older.routing, newer.routing)) if older else (),
            document=document(house, newer.routing),
        )
        for newer, older in zip(found, [*found[1:], None], strict=False)
    ]
    is_last = len(found) <= limit
    return Versions(versions=tuple(told[:limit]), next=None if is_last else told[limit - 1].version)


@router.post("/undo")
async def undo(
    house: TheHouse, who: Admin, response: Response, body: UndoIn | None = None, if_match: IfMatch = None
) -> RoutingOut:
    """Put the version before in force again, as a new version; a second undo goes one further back."""
    house.board.refresh()
    body = body or UndoIn()
    current = house.board.current
    expected = version_of(if_match, current.version)
    if expected != current.version:
        raise Conflict(f"expected routing version {expected}, version {current.version} is in force")
    wanted = body.version
    earlier = await house.reader.read(lambda db: undone(db, expected) if wanted is None else read_version(db, wanted))
    if earlier is None:
        raise Invalid(
            f"there is no version {wanted}" if wanted else f"version {expected} is the first; nothing to undo"
        )
    refuse_unknown(house, current, earlier.routing.arms)
    number = earlier.routing.version
    why = body.why or f"back to version {number}"
    try:
        written = await house.board.put(earlier.routing, expected=expected, by=who, why=why, restores=number)
    except ValueError as exc:
        raise Invalid(str(exc)) from exc
    return answer(house, written, response)


@router.post("/preview")
async def effect(
    body: RoutingIn,
    house: TheHouse,
    _: Operator,
    days: Annotated[int, Query(ge=1, le=90)] = 7,
    source: Literal["live", "simulated", "test", "cli"] = "live",
) -> PreviewOut:
    """Tell what a routing would have done to the messages of the last days, beside the one in force."""
    now = house.board.current
    then = changed(house, now, body)
    try:
        routes.check(then, house.board.known)
    except ValueError as exc:
        raise Invalid(str(exc)) from exc
    since = datetime.now(UTC) - timedelta(days=days)
    found = await asyncio.to_thread(_compare, house, now, then, since, source)
    return PreviewOut(
        since=since.isoformat(timespec="seconds").replace("+00:00", "Z"),
        turns=found.turns,
        changed=found.changed,
        by_backend=ByBackend(now=dict(found.now.by_backend), then=dict(found.then.by_backend)),
        answered_now=found.now.answered,
        answered_then=found.then.answered,
        cost_now=found.now.cost_usd,
        cost_then=found.then.cost_usd,
        estimated=found.estimated,
        caveat=" ".join(_caveats(found)) or None,
    )


def _compare(house: House, now: Routing, then: Routing, since: datetime, source: str) -> Preview:
    oldest = first_id("t", since)
    turns = house.reader.read_now(lambda db: read_tried(db, since=oldest, source=source, most=MOST_TURNS))
    held = house.reader.read_now(lambda db: list_versions(db, limit=1000))[::-1]
    past = Past([version.at for version in held], [version.routing.error_budget for version in held])

    def least(backend: str, intent: str, budget: float) -> float | None:
        loaded = house.engine.backends.get(backend)
        return loaded.least_confidence(intent, budget) if isinstance(loaded, HasBudget) else None

    return preview(turns, now, then, past, house.settings.routing.seed, least)


def _caveats(found: Preview) -> list[str]:
    told = []
    if not found.turns:
        return ["No message was logged in this time, so nothing can be said."]
    for backend, count in found.guesses.items():
        told.append(
            f"{backend} was never asked on {count} of {counted(found.turns, 'message')}; similar ones stand for them."
        )
    if left := max(found.now.by_backend.get(OPEN, 0), found.then.by_backend.get(OPEN, 0)):
        open_ = counted(left, "message is", "messages are")
        told.append(f"{open_} left open: nothing like them was asked of the backend in question.")
    if found.is_reassigned:
        told.append("Weights hold for new customers; these figures draw everybody anew.")
    if found.turns == MOST_TURNS:
        told.append(f"Only the newest {MOST_TURNS} messages were looked at.")
    return told
