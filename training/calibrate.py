"""Fits what turns raw outputs into trustworthy numbers, on texts the model was not trained on. Pure numpy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.intent.calibration import Calibration, OosScore, Thresholds
from training.metrics import rejection_threshold

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]

BUDGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)
"""Shares of wrong canned answers for which a bundle knows the confidence to ask for."""
DEFAULT_BUDGET = 0.02
REJECTED = 0.05
"""Share of texts in scope that the out-of-scope threshold may give up."""
MIN_MARGIN = 0.15
FEWEST_OUTSIDE = 8
"""Texts out of scope from which a score is fitted instead of assumed."""


def calibrate(held_out: Floats, labels: Ints, outside: Floats, *, has_outlier: bool) -> Calibration:
    """Fit temperature, out-of-scope score and thresholds.

    Args:
        held_out: (n, outputs), logits of texts in scope that were not trained on; at least one.
        labels: (n,), their intents.
        outside: (m, outputs), logits of texts out of scope that were not trained on; may be empty.
        has_outlier: whether the last logit means "none of these".
    """
    intents = held_out[:, :-1] if has_outlier else held_out
    warm = Calibration(temperature=fit_temperature(intents, labels), has_outlier=has_outlier)
    scored = replace(warm, oos=fit_oos(warm, held_out, outside))
    table = confidence_by_budget(scored.probabilities(held_out).max(axis=1))
    thresholds = Thresholds(
        min_confidence=table[DEFAULT_BUDGET],
        max_oos=max(0.5, rejection_threshold(scored.oos_scores(held_out), REJECTED)),
        min_margin=MIN_MARGIN,
    )
    return replace(scored, thresholds=thresholds, confidence_by_budget=tuple(table.items()))


def fit_temperature(logits: Floats, labels: Ints) -> float:
    """The temperature with the smallest cross entropy, by golden section between 1/20 and 20.

    The target of the right intent is (n + 1) / (n + 2) instead of 1, so that a held-out set without an error
    does not drive confidence to certainty.

    Args:
        logits: (n, intents).
        labels: (n,), right intents.

    Source: C. Guo et al., ICML 2017, for the temperature; J. Platt 1999 for the target.
    """
    n, count = logits.shape
    if count < 2:
        return 1.0
    target = (n + 1) / (n + 2)
    spread = (1 - target) / (count - 1)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(axis=1, keepdims=True)
        log_p = scaled - top - np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
        right = log_p[np.arange(n), labels]
        return float(-((target - spread) * right + spread * log_p.sum(axis=1)).mean())

    low, high, golden = np.log(0.05), np.log(20.0), (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def fit_oos(calibration: Calibration, held_out: Floats, outside: Floats) -> OosScore:
    """Combine features into one score; without texts out of scope, by how unusual a value is in scope.

    Which features: LOG.md. Energy alone is poor when the head starts from prototypes, and helps beside the others.
    """
    names = ["entropy", *(["outlier"] if calibration.has_outlier else [])]
    if len(outside) < FEWEST_OUTSIDE:
        return _by_rarity({name: calibration.feature(name, held_out) for name in names})
    names.append("energy")
    inside = {name: calibration.feature(name, held_out) for name in names}
    return _logistic(inside, {name: calibration.feature(name, outside) for name in names})


def confidence_by_budget(confidence: Floats) -> dict[float, float]:
    """The smallest confidence to ask for so that the expected share of wrong answers stays within a budget.

    Calibrated confidences say themselves how often answers are wrong: 1 minus their mean. That varies less than
    counting the few errors of a small held-out set.

    Args:
        confidence: (n,), calibrated probability of the top intent of held-out texts in scope.

    Returns:
        The confidence for each of `BUDGETS`, 0..0.99.
    """
    ordered = np.sort(np.asarray(confidence, dtype=np.float64))[::-1]
    wrong = np.cumsum(1 - ordered) / np.arange(1, len(ordered) + 1)
    table = {}
    for budget in BUDGETS:
        within = np.flatnonzero(wrong <= budget)
        least = ordered[within[-1]] if len(within) else 0.99
        table[budget] = round(float(np.clip(least, 0.0, 0.99)), 4)
    return table


def _by_rarity(inside: Mapping[str, Floats]) -> OosScore:
    """Sum the features in units of their spread; the score is 0.5 where 5 % of texts in scope lie above."""
    weights = {name: 1.0 / _spread(values) for name, values in inside.items()}
    total = sum(weights[name] * values for name, values in inside.items())
    return OosScore(-rejection_threshold(np.asarray(total), REJECTED), weights)


def _logistic(inside: Mapping[str, Floats], outside: Mapping[str, Floats], penalty: float = 1.0) -> OosScore:
    """Ridge logistic regression on features in units of their spread, both kinds weighing the same.

    Weights stay at or above zero: each feature is larger for stranger texts, and a negative weight would only
    fit the accidents of a small sample.
    """
    names = list(inside)
    x = np.column_stack([np.concatenate([inside[name], outside[name]]) for name in names])
    centre, spread = x.mean(axis=0), np.array([_spread(x[:, column]) for column in range(len(names))])
    n, m = len(inside[names[0]]), len(outside[names[0]])
    y = np.concatenate([np.zeros(n), np.ones(m)])
    rows = np.column_stack([(x - centre) / spread, np.ones(n + m)])
    share = np.concatenate([np.full(n, (n + m) / 2 / n), np.full(m, (n + m) / 2 / m)])
    kept = list(range(len(names)))
    while True:
        columns = [*kept, len(names)]
        beta = _newton(rows[:, columns], y, share, penalty)
        negative = [place for place, value in zip(kept, beta, strict=False) if value < 0]
        if not negative:
            break
        kept = [place for place in kept if place not in negative]
    weights = {names[place]: float(value / spread[place]) for place, value in zip(kept, beta, strict=False)}
    bias = float(beta[-1]) - sum(weights[names[place]] * float(centre[place]) for place in kept)
    return OosScore(bias, weights)


def _newton(rows: Floats, y: Floats, share: Floats, penalty: float, steps: int = 50) -> Floats:
    beta = np.zeros(rows.shape[1])
    ridge = np.diag([penalty] * (rows.shape[1] - 1) + [1e-6])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(rows @ beta, -30, 30)))
        gradient = rows.T @ (share * (y - p)) - ridge @ beta
        step = np.linalg.solve((rows.T * (share * p * (1 - p))) @ rows + ridge, gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _spread(values: Floats) -> float:
    return max(float(np.std(values)), 1e-6)
