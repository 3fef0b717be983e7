"""Expects from a customer's first message whether a chain would resolve the conversation. Pure.

Only the message counts: whatever came later, the recognised intent included, is the doing of the logged chain.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from eval.resolution.clustered import Floats, Ints

FOLDS = 5
LEAST_TO_LEARN = 40
MOST_WORDS = 3000
FEW_WORDS = 300
"""Up to so many a second-order method is faster."""


def text_features(texts: list[str]) -> Floats | None:
    """Words and pairs of words of each message; None where there are none to learn from."""
    try:
        found = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=MOST_WORDS, sublinear_tf=True).fit(texts)
    except ValueError:  # no word occurs twice
        return None
    return np.asarray(found.transform(texts).toarray(), dtype=np.float64)


def expect(features: Floats | None, outcome: Floats, weights: Floats, unit: Ints) -> Floats:
    """Probability of each conversation to be resolved under one chain, learned from other customers.

    Args:
        features: (n, words); None expects the same of all.
        outcome: (n,) 0 or 1.
        weights: (n,) above 0 where the conversation shows what the chain does.
        unit: (n,) the customer of each.

    Returns:
        (n,), 0..1.
    """
    fold = np.random.default_rng(0).permutation(int(unit.max()) + 1)[unit] % FOLDS
    out = np.empty(len(outcome))
    for place in range(FOLDS):
        learned = np.flatnonzero((weights > 0) & (fold != place))
        out[fold == place] = _fit(features, outcome, weights, learned)[fold == place]
    return out


def _fit(features: Floats | None, outcome: Floats, weights: Floats, learned: Ints) -> Floats:
    if len(learned) == 0:
        return np.full(len(outcome), 0.5)
    mean = float(np.average(outcome[learned], weights=weights[learned]))
    is_solved = outcome[learned] > 0.5
    if features is None or len(learned) < LEAST_TO_LEARN or is_solved.all() or not is_solved.any():
        return np.full(len(outcome), mean)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solver = "newton-cholesky" if features.shape[1] <= FEW_WORDS else "lbfgs"
        model = LogisticRegression(C=1.0, max_iter=200, solver=solver)
        model.fit(features[learned], is_solved, sample_weight=weights[learned])
    return np.asarray(model.predict_proba(features)[:, 1], dtype=np.float64)
