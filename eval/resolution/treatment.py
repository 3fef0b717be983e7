"""What an arm really was, version by version: which backends it asked, and with which probability it was drawn. Pure.

The same name may stand for another chain after a change of the routing, and an arm drawn with another weight has other
customers: neither may be pooled without care.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot import routing as routes
from bot.routing import Routing
from bot.store.outcomes import OutcomeRow
from eval.resolution.clustered import Ints
from eval.resolution.reading import Assigned, Logs

Chain = tuple[str, ...]


class Treatment(NamedTuple):
    """What customers of an arm get."""

    chain: Chain
    """Backends that are asked, those switched off left out."""
    error_budget: float


def treatment(routing: Routing, arm: str | None) -> Treatment:
    """What an arm was in one version; an arm that was taken away gets what its customers got."""
    chain = routes.chain_of(routing, arm)
    return Treatment(tuple(step for step in chain if step not in routing.disabled), routing.error_budget)


def weights(routing: Routing) -> dict[str, float]:
    """Probability of each arm for a new customer; arms without weight are left out."""
    total = sum(arm.weight for arm in routing.arms)
    return {arm.arm: arm.weight / total for arm in routing.arms if arm.weight > 0} if total > 0 else {}


def drawn_from(row: OutcomeRow, logs: Logs) -> Mapping[str, float]:
    """The probabilities with which a conversation's customer was assigned, at first contact; empty when unknown."""
    assigned = assigned_of(row, logs)
    routing = logs.routings.get(assigned.version) if assigned else None
    return weights(routing) if routing else {}


def assigned_of(row: OutcomeRow, logs: Logs) -> Assigned | None:
    """What the customer drew; from the conversation itself where the draw was erased."""
    found = logs.assignments.get(row.unit)
    if found is None and row.arm is not None and row.routing_version is not None:
        return Assigned(row.arm, row.propensity or 0.0, row.routing_version)
    return found


def newest(logs: Logs) -> Routing | None:
    """The routing in force."""
    return logs.routings[max(logs.routings)] if logs.routings else None


def arms_of(logs: Logs, present: Sequence[str]) -> list[str]:
    """Arms with conversations, in the order of the newest routing; those taken away come last."""
    routing = newest(logs)
    listed = [arm.arm for arm in routing.arms] if routing else []
    return [arm for arm in listed if arm in present] + sorted(set(present) - set(listed))


class Pair(NamedTuple):
    """Which conversations a comparison of two arms may use."""

    inside: NDArray[np.bool_]
    """(n,) of these two arms, while both were what they are now."""
    strata: Ints
    """(n,) customers drawn with the same odds between the two; meaningless outside."""
    left_out: int
    """Conversations of the two from times when one of them was something else."""


def pair_of(rows: Sequence[OutcomeRow], logs: Logs, first: str, second: str) -> Pair:
    """Choose what may be compared: versions in which both arms were what they were last, strata by their odds."""
    of_both = np.array([row.arm in {first, second} for row in rows], dtype=bool)
    last = max((row.routing_version or 0 for row, is_in in zip(rows, of_both, strict=True) if is_in), default=0)
    same = {
        version
        for version, routing in logs.routings.items()
        if last in logs.routings and _both(routing, first, second) == _both(logs.routings[last], first, second)
    } or {last}
    current = np.array([(row.routing_version or 0) in same for row in rows], dtype=bool)
    odds = [_odds(row, logs, first, second) for row in rows]
    strata = np.unique(np.array(odds), return_inverse=True)[1].astype(np.int64)
    return Pair(of_both & current, strata, int((of_both & ~current).sum()))


def _both(routing: Routing, first: str, second: str) -> tuple[Treatment, Treatment]:
    return treatment(routing, first), treatment(routing, second)


def _odds(row: OutcomeRow, logs: Logs, first: str, second: str) -> str:
    drawn = drawn_from(row, logs)
    a, b = drawn.get(first, 0.0), drawn.get(second, 0.0)
    return f"{b / (a + b):.6f}" if a + b > 0 else f"version {row.routing_version}"
