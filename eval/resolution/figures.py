"""The figures of one group of conversations: an arm, a backend, an intent. Pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.resolution.cases import Cases
from eval.resolution.clustered import Estimate, Floats, Ints, average, number, quotient, share
from eval.resolution.corrected import Corrected, corrected_share

DIGITS = 6
WIDE = 0.02
"""Half-width of an interval that people call precise: two points."""


def figures(cases: Cases, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Everything about a group, as it stands in the JSON document; missing figures are null.

    `rate`, `low` and `high` are corrected where there are audits enough; `uncorrected` is what the rules alone say.

    Args:
        cases: all conversations.
        inside: (n,) which of them; at least one.
    """
    unit = number(cases.unit[inside].astype(str))
    hits, assisted = cases.column("resolved")[inside], cases.column("assisted")[inside]
    raw = share(hits, unit)
    corrected = corrected_share(cases.audited(inside))
    best = corrected.estimate if corrected else raw
    return {
        "n": raw.n,
        "customers": raw.customers,
        "resolved": int(hits.sum()),
        "rate": _round(best.value),
        "low": _round(best.low),
        "high": _round(best.high),
        "corrected": corrected is not None,
        "uncorrected": interval(raw),
        "audit": _audit(corrected, cases, inside),
        "assisted": int(assisted.sum()),
        "assisted_rate": interval(share(assisted, unit)),
        "handed_off": interval(share(cases.column("handed_off")[inside], unit)),
        "reopened": interval(share(cases.column("reopened")[inside], unit)),
        "abandoned": interval(share((cases.kind[inside] == "abandoned").astype(float), unit)),
        "kinds": {str(name): int(count) for name, count in zip(*_counts(cases.kind[inside]), strict=True)},
        "resolution_s": _median(cases.column("resolution_s")[inside]),
        "latency_ms": _latency(cases.column("latency_ms")[inside], unit),
        **_cost(cases, inside, hits + assisted, unit),
        "truth": _truth(cases, inside, best, raw),
    }


def interval(found: Estimate) -> dict[str, float | None]:
    """A figure with its interval."""
    return {"value": _round(found.value), "low": _round(found.low), "high": _round(found.high)}


def _audit(corrected: Corrected | None, cases: Cases, inside: NDArray[np.bool_]) -> dict[str, Any]:
    audits = int((~np.isnan(cases.truth[inside])).sum())
    if corrected is None:
        return {"n": audits, "power": None, "se": None, "for_2_points": None}
    at_rest = max(WIDE**2 / 1.96**2 - (corrected.estimate.se**2 - corrected.audit_se**2), 0.0)
    more = corrected.audit_se**2 / at_rest if at_rest else np.inf
    wanted = round(audits * more) if np.isfinite(more) else None
    is_possible = wanted is not None and wanted <= int(inside.sum())
    return {
        "n": audits,
        "power": _round(corrected.power),
        "se": _round(corrected.audit_se),
        "for_2_points": max(wanted or 0, audits) if is_possible else None,
    }


def _cost(cases: Cases, inside: NDArray[np.bool_], solved: Floats, unit: Ints) -> dict[str, Any]:
    parts = {
        "tokens": cases.costs.tokens[inside],
        "backend": cases.costs.backend[inside],
        "operator": cases.costs.operator[inside],
        "training": cases.costs.training[inside],
    }
    total = cases.costs.total[inside]
    found = quotient(total, solved, unit) if solved.sum() > 0 else None
    nothing: dict[str, float | None] = {"value": None, "low": None, "high": None}
    per_resolved = nothing if found is None else {**interval(found), "low": _round(max(found.low, 0.0))}
    costs = {name: _round(float(values.sum())) for name, values in parts.items()}
    return {
        "cost_per_resolved_usd": per_resolved,
        "cost_usd": {**costs, "total": _round(float(total.sum())), "per_conversation": _round(float(total.mean()))},
        "prompt_tokens": int(cases.column("prompt_tokens")[inside].sum()),
        "completion_tokens": int(cases.column("completion_tokens")[inside].sum()),
    }


def _latency(values: Floats, unit: Ints) -> dict[str, float | None]:
    known = ~np.isnan(values)
    if not known.any():
        return {"value": None, "low": None, "high": None, "p50": None, "p95": None}
    mean = average(values[known], number(unit[known].astype(str)))
    p50, p95 = np.quantile(values[known], [0.5, 0.95])
    return {**interval(mean), "p50": _round(float(p50)), "p95": _round(float(p95))}


def _truth(cases: Cases, inside: NDArray[np.bool_], best: Estimate, raw: Estimate) -> dict[str, Any] | None:
    """What a simulation knows of the conversations it could judge."""
    known = cases.simulated[inside]
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return None
    rate = float(known.mean())
    return {
        "n": len(known),
        "rate": _round(rate),
        "error": _round(best.value - rate),
        "uncorrected_error": _round(raw.value - rate),
        "is_inside": bool(best.low <= rate <= best.high),
    }


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return _round(float(np.median(known))) if len(known) else None


def _counts(kinds: NDArray[np.str_]) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    names, counts = np.unique(kinds, return_counts=True)
    return names, counts


def _round(value: float) -> float | None:
    return round(float(value), DIGITS) if np.isfinite(value) else None
