"""What another routing would have resolved: the answer, or why the logs cannot give it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlite_utils import Database

from bot.routing import Routing
from bot.settings import TariffSection
from bot.store.outcomes import OutcomeRow
from eval.counterfactual.estimate import Value, Weighed, value
from eval.counterfactual.expecting import expect, text_features
from eval.counterfactual.policy import shares
from eval.counterfactual.support import Support, depth, propensities, support
from eval.resolution.cases import cases_of
from eval.resolution.clustered import Estimate, Floats, number, share
from eval.resolution.figures import interval
from eval.resolution.reading import Logs, Span
from eval.resolution.treatment import Treatment

LEAST_EFFECTIVE = 30
"""Customers that the weighted ones must be worth."""
MOST_UNKNOWN = 0.05
"""Share of conversations without a usable propensity that is put up with; they are left out."""
Answered = Mapping[str, Sequence[str | None]]


class Evidence(NamedTuple):
    """Conversations with a trustworthy propensity, and what each chain of the routing may learn from them."""

    rows: list[OutcomeRow]
    outcome: Floats
    unit: Any
    chains: dict[Treatment, float]
    supports: dict[Treatment, Support]


def read_answered(db: Database, span: Span) -> dict[str, list[str | None]]:
    """Read who answered each message; those left out whose reply a person forestalled."""
    found = db.execute(
        "SELECT t.conversation_id, t.backend FROM turns t JOIN outcomes o ON o.conversation_id = t.conversation_id"
        " WHERE o.started_at >= ? AND o.window_ends_at <= ? AND (? IS NULL OR o.source = ?)"
        " AND t.outcome != 'suppressed' ORDER BY t.id",
        [span.since or "", span.as_of, span.source, span.source],
    )
    answered: defaultdict[str, list[str | None]] = defaultdict(list)
    for conversation, backend in found:
        answered[conversation].append(backend)
    return dict(answered)


def answer(logs: Logs, answered: Answered, policy: Routing, *, least: int = LEAST_EFFECTIVE) -> dict[str, Any]:
    """Estimate what a routing would have resolved by itself, by the definition in force.

    Args:
        logs: what happened.
        answered: as `read_answered` gives it.
        policy: the routing asked about.
        least: customers that the weighted ones must be worth.

    Returns:
        The document: `refused` with `reasons` where the logs do not support an answer, and then no estimate.
    """
    chains = shares(policy)
    head: dict[str, Any] = {"definition": logs.definition, "n": len(logs.rows), "open": logs.open}
    if not logs.rows:
        return {**head, **_refusal(["no conversation has been judged yet"]), "chains": [], "logged": None}
    checked = propensities(logs.rows, logs)
    good = checked.is_known & checked.is_consistent
    evidence = _evidence([row for row, is_good in zip(logs.rows, good, strict=True) if is_good], logs, answered, chains)
    head["logged"] = interval(_rate(logs.rows))
    reasons = _distrust(len(logs.rows), int((~checked.is_known).sum()), int((checked.is_known & ~good).sum()))
    if not reasons and (missing := _never_played(evidence)):
        reasons = missing
        return {**head, **_refusal(reasons), "bounds": _bounds(evidence), "chains": _told(evidence)}
    usable = _where_all_are_played(evidence)
    if not reasons and len(usable.rows) == 0:
        reasons = ["the chains asked about were never played at the same time, so their customers differ"]
    if reasons:
        return {**head, **_refusal(reasons), "chains": _told(evidence)}
    found = _value(usable)
    if found.effective_n < least:
        reasons = [
            f"the logged customers are worth {found.effective_n:.0f} for this routing, at least {least} are needed:"
            " play its chains to more of them first"
        ]
        return {**head, **_refusal(reasons), "effective_n": found.effective_n, "chains": _told(usable)}
    told = {**_answer(found), "corrected": _corrected(usable, logs)}
    return {**head, **told, "used": len(usable.rows), "chains": _told(usable)}


def _evidence(rows: list[OutcomeRow], logs: Logs, answered: Answered, chains: dict[Treatment, float]) -> Evidence:
    depths = np.array([depth(row, logs, answered) for row in rows])
    outcome = np.array([float(row.resolved) for row in rows])
    supports = {chain: support(rows, logs, depths, chain) for chain in chains}
    return Evidence(rows, outcome, number([row.unit for row in rows]), chains, supports)


def _distrust(n: int, unknown: int, wrong: int) -> list[str]:
    found = []
    if unknown > MOST_UNKNOWN * n:
        found.append(f"{unknown} of {n} conversations have no stored propensity, or the routing of their time is gone")
    if wrong > MOST_UNKNOWN * n:
        found.append(f"the stored propensity of {wrong} of {n} conversations is not what their routing says")
    return found


def _never_played(evidence: Evidence) -> list[str]:
    return [
        f"no arm ever played the chain {' → '.join(chain.chain) or '(nothing)'}"
        f" with error budget {chain.error_budget:g}: what it would have resolved is not in the logs"
        for chain, found in evidence.supports.items()
        if not found.is_played.any()
    ]


def _where_all_are_played(evidence: Evidence) -> Evidence:
    """Keep the customers who could have drawn any of the chains, all the time."""
    played = np.all([found.is_played for found in evidence.supports.values()], axis=0)
    short = np.bincount(evidence.unit, weights=~played) > 0
    inside = ~short[evidence.unit] if len(evidence.rows) else played
    return Evidence(
        [row for row, is_in in zip(evidence.rows, inside, strict=True) if is_in],
        evidence.outcome[inside],
        number(evidence.unit[inside].astype(str)) if inside.any() else evidence.unit[:0],
        evidence.chains,
        {chain: Support(one.weights[inside], one.is_played[inside]) for chain, one in evidence.supports.items()},
    )


def _corrected(usable: Evidence, logs: Logs) -> dict[str, Any] | None:
    """The same for what audits found to be true; None with fewer than `LEAST_EFFECTIVE` of them.

    The outcome is what the log lets one expect, plus the error of that where somebody has looked, weighed by how likely
    that was: right on average for every conversation.
    """
    cases = cases_of(logs, TariffSection())
    places = {row.conversation_id: place for place, row in enumerate(cases.rows)}
    at = np.array([places[row.conversation_id] for row in usable.rows])
    looked = ~np.isnan(cases.truth[at])
    if looked.sum() < LEAST_EFFECTIVE:
        return None
    error = np.where(looked, (cases.truth[at] - cases.prediction[at]) / cases.probability[at], 0.0)
    found = _value(usable._replace(outcome=cases.prediction[at] + error)).snips
    return {"estimate": found.value, "low": found.low, "high": found.high, "audits": int(looked.sum())}


def _value(usable: Evidence) -> Value:
    features = text_features([row.first_text or "" for row in usable.rows])
    weighed = [
        Weighed(odds, found.weights, expect(features, usable.outcome, found.weights, usable.unit))
        for (chain, odds) in usable.chains.items()
        for found in [usable.supports[chain]]
        if found.weights.sum() > 0
    ]
    if len(weighed) < len(usable.chains):
        nothing = Estimate(np.nan, np.nan, np.nan, 0, 0, np.nan)
        return Value(nothing, nothing, nothing, 0.0)
    return value(usable.outcome, usable.unit, weighed)


def _bounds(evidence: Evidence) -> dict[str, float] | None:
    """What the part of the conversations that the logs do show leaves possible."""
    n = len(evidence.rows)
    if n == 0:
        return None
    low = shown = 0.0
    for chain, odds in evidence.chains.items():
        weights = evidence.supports[chain].weights
        low += odds * float((weights * evidence.outcome).sum()) / n
        shown += odds * min(float(weights.sum()) / n, 1.0)
    return {"low": min(low, 1.0), "high": min(low + 1 - shown, 1.0), "shown": shown}


def _told(evidence: Evidence) -> list[dict[str, Any]]:
    rows = []
    for chain, odds in evidence.chains.items():
        found = evidence.supports[chain]
        total, n = float(found.weights.sum()), int((found.weights > 0).sum())
        rate = float((found.weights * evidence.outcome).sum()) / total if total else None
        rows.append(
            {
                "chain": list(chain.chain),
                "error_budget": chain.error_budget,
                "share": odds,
                "played": bool(found.is_played.any()),
                "conversations": n,
                "rate": rate,
            }
        )
    return rows


def _answer(found: Value) -> dict[str, Any]:
    best = found.doubly_robust
    return {
        "estimate": best.value,
        "low": best.low,
        "high": best.high,
        "effective_n": found.effective_n,
        "refused": False,
        "reasons": [],
        "estimator": "doubly_robust",
        "ips": interval(found.ips),
        "snips": interval(found.snips),
        "doubly_robust": interval(found.doubly_robust),
    }


def _refusal(reasons: list[str]) -> dict[str, Any]:
    return {
        "estimate": None,
        "low": None,
        "high": None,
        "effective_n": None,
        "corrected": None,
        "refused": True,
        "reasons": reasons,
    }


def _rate(rows: Sequence[OutcomeRow]) -> Estimate:
    return share(np.array([float(row.resolved) for row in rows]), number([row.unit for row in rows]))
