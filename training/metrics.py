"""Definitions of what we report about a classifier. Pure numpy; it knows no model and no file.

Definition version 1 of each. A changed definition gets a new version and a changelog entry.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
VERSION = 1


def accuracy(predicted: Sequence[str], actual: Sequence[str]) -> float:
    """Share of texts whose top intent is the right one.

    Raises:
        ValueError: no texts, or lists of different lengths.
    """
    _check(len(predicted), len(actual))
    return sum(p == a for p, a in zip(predicted, actual, strict=True)) / len(actual)


def macro_f1(predicted: Sequence[str], actual: Sequence[str]) -> float:
    """Mean over the intents that occur in `actual` of the harmonic mean of precision and recall.

    Raises:
        ValueError: no texts, or lists of different lengths.
    """
    _check(len(predicted), len(actual))
    scores = []
    for intent in sorted(set(actual)):
        hits = sum(p == a == intent for p, a in zip(predicted, actual, strict=True))
        named = sum(p == intent for p in predicted)
        there = sum(a == intent for a in actual)
        scores.append(2 * hits / (named + there))
    return sum(scores) / len(scores)


def expected_calibration_error(confidence: Floats, is_right: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """How far confidence and accuracy lie apart, averaged over equally wide bins of confidence.

    Args:
        confidence: (n,), probability of the top intent, 0..1.
        is_right: (n,), whether the top intent was the right one.
        bins: number of bins over 0..1; an exact border belongs to the lower bin.

    Raises:
        ValueError: no texts, or arrays of different lengths.

    Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    _check(len(confidence), len(is_right))
    place = np.clip(np.ceil(np.asarray(confidence) * bins).astype(int) - 1, 0, bins - 1)
    total = 0.0
    for number in range(bins):
        inside = place == number
        if inside.any():
            total += inside.mean() * abs(float(confidence[inside].mean()) - float(is_right[inside].mean()))
    return float(total)


def auroc(negative: Floats, positive: Floats) -> float:
    """Probability that a positive scores above a negative, ties counting half.

    Args:
        negative: (n,), scores of what should score low (texts in scope).
        positive: (m,), scores of what should score high (texts out of scope).

    Raises:
        ValueError: one of them is empty.

    Source: Mann-Whitney U over n·m.
    """
    if len(negative) == 0 or len(positive) == 0:
        raise ValueError(f"AUROC needs scores of both kinds, got {len(negative)} and {len(positive)}")
    ordered = np.sort(np.asarray(negative, dtype=np.float64))
    below = np.searchsorted(ordered, positive, side="left")
    up_to = np.searchsorted(ordered, positive, side="right")
    return float((below + up_to).mean() / 2 / len(ordered))


def recall_at_rejection(in_scope: Floats, out_of_scope: Floats, rejected: float = 0.05) -> float:
    """Share of out-of-scope texts found by the threshold that rejects this share of texts in scope.

    Args:
        in_scope: (n,), out-of-scope scores of texts in scope.
        out_of_scope: (m,), the same of texts out of scope.
        rejected: share of texts in scope given up; at most this share scores above the threshold.

    Raises:
        ValueError: one of them is empty.
    """
    if len(in_scope) == 0 or len(out_of_scope) == 0:
        raise ValueError(f"recall needs scores of both kinds, got {len(in_scope)} and {len(out_of_scope)}")
    return float((np.asarray(out_of_scope) > rejection_threshold(in_scope, rejected)).mean())


def rejection_threshold(in_scope: Floats, rejected: float) -> float:
    """The smallest score above which at most this share of texts in scope lies."""
    ordered = np.sort(np.asarray(in_scope, dtype=np.float64))[::-1]
    return float(ordered[min(int(rejected * len(ordered) + 1e-9), len(ordered) - 1)])


def _check(left: int, right: int) -> None:
    if left != right or left == 0:
        raise ValueError(f"expected as many predictions as answers and at least one, got {left} and {right}")
