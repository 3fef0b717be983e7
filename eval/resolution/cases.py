"""Outcomes as columns: what every figure of the report is computed from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.settings import TariffSection
from bot.store.outcomes import OutcomeRow
from eval.resolution.clustered import Floats, Ints, number
from eval.resolution.corrected import Audited
from eval.resolution.predicting import predict
from eval.resolution.reading import NO_SIGNS, Logs

UNKNOWN = "(none)"
"""Name of the group of conversations that no backend answered, or whose intent nobody knows."""
NUMBERS = (
    "resolved",
    "assisted",
    "handed_off",
    "reopened",
    "resolution_s",
    "latency_ms",
    "prompt_tokens",
    "completion_tokens",
)
MOST_SIGNS = 8
"""Kinds of evidence that the prediction of the truth looks at."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What each conversation cost, US dollars, (n,) each."""

    tokens: Floats
    backend: Floats
    operator: Floats
    training: Floats

    @property
    def total(self) -> Floats:
        """All of it."""
        return self.tokens + self.backend + self.operator + self.training


@dataclass(frozen=True, slots=True)
class Cases:
    """Conversations with a known outcome, in the order in which it became known. Arrays are (n,)."""

    rows: tuple[OutcomeRow, ...]
    unit: Ints
    """The customer of each, numbered from 0."""
    arm: NDArray[np.str_]
    kind: NDArray[np.str_]
    truth: Floats
    """0 or 1 where somebody has audited, else nan."""
    probability: Floats
    """Of the audited: how likely they were to be."""
    prediction: Floats
    """The truth as expected from the log."""
    costs: Costs
    simulated: Floats
    """0 or 1 where a simulation knows the truth, else nan."""

    columns: Mapping[str, Floats]
    """Numbers and flags of the rows by name, see `NUMBERS`; nan where there is none."""

    def column(self, name: str) -> Floats:
        """One of the columns."""
        return self.columns[name]

    def names(self, name: str) -> NDArray[np.str_]:
        """A text of the rows; `UNKNOWN` where there is none."""
        return np.array([getattr(row, name) or UNKNOWN for row in self.rows], dtype=str)

    def audited(self, inside: NDArray[np.bool_]) -> Audited:
        """Some of them, ready to be corrected."""
        return Audited(
            self.column("resolved")[inside],
            number(self.unit[inside].astype(str)),
            self.kind[inside],
            self.truth[inside],
            self.probability[inside],
            self.prediction[inside],
        )


def cases_of(logs: Logs, tariffs: TariffSection, simulated: Mapping[str, bool] | None = None) -> Cases:
    """Put the logs into columns.

    Args:
        logs: at least one conversation.
        tariffs: what a second of each kind costs.
        simulated: by conversation, whether bots alone resolved it, as a simulation knows.
    """
    rows = tuple(sorted(logs.rows, key=lambda row: (row.window_ends_at, row.conversation_id)))
    unit = number([row.unit for row in rows])
    kind = np.array([row.kind for row in rows], dtype=str)
    judged = [logs.audits.get(row.conversation_id) for row in rows]
    truth = np.array([np.nan if a is None or a.resolved is None else float(a.resolved) for a in judged])
    probability = np.array([np.nan if a is None or a.resolved is None else a.probability for a in judged])
    known = simulated or {}
    return Cases(
        rows=rows,
        unit=unit,
        arm=np.array([row.arm or UNKNOWN for row in rows], dtype=str),
        kind=kind,
        truth=truth,
        probability=probability,
        prediction=predict(kind, _features(rows, logs), truth, unit, source=np.random.default_rng(0)),
        costs=_costs(rows, logs, tariffs),
        simulated=np.array([float(known.get(row.conversation_id, np.nan)) for row in rows]),
        columns={name: _column(rows, name) for name in NUMBERS},
    )


def _column(rows: tuple[OutcomeRow, ...], name: str) -> Floats:
    values = [getattr(row, name) for row in rows]
    return np.array([np.nan if value is None else float(value) for value in values])


def _features(rows: tuple[OutcomeRow, ...], logs: Logs) -> Floats:
    """What the log says of each conversation beside the kind of its outcome, about 0..1."""
    signs = [logs.signs.get(row.conversation_id, NO_SIGNS) for row in rows]
    evidence = [{token.partition(":")[0] for token in row.evidence} for row in rows]
    counted = Counter(token for tokens in evidence for token in tokens)
    columns = [
        [0.5 if s.last_confidence is None else s.last_confidence for s in signs],
        [0.5 if s.least_confidence is None else s.least_confidence for s in signs],
        [float(s.last_confidence is None) for s in signs],
        [float(s.last_is_answered) for s in signs],
        [min(s.turns, 8) / 8 for s in signs],
        [s.unanswered / max(s.turns, 1) for s in signs],
    ]
    columns += [[float(token in tokens) for tokens in evidence] for token, _ in counted.most_common(MOST_SIGNS)]
    for values in ([row.backend for row in rows], [row.arm for row in rows]):
        names = sorted({value for value in values if value is not None})[1:]
        columns += [[float(value == name) for value in values] for name in names]
    return np.array(columns, dtype=np.float64).T


def _costs(rows: tuple[OutcomeRow, ...], logs: Logs, tariffs: TariffSection) -> Costs:
    trained = np.array([_is_trained(row, logs, tariffs) for row in rows], dtype=float)
    share = trained / trained.sum() if trained.any() else np.full(len(rows), 1 / max(len(rows), 1))
    return Costs(
        tokens=np.array([row.cost_usd for row in rows]),
        backend=np.array([row.backend_s for row in rows]) * tariffs.cpu_hour_usd / 3600,
        operator=np.array([row.operator_s for row in rows]) * tariffs.operator_minute_usd / 60,
        training=share * tariffs.training_usd,
    )


def _is_trained(row: OutcomeRow, logs: Logs, tariffs: TariffSection) -> bool:
    """Whether the arm of a conversation had a backend that trainings are for."""
    routing = logs.routings.get(row.routing_version or 0)
    chains = {arm.arm: arm.chain for arm in routing.arms} if routing else {}
    return bool(set(chains.get(row.arm or "", ())) & set(tariffs.trained_backends))
