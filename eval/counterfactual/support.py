"""Which logged conversations show what another routing would have done, and how likely they were to be logged. Pure.

Backends know nothing of the chain they stand in. So a conversation whose every message was answered by one of the
first two backends would have gone the same way under any chain that begins with the same two. It counts for all of
them, with the probability that any of the arms that begin so was drawn: the more arms share a beginning, the more is
learned.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.store.outcomes import OutcomeRow
from eval.resolution.clustered import Floats
from eval.resolution.reading import Logs
from eval.resolution.treatment import Treatment, assigned_of, drawn_from, treatment, weights

WHOLE = math.inf
"""Depth of a conversation in which no backend had an answer at some time: only the same chain does the same."""
TOLERANCE = 1e-6


class Support(NamedTuple):
    """How the logs bear on one chain; arrays are (conversations,)."""

    weights: Floats
    """One over the probability of being logged, where the conversation goes as it would have; else 0."""
    is_played: NDArray[np.bool_]
    """Whether some arm the customer could have drawn had this very chain then."""


class Propensities(NamedTuple):
    """Whether the stored probabilities can be trusted; (conversations,) each."""

    is_known: NDArray[np.bool_]
    is_consistent: NDArray[np.bool_]


def shared(chain: Treatment, other: Treatment) -> float:
    """How many backends two chains have in common from the start; all of them is `WHOLE`."""
    if chain == other:
        return WHOLE
    if chain.error_budget != other.error_budget:
        return 0.0
    same = 0
    for one, two in zip(chain.chain, other.chain, strict=False):
        if one != two:
            break
        same += 1
    return float(same)


def depth(row: OutcomeRow, logs: Logs, answered: Mapping[str, Sequence[str | None]]) -> float:
    """How far down its chain a conversation went: place of the last backend that had to answer, counted from 1.

    Args:
        row: the conversation.
        logs: with the routing of its time.
        answered: by conversation, who answered each message; None where nobody did.
    """
    routing = logs.routings.get(row.routing_version or 0)
    if routing is None:
        return WHOLE
    chain = treatment(routing, row.arm).chain
    deepest = 0.0
    for backend in answered.get(row.conversation_id, ()):
        if backend is None or backend not in chain:
            return WHOLE
        deepest = max(deepest, chain.index(backend) + 1.0)
    return deepest


def support(rows: Sequence[OutcomeRow], logs: Logs, depths: Floats, target: Treatment) -> Support:
    """Weigh every conversation for one chain.

    Customers stay in their arm, so what one of them did before counts too: all of it must have gone as it would have.

    Args:
        rows: conversations, oldest first.
        logs: with assignments and routings.
        depths: (n,) as `depth` gives them.
        target: the chain asked about.

    Source: multiple importance sampling with the balance heuristic, E. Veach and L. Guibas, SIGGRAPH 1995.
    """
    worth, played = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    alike: dict[str, set[str]] = {}
    lengths = _Lengths(logs, target)
    for place, row in enumerate(rows):
        assigned = assigned_of(row, logs)
        drawn = lengths.drawn(assigned.version) if assigned else {}
        version = row.routing_version or 0
        if assigned is None or not drawn or version not in logs.routings:
            continue
        common = {arm: lengths.of(version, arm) for arm in drawn}
        played[place] = any(length == WHOLE for length in common.values())
        same = {arm for arm, length in common.items() if length >= depths[place]}
        alike[row.unit] = alike.get(row.unit, set(drawn)) & same
        if assigned.arm in alike[row.unit]:
            worth[place] = 1 / sum(drawn[arm] for arm in alike[row.unit])
    return Support(worth, played)


class _Lengths:
    """What chains have in common with the one asked about, computed once for each version and arm."""

    def __init__(self, logs: Logs, target: Treatment) -> None:
        self._logs = logs
        self._target = target
        self._known: dict[tuple[int, str], float] = {}
        self._drawn: dict[int, dict[str, float]] = {}

    def drawn(self, version: int) -> dict[str, float]:
        """Probabilities of the arms in one version; empty when it is gone."""
        if version not in self._drawn:
            routing = self._logs.routings.get(version)
            self._drawn[version] = weights(routing) if routing else {}
        return self._drawn[version]

    def of(self, version: int, arm: str) -> float:
        """Backends that an arm had in common with the chain asked about; the version must be known."""
        if (version, arm) not in self._known:
            self._known[version, arm] = shared(treatment(self._logs.routings[version], arm), self._target)
        return self._known[version, arm]


def propensities(rows: Sequence[OutcomeRow], logs: Logs) -> Propensities:
    """Check the stored probabilities against the routing that customers were assigned by."""
    known, consistent = np.zeros((2, len(rows)), dtype=bool)
    for place, row in enumerate(rows):
        drawn, assigned = drawn_from(row, logs), assigned_of(row, logs)
        if row.propensity is None or assigned is None or not drawn:
            continue
        known[place] = True
        consistent[place] = assigned.arm == row.arm and abs(drawn.get(row.arm or "", 0.0) - row.propensity) < TOLERANCE
    return Propensities(known, consistent)
