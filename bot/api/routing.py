"""`/api/routing` and `/api/backends`: which backends answer whom, changed while the server runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.responses import JSONResponse, Response

from backends.settings import Section
from bot.api.access import Admin, Operator, TheHouse
from bot.errors import Conflict, Invalid
from bot.house import House
from bot.routing import HANDOFF, Arm, Routing

router = APIRouter(prefix="/api")


class Switch(Section):
    """Whether a backend is on."""

    enabled: bool


class ArmIn(Section):
    """One arm as an operator sends it."""

    arm: Annotated[str, Field(min_length=1, max_length=64)]
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    chain: Annotated[tuple[str, ...], Field(min_length=1, max_length=16)]


class RoutingIn(Section):
    """A new version; what is left out stays as it is."""

    version: int | None = None
    """Ignored: `If-Match` says which version is replaced."""
    backends: dict[str, Switch] | None = None
    arms: tuple[ArmIn, ...] | None = None
    error_budget: float | None = None
    why: Annotated[str, Field(max_length=500)] = ""


@router.get("/routing")
async def read(house: TheHouse, _: Operator) -> Response:
    """Tell the version in force."""
    house.board.refresh()
    return _answer(house, house.board.current)


@router.put("/routing")
async def put(
    body: RoutingIn, house: TheHouse, who: Admin, if_match: Annotated[str | None, Header()] = None
) -> Response:
    """Put a new version in force, in every worker within a second."""
    house.board.refresh()
    routing = _changed(house, house.board.current, body)
    expected = _version(if_match, house.board.current.version)
    try:
        written = await house.board.put(routing, expected=expected, who=who.name, why=body.why)
    except ValueError as exc:
        raise Invalid(str(exc)) from exc
    return _answer(house, written)


@router.get("/backends")
async def backends(house: TheHouse, _: Operator) -> dict[str, Any]:
    """Tell how each loaded backend is doing."""
    disabled = house.board.current.disabled
    rows = [
        {"name": name, "enabled": name not in disabled, "state": status.state, "detail": status.detail}
        for name, status in house.statuses().items()
    ]
    return {"backends": rows}


def _version(if_match: str | None, current: int) -> int:
    """Read `If-Match`; a missing one cannot be the version in force.

    Raises:
        Conflict: there is none, or it is no version.
    """
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if text == "*":
        return current
    if not text.isdecimal():
        raise Conflict(f"expected the header `If-Match: {current}`, got {if_match!r}")
    return int(text)


def _changed(house: House, current: Routing, body: RoutingIn) -> Routing:
    arms = current.arms if body.arms is None else tuple(Arm(a.arm, a.weight, a.chain) for a in body.arms)
    known = set(_names(house, current))
    _refuse_unknown(arms, known)
    disabled = set(current.disabled)
    for name, switch in (body.backends or {}).items():
        if name not in known:
            raise Invalid(f"unknown backend {name!r}; known: {', '.join(sorted(known))}")
        disabled.discard(name)
        disabled |= set() if switch.enabled else {name}
    budget = current.error_budget if body.error_budget is None else body.error_budget
    return Routing(current.version, arms, frozenset(disabled), budget)


def _refuse_unknown(arms: tuple[Arm, ...], known: set[str]) -> None:
    for arm in arms:
        if strange := [name for name in arm.chain if name != HANDOFF and name not in known]:
            raise Invalid(
                f"arm {arm.arm!r}: unknown backends {', '.join(strange)};"
                f" known to this server: {', '.join(sorted(known))}."
                " Add its [backends.…] table to bot.toml and start again."
            )


def _names(house: House, routing: Routing) -> list[str]:
    """The backends that are loaded or already named by the routing, in a stable order."""
    chained = [name for arm in routing.arms for name in arm.chain if name != HANDOFF]
    return list(dict.fromkeys([*chained, *house.engine.backends, *sorted(routing.disabled)]))


def _answer(house: House, routing: Routing) -> Response:
    body = {
        "version": routing.version,
        "backends": {name: {"enabled": name not in routing.disabled} for name in _names(house, routing)},
        "arms": [{"arm": arm.arm, "weight": arm.weight, "chain": list(arm.chain)} for arm in routing.arms],
        "error_budget": routing.error_budget,
    }
    return JSONResponse(body, headers={"ETag": f'"{routing.version}"'})
