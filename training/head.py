"""A linear head on embeddings that stay as they are: fitted in a second, and good where examples are few."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


class Head(NamedTuple):
    """Scores are `embeddings @ weight.T + bias`."""

    weight: npt.NDArray[np.float32]
    """(k, dim)"""
    bias: npt.NDArray[np.float32]
    """(k,)"""


def fit_head(embeddings: Floats, targets: Ints, weights: Sequence[float], *, strength: float = 10.0) -> Head:
    """Fit a multinomial logistic regression.

    Args:
        embeddings: float32 (n, dim), rows of length 1.
        targets: (n,), 0..k-1, every number at least once.
        weights: how much each row counts, above 0.
        strength: inverse of the L2 penalty; a row of weight 1 counts 1 against it.

    Raises:
        ValueError: fewer than two outputs.
    """
    model = LogisticRegression(C=strength, max_iter=300)
    with threadpool_limits(limits=1):  # the matrices are small: threads that wait for each other are slower
        model.fit(embeddings, targets, sample_weight=np.asarray(weights, dtype=np.float64))
    weight, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row for two classes: share it out
        weight, bias = np.vstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    return Head(weight.astype(np.float32), bias.astype(np.float32))
