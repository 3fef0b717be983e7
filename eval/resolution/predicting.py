"""Expects the truth about a conversation from what the log says about it, learned from the audits. Pure.

No prediction has seen the audit of its own conversation, nor of that customer's other ones.
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from bot.sampling import GUESS
from eval.resolution.clustered import Floats, Ints

FOLDS = 5
GUESSED = 3.0
"""Audits that the guess about a kind of outcome is worth."""
TRUSTED = 4.0
"""Scale of the kinds' log odds among the features: large, so that the penalty hardly touches them."""
LEAST_TO_LEARN = 40
"""With fewer audits the kinds' own shares are all that is learned."""


def predict(
    kind: NDArray[np.str_], features: Floats, truth: Floats, unit: Ints, *, source: np.random.Generator
) -> Floats:
    """Probability of each conversation to be truly resolved.

    Args:
        kind: (n,) kind of outcome.
        features: float64 (n, m), what else the log says, each about 0..1; m may be 0.
        truth: float64 (n,), 0 or 1 where audited, else nan.
        unit: int64 (n,), the customer of each.
        source: draws the folds.

    Returns:
        float64 (n,), 0..1.

    Source: cross-fitting, T. Zrnic and E. Candès, Cross-prediction-powered inference, PNAS 121 (2024) e2322083121.
    """
    looked = np.flatnonzero(~np.isnan(truth))
    if len(looked) == 0:
        return np.array([GUESS.get(name, 0.5) for name in kind])
    fold = _folds(unit, source)
    out = np.empty(len(kind))
    for place in range(FOLDS):
        learned = looked[fold[looked] != place]
        out[fold == place] = _fit(kind, features, truth, learned)[fold == place]
    return out


def _fit(kind: NDArray[np.str_], features: Floats, truth: Floats, learned: Ints) -> Floats:
    known = truth[learned]
    by_kind = np.empty(len(kind))
    for name in np.unique(kind):
        found = known[kind[learned] == name]
        by_kind[kind == name] = (found.sum() + GUESSED * GUESS.get(str(name), 0.5)) / (len(found) + GUESSED)
    if len(learned) < LEAST_TO_LEARN or len(np.unique(known)) < 2 or features.shape[1] == 0:
        return by_kind
    columns = np.column_stack([TRUSTED * np.log(by_kind / (1 - by_kind)), features])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=1.0, max_iter=300, solver="newton-cholesky").fit(
            columns[learned], known.astype(int)
        )
    return np.asarray(model.predict_proba(columns)[:, 1], dtype=np.float64)


def _folds(unit: Ints, source: np.random.Generator) -> Ints:
    by_customer = source.permutation(int(unit.max()) + 1) % FOLDS
    return by_customer[unit]
