"""`/api/models`: the model bundles, which one serves, and the nightly run that makes new ones."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator

from backends import bundle
from backends.settings import Section
from bot import nights
from bot.accounts import Person
from bot.api.access import Admin, Operator, TheHouse
from bot.api.faults import Busy, Unavailable
from bot.errors import Conflict, Invalid, NotFound
from bot.house import House
from bot.store.journal import write_change

router = APIRouter(prefix="/api/models", tags=["models"])


def _number(value: object) -> object:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _word(value: object) -> object:
    return value if isinstance(value, str) else None


Figure = Annotated[float | None, BeforeValidator(_number)]
"""Of a card that somebody else may have written: what is no number is left out."""
Word = Annotated[str | None, BeforeValidator(_word)]


class NightOut(Section):
    """What the night that made a bundle decided about it."""

    night: str
    at: str | None
    decision: str | None
    """`promoted`, `kept`, `refused`, …"""
    reasons: tuple[str, ...]
    report: str | None
    """Address of its page; null when there is none."""


class BundleOut(Section):
    """One bundle: figures of its card, and how it came into service."""

    id: str
    is_current: bool
    problem: str | None
    """Why it cannot serve; null when it can."""
    created_at: Word
    encoder: Word
    intents: int | None
    examples: Figure
    """Texts it was trained on."""
    accuracy: Figure
    ece: Figure
    """Expected calibration error, 0..1."""
    metrics: dict[str, Any] | None
    """All figures of the card, with `n` and the interval."""
    size_bytes: int
    in_service_at: str | None
    why: str | None
    gate: Any = None
    certificates: Any = None
    night: NightOut | None


class RunOut(Section):
    """The nightly run: when it is due, whether it is on, and how the last one ended."""

    next_run_at: str | None
    running: dict[str, Any] | None
    last: dict[str, Any] | None


class Models(Section):
    """All bundles, newest first."""

    bundles: tuple[BundleOut, ...]
    current: str | None
    rollback_to: str | None
    nightly: RunOut


@router.get("")
async def listing(house: TheHouse, _: Operator) -> Models:
    """List the bundles, newest first, each with the night that made it."""
    return await asyncio.to_thread(_listing, house)


@router.post("/{bundle_id}/promote")
async def promote(bundle_id: str, house: TheHouse, who: Admin) -> Models:
    """Let a bundle serve, in every worker within a second; a damaged one is refused and the old one stays."""
    await _switch(lambda home: bundle.promote(home, bundle_id, why=f"promoted by {who}"), house.home)
    return await _changed(house, who, "model.promote", bundle_id)


@router.post("/rollback")
async def rollback(house: TheHouse, who: Admin) -> Models:
    """Let the bundle serve that did so before."""
    folder = await _switch(lambda home: bundle.rollback(home, why=f"rolled back by {who}"), house.home)
    return await _changed(house, who, "model.rollback", folder.name)


@router.post("/nightly", status_code=202)
async def nightly(house: TheHouse, who: Admin) -> Models:
    """Begin a nightly run now, as a process of its own; refused while one is on."""
    try:
        await house.nightly.start(who.name)
    except Conflict as exc:
        raise Busy(str(exc)) from exc
    except OSError as exc:
        raise Unavailable(f"the run could not be started: {exc}; nothing was changed") from exc
    return await _changed(house, who, "model.nightly", None)


async def _switch(switch: Callable[[Path], Path], home: Path) -> Path:
    try:
        return await asyncio.to_thread(switch, home)
    except bundle.UnknownBundle as exc:
        raise NotFound(str(exc)) from exc
    except bundle.DamagedBundle as exc:
        raise Invalid(str(exc)) from exc
    except bundle.SwitchFailed as exc:
        raise Unavailable(str(exc)) from exc


async def _changed(house: House, who: Person, action: str, target: str | None) -> Models:
    """Note what is done already: files know no transaction with the store, and consoles look once they hear of it."""
    await house.writer.write(lambda db: write_change(db, who.change(action, target)))
    return await asyncio.to_thread(_listing, house)


def _listing(house: House) -> Models:
    decided = nights.decisions(house.home)
    rows = (
        BundleOut(**bundle.summary(entry), night=_night(house.home, decided.get(entry.id)))
        for entry in bundle.list_bundles(house.home)
    )
    return Models(
        bundles=tuple(rows),
        current=bundle.current_id(house.home),
        rollback_to=bundle.rollback_target(house.home),
        nightly=_run(house.home, house.nightly.state()),
    )


def _night(home: Path, decided: Mapping[str, Any] | None) -> NightOut | None:
    if decided is None:
        return None
    name = str(decided["night"])
    reasons = tuple(map(str, decided["reasons"]))
    known = {key: None if decided[key] is None else str(decided[key]) for key in ("at", "decision")}
    return NightOut(night=name, reasons=reasons, report=_address(home, name), **known)


def _run(home: Path, state: Mapping[str, Any]) -> RunOut:
    """The last run names the file of its report; operators need its address."""
    last = state["last"]
    if isinstance(last, dict) and "report" in last:
        last = {**last, "report": _address(home, Path(str(last["report"])).parent.name)}
    return RunOut(next_run_at=state["next_run_at"], running=state["running"], last=last)


def _address(home: Path, night: str) -> str | None:
    return f"/api/nights/{night}/report" if nights.page(home, night) is not None else None
