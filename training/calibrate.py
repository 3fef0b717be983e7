"""Fits what turns raw outputs into trustworthy numbers, on texts the model was not trained on. Pure numpy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.classified.calibration import Calibration, OosScore, Thresholds
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
    """Add up features in units of their spread in scope, and fit where one half lies.

    The weights are not fitted: two or three dozen texts out of scope, which is what most bots have to spare, chose
    worse ones than equal shares (LOG.md). Without such texts, one half is where 5 % of the texts in scope lie above.
    """
    names = ["entropy", *(["outlier"] if calibration.has_outlier else [])]
    inside = {name: calibration.feature(name, held_out) for name in names}
    weights = {name: 1.0 / max(float(np.std(values)), 1e-6) for name, values in inside.items()}
    total = _weighted(weights, inside)
    if len(outside) < FEWEST_OUTSIDE:
        return OosScore(-rejection_threshold(total, REJECTED), weights)
    strange = _weighted(weights, {name: calibration.feature(name, outside) for name in names})
    slope, bias = _logistic(total, strange)
    return OosScore(bias, {name: slope * weight for name, weight in weights.items()})


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


def _weighted(weights: Mapping[str, float], features: Mapping[str, Floats]) -> Floats:
    return np.asarray(sum(weight * features[name] for name, weight in weights.items()))


def _logistic(inside: Floats, outside: Floats, steps: int = 50) -> tuple[float, float]:
    """Slope and bias of a logistic regression on one feature, both kinds weighing the same, by Newton's method."""
    x = np.concatenate([inside, outside])
    y = np.concatenate([np.zeros(len(inside)), np.ones(len(outside))])
    share = np.where(y == 0, len(y) / 2 / len(inside), len(y) / 2 / len(outside))
    centre, spread = float(x.mean()), max(float(x.std()), 1e-6)
    rows = np.column_stack([(x - centre) / spread, np.ones(len(x))])
    beta, ridge = np.zeros(2), np.diag([1.0, 1e-6])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(rows @ beta, -30, 30)))
        gradient = rows.T @ (share * (y - p)) - ridge @ beta
        step = np.linalg.solve((rows.T * (share * p * (1 - p))) @ rows + ridge, gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    slope = max(float(beta[0]), 0.05) / spread
    return slope, float(beta[1]) - slope * centre
