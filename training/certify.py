"""Proves how confident a bundle must be to keep wrong answers within a budget. Pure numpy and scipy.

The rows it is given must have been used for nothing else: not trained on, not for an early stop, not for the
temperature. The served model gives the confidences.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from backends.classified.calibration import Calibration, Certificate
from training.calibrate import BUDGETS, DEFAULT_BUDGET

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
STEPS = 40
"""Confidences that are tried, from the strictest to none at all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the served model made of rows, thresholds of confidence aside."""

    confidence: Floats
    """(n,), calibrated probability of the top intent, 0..1."""
    predicted: npt.NDArray[np.str_]
    """(n,), the top intent."""
    is_right: Bools
    """(n,), False for every row out of scope."""
    is_eligible: Bools
    """(n,), in scope by its score and not ambiguous: an answer, if only it is confident enough."""


def judge_rows(calibration: Calibration, logits: Floats, intents: Sequence[str], actual: Sequence[str]) -> Judged:
    """Judge rows as serving would.

    Args:
        calibration: the bundle's.
        logits: float32 (n, outputs).
        intents: names of the bundle's intents.
        actual: the right intent of each row, or one that is none of them.
    """
    probabilities = calibration.probabilities(logits)
    ordered = np.sort(probabilities, axis=1)
    predicted = np.array(intents, dtype=np.str_)[probabilities.argmax(axis=1)]
    limits = calibration.thresholds
    lead = ordered[:, -1] - (ordered[:, -2] if ordered.shape[1] > 1 else 0.0)
    return Judged(
        confidence=ordered[:, -1],
        predicted=predicted,
        is_right=predicted == np.array(actual, dtype=np.str_),
        is_eligible=(calibration.oos_scores(logits) <= limits.max_oos) & (lead >= limits.min_margin),
    )


def certify(judged: Judged, grid: Floats, *, confidence: float = 0.95) -> tuple[Certificate, ...]:
    """Prove thresholds for all intents together, and for each that has rows enough of its own.

    Each statement holds with the given confidence by itself.

    Args:
        judged: the rows kept back.
        grid: confidences to try, falling, chosen without these rows.
        confidence: how sure, 0..1.
    """
    found = list(_proven(judged, grid, confidence, None))
    for intent in sorted(set(judged.predicted.tolist())):
        own = judged.predicted == intent
        if (own & judged.is_eligible).sum() < rows_needed(DEFAULT_BUDGET, confidence):
            continue
        chosen = Judged(judged.confidence[own], judged.predicted[own], judged.is_right[own], judged.is_eligible[own])
        found.extend(_proven(chosen, grid, confidence, intent))
    return tuple(found)


def rows_needed(budget: float, confidence: float) -> int:
    """Answers without an error that it takes to prove a budget: 149 for 2 % at 95 %.

    Source: (1 - budget)^n <= 1 - confidence.
    """
    return math.ceil(math.log(1 - confidence) / math.log(1 - budget))


def grid_of(confidence: Floats) -> Floats:
    """Confidences to try, falling: quantiles of those of rows that the certificate does not rest on.

    Args:
        confidence: (n,), of the rows that temperature and score were fitted on.
    """
    if not len(confidence):
        return np.array([])
    shares = np.linspace(0, 1, STEPS + 1)[1:]
    return np.unique(np.round(np.quantile(confidence, 1 - shares), 4))[::-1]


def smallest_proven(judged: Judged, grid: Floats, budget: float, confidence: float) -> float | None:
    """The smallest confidence to ask for that is proven to keep within a budget; None when none is.

    The confidences are tested from the strictest down, each by an exact binomial test of "more than the budget are
    wrong", until one cannot be rejected. The order is fixed beforehand, so all tests may use the whole error rate. It
    begins where half of the rows that may be answered are, and so many that the test can succeed at all: begun
    higher up, a single error would end it.

    Args:
        judged: the rows kept back.
        grid: confidences, falling.
        budget: share of wrong answers among the given ones, 0..1.
        confidence: of the statement, 0..1.

    Source: A. Angelopoulos et al., Learn then Test, 2021 (arXiv 2110.01052), fixed sequence testing.
    """
    needed, proven = max(rows_needed(budget, confidence), int(judged.is_eligible.sum()) // 2), None
    for least in grid.tolist():
        answered = judged.is_eligible & (judged.confidence >= least)
        count, errors = int(answered.sum()), int((answered & ~judged.is_right).sum())
        if count < needed:
            continue
        if binom.cdf(errors, count, budget) > 1 - confidence:
            break
        proven = least
    return proven


def _proven(judged: Judged, grid: Floats, confidence: float, intent: str | None) -> Iterator[Certificate]:
    for budget in BUDGETS:
        least = smallest_proven(judged, grid, budget, confidence)
        if least is None:
            continue
        answered = judged.is_eligible & (judged.confidence >= least)
        yield Certificate(
            budget=budget,
            confidence=confidence,
            min_confidence=least,
            n=len(judged.confidence),
            answered=int(answered.sum()),
            errors=int((answered & ~judged.is_right).sum()),
            intent=intent,
        )
