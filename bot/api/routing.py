"""`/api/routing` and `/api/backends`: which backends answer whom, changed while the server runs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.responses import Response

from backends.settings import Section
from bot.api.access import Admin, Operator, TheHouse
from bot.errors import Clash, Invalid
from bot.house import House
from bot.routing import HANDOFF, Arm, Routing

router = APIRouter(prefix="/api", tags=["routing"])

IfMatch = Annotated[str | None, Header(description="The version that is replaced, or `*` for the one in force")]


class Switch(Section):
    """Whether a backend is on."""

    enabled: bool


class ArmIn(Section):
    """One named chain with its share of new customers."""

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


class RoutingOut(Section):
    """One version."""

    version: int
    backends: dict[str, Switch]
    arms: tuple[ArmIn, ...]
    error_budget: float


class BackendState(Section):
    """How one loaded backend is doing."""

    name: str
    enabled: bool
    state: Literal["ok", "degraded", "down"]
    detail: str


class BackendStates(Section):
    """How all loaded backends are doing."""

    backends: tuple[BackendState, ...]


@router.get("/routing")
async def read(house: TheHouse, _: Operator, response: Response) -> RoutingOut:
    """Tell the version in force; the header `ETag` names it."""
    house.board.refresh()
    return answer(house, house.board.current, response)


@router.put("/routing")
async def put(body: RoutingIn, house: TheHouse, who: Admin, response: Response, if_match: IfMatch = None) -> RoutingOut:
    """Put a new version in force, in every worker within a second."""
    house.board.refresh()
    routing = changed(house, house.board.current, body)
    expected = version_of(if_match, house.board.current.version)
    try:
        written = await house.board.put(routing, expected=expected, by=who, why=body.why)
    except ValueError as exc:
        raise Invalid(str(exc)) from exc
    return answer(house, written, response)


@router.get("/backends")
async def backends(house: TheHouse, _: Operator) -> BackendStates:
    """Tell how each loaded backend is doing."""
    disabled = house.board.current.disabled
    rows = (
        BackendState(name=name, enabled=name not in disabled, state=status.state, detail=status.detail)
        for name, status in house.statuses().items()
    )
    return BackendStates(backends=tuple(rows))


def version_of(if_match: str | None, current: int) -> int:
    """Read `If-Match`; a missing one cannot be the version in force.

    Raises:
        Clash: there is none, or it is no version.
    """
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if text == "*":
        return current
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        given = "none" if if_match is None else repr(if_match[:80])
        raise Clash(f"expected the header `If-Match: {current}`, the version to be replaced, got {given}")
    return int(text)


def changed(house: House, current: Routing, body: RoutingIn) -> Routing:
    """Apply what an operator sends to a version.

    Raises:
        Invalid: it names a backend that is not there.
    """
    arms = current.arms if body.arms is None else tuple(Arm(a.arm, a.weight, a.chain) for a in body.arms)
    known = set(_names(house, current))
    refuse_unknown(house, current, arms)
    disabled = set(current.disabled)
    for name, switch in (body.backends or {}).items():
        if name not in known:
            raise Invalid(f"unknown backend {name!r}; known: {', '.join(sorted(known))}")
        disabled.discard(name)
        disabled |= set() if switch.enabled else {name}
    budget = current.error_budget if body.error_budget is None else body.error_budget
    return Routing(current.version, arms, frozenset(disabled), budget)


def refuse_unknown(house: House, current: Routing, arms: tuple[Arm, ...]) -> None:
    """Refuse arms whose backends this server does not have.

    Raises:
        Invalid: names them.
    """
    known = set(_names(house, current))
    for arm in arms:
        if strange := [name for name in arm.chain if name != HANDOFF and name not in known]:
            raise Invalid(
                f"arm {arm.arm!r}: unknown backends {', '.join(strange)};"
                f" known to this server: {', '.join(sorted(known))}."
                " Add its [backends.…] table to bot.toml and start again."
            )


def document(house: House, routing: Routing) -> RoutingOut:
    """Put a version on the wire."""
    return RoutingOut(
        version=routing.version,
        backends={name: Switch(enabled=name not in routing.disabled) for name in _names(house, routing)},
        arms=tuple(ArmIn(arm=arm.arm, weight=arm.weight, chain=arm.chain) for arm in routing.arms),
        error_budget=routing.error_budget,
    )


def answer(house: House, routing: Routing, response: Response) -> RoutingOut:
    """Put a version on the wire, with its number as `ETag`."""
    response.headers["ETag"] = f'"{routing.version}"'
    return document(house, routing)


def _names(house: House, routing: Routing) -> list[str]:
    """The backends that are loaded or already named by the routing, in a stable order."""
    chained = [name for arm in routing.arms for name in arm.chain if name != HANDOFF]
    return list(dict.fromkeys([*chained, *house.engine.backends, *sorted(routing.disabled)]))
