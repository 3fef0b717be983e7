"""Which chain a conversation gets: arms, weights, the seeded assignment. Pure; the store keeps versions."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from backends.registry import RESERVED

HANDOFF = "handoff"
"""Reserved last step of a chain: a person."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A named chain with its share of new customers."""

    arm: str
    weight: float
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    """One version of the routing."""

    version: int
    arms: tuple[Arm, ...]
    disabled: frozenset[str] = field(default_factory=frozenset)
    error_budget: float = 0.02


class Assignment(NamedTuple):
    """The arm a customer got and how likely that was."""

    arm: str
    propensity: float


def check(routing: Routing, known: Iterable[str]) -> None:
    """Refuse a routing that cannot work.

    Raises:
        ValueError: says which arm and what was expected.
    """
    names = set(known)
    seen: set[str] = set()
    for arm in routing.arms:
        if not arm.arm or arm.arm in seen:
            raise ValueError(f"arms need distinct names, got {arm.arm!r} twice or empty")
        seen.add(arm.arm)
        if not 0 <= arm.weight < float("inf"):
            raise ValueError(f"arm {arm.arm!r}: weight must be a finite number >= 0, got {arm.weight}")
        if HANDOFF in arm.chain[:-1]:
            raise ValueError(f"arm {arm.arm!r}: handoff can only be the last step of a chain")
        unknown = [step for step in arm.chain if step not in names and step != HANDOFF]
        if unknown:
            raise ValueError(f"arm {arm.arm!r}: unknown backends {unknown}; known: {sorted(names - RESERVED)}")
        if not arm.chain or len(set(arm.chain)) != len(arm.chain):
            raise ValueError(f"arm {arm.arm!r}: a chain names one or more backends, each once")
    if not any(arm.weight > 0 for arm in routing.arms):
        raise ValueError("at least one arm needs a weight above 0")
    if not 0 < routing.error_budget < 1:
        raise ValueError(f"error_budget must lie between 0 and 1, got {routing.error_budget}")
    if stray := routing.disabled - names:
        raise ValueError(f"unknown backends {sorted(stray)}; known: {sorted(names - RESERVED)}")


def assign(unit: str, arms: tuple[Arm, ...], seed: str) -> Assignment:
    """Draw the arm of one customer by a seeded hash: the same unit, arms and seed give the same arm.

    Args:
        unit: customer id, else visitor id.
        arms: at least one with a weight above 0; weights need not sum to 1.
    """
    total = sum(arm.weight for arm in arms)
    digest = hashlib.sha256(f"{seed}\0{unit}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64 * total
    for arm in arms:
        point -= arm.weight
        if point < 0:
            return Assignment(arm.arm, arm.weight / total)
    last = [arm for arm in arms if arm.weight > 0][-1]
    return Assignment(last.arm, last.weight / total)


def chain_of(routing: Routing, arm: str | None) -> tuple[str, ...]:
    """The chain of an arm; of the heaviest arm when it was taken away meanwhile."""
    for candidate in routing.arms:
        if candidate.arm == arm:
            return candidate.chain
    return max(routing.arms, key=lambda candidate: candidate.weight).chain


def differences(before: Routing, after: Routing) -> list[str]:
    """Tell people what one version changed against another, a line each."""
    old, new = ({arm.arm: arm for arm in routing.arms} for routing in (before, after))
    found = [f"{name} switched off" for name in sorted(after.disabled - before.disabled)]
    found += [f"{name} switched on" for name in sorted(before.disabled - after.disabled)]
    found += [f"arm {name} removed" for name in old if name not in new]
    for name, arm in new.items():
        if name not in old:
            found.append(f"arm {name} added: weight {arm.weight:g}, {' → '.join(arm.chain)}")
            continue
        if arm.weight != old[name].weight:
            found.append(f"arm {name}: weight {old[name].weight:g} → {arm.weight:g}")
        if arm.chain != old[name].chain:
            found.append(f"arm {name}: chain {' → '.join(old[name].chain)} becomes {' → '.join(arm.chain)}")
    if before.error_budget != after.error_budget:
        found.append(f"error budget {before.error_budget:g} → {after.error_budget:g}")
    return found


def to_json(routing: Routing, *, restores: int | None = None) -> str:
    """Write the document of one version.

    Args:
        restores: the earlier version it is equal to, if it came from an undo.
    """
    document = {
        **({} if restores is None else {"restores": restores}),
        "arms": [asdict(arm) for arm in routing.arms],
        "disabled": sorted(routing.disabled),
        "error_budget": routing.error_budget,
    }
    return json.dumps(document)


def from_json(version: int, document: str) -> Routing:
    """Read what `to_json` wrote."""
    table: Mapping[str, Any] = json.loads(document)
    arms = tuple(Arm(row["arm"], float(row["weight"]), tuple(row["chain"])) for row in table["arms"])
    return Routing(version, arms, frozenset(table["disabled"]), float(table["error_budget"]))
