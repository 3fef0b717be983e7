"""Which labels are probably wrong, and which intents are mixed up: judged from the embeddings of the texts.

Two classifiers that see no row they judge: its nearest neighbours, and a linear discriminant of the other folds.
Confident learning (the library cleanlab) counts the wrong labels from their probabilities. Why these: `LOG.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.intervals import wilson
from training.neighbours import Floats, Neighbours

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 3
FEWEST = 4
"""Distinct texts an intent needs for its labels to be judged: with fewer, a fold may have none to learn from."""
NEIGHBOURS, SHARPNESS = 20, 10.0
"""Neighbours with a say, and the factor on their cosine in the weight's exponent."""
SHRINKAGE = 0.1
"""Part of the spread within intents that is taken to be round. Source: Friedman, JASA 84 (1989) 165-175."""
FLOOR = 1e-2
OVERLAP, FEWEST_CONFUSED = 0.05, 3
"""Two intents overlap when surely (95 %) more than this share of their rows, and so many, are taken for the other."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A row whose label is probably wrong."""

    place: int
    suggested: int
    """The label its neighbours and its place among the intents speak for."""
    confidence: float
    """Probability of the label it has, 0..1: the lower, the more suspect."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two intents that are taken for each other."""

    one: int
    other: int
    places: tuple[int, ...]
    """The rows of either that are taken for the other, the surest first."""
    n: int
    """Rows of both."""
    rate: float
    low: float
    high: float
    """Share of the rows confused, with its 95 % Wilson interval."""


def probabilities(vectors: Floats, neighbours: Neighbours, labels: Ints, *, seed: int = 0) -> Doubles:
    """Judge each row from the others.

    Args:
        vectors: float32 (n, dim), rows of length 1; each of a distinct text.
        neighbours: the nearest others of each row, `NEIGHBOURS` or more of them.
        labels: int64 (n,), from 0 without gaps, `FEWEST` rows or more of each.
        seed: of the folds.

    Returns:
        float64 (n, labels), rows of sum 1: the geometric mean of both classifiers.
    """
    voted = _vote(neighbours, labels)
    logits = _discriminant_of_folds(vectors.astype(np.float64), labels, seed)
    cooled = _softmax(logits / _temperature(logits, labels))
    return _softmax(0.5 * np.log(voted) + 0.5 * np.log(cooled + 1e-9))


def suspects(probabilities: Doubles, labels: Ints) -> list[Suspicion]:
    """List the rows whose label is probably wrong, the worst first.

    Source: Northcutt, Jiang, Chuang 2021, Confident Learning; as many rows as it counts label errors, by
    self-confidence.

    Raises:
        ImportError: cleanlab is not installed.
    """
    from cleanlab.filter import find_label_issues

    flagged = find_label_issues(labels, probabilities, filter_by="low_self_confidence", n_jobs=1)
    own = probabilities[np.arange(len(labels)), labels]
    best = probabilities.argmax(axis=1)
    places = [int(place) for place in np.flatnonzero(flagged & (best != labels))]
    return [Suspicion(place, int(best[place]), float(own[place])) for place in sorted(places, key=lambda i: own[i])]


def overlaps(probabilities: Doubles, labels: Ints) -> list[Overlap]:
    """List the pairs of intents that are taken for each other, the most mixed first."""
    best, counts = probabilities.argmax(axis=1), np.bincount(labels)
    confused: dict[tuple[int, int], list[int]] = {}
    for place in np.flatnonzero(best != labels):
        one, other = sorted((int(labels[place]), int(best[place])))
        confused.setdefault((one, other), []).append(int(place))
    found = []
    for (one, other), places in confused.items():
        n = int(counts[one] + counts[other])
        rate = wilson(len(places), n)
        if len(places) >= FEWEST_CONFUSED and rate.low > OVERLAP:
            surest = sorted(places, key=lambda i: -probabilities[i, best[i]])
            found.append(Overlap(one, other, tuple(surest), n, rate.value, rate.low, rate.high))
    return sorted(found, key=lambda pair: -pair.rate)


def _vote(neighbours: Neighbours, labels: Ints) -> Doubles:
    cosines = neighbours.cosines[:, :NEIGHBOURS].astype(np.float64)
    weights = np.exp(SHARPNESS * (cosines - 1.0))
    rows = np.arange(len(labels))[:, None]
    votes = np.zeros((len(labels), int(labels.max()) + 1))
    np.add.at(votes, (rows, labels[neighbours.places[:, :NEIGHBOURS]]), weights / weights.sum(axis=1, keepdims=True))
    votes += FLOOR / votes.shape[1]
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def _discriminant_of_folds(vectors: Doubles, labels: Ints, seed: int) -> Doubles:
    logits = np.zeros((len(labels), int(labels.max()) + 1))
    fold = _folds(labels, seed)
    for number in range(FOLDS):
        rest = fold != number
        logits[~rest] = _discriminant(vectors[rest], labels[rest], vectors[~rest])
    return logits


def _folds(labels: Ints, seed: int) -> Ints:
    """Give each row a fold, the rows of each intent spread evenly."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold


def _discriminant(vectors: Doubles, labels: Ints, queries: Doubles) -> Doubles:
    """Linear discriminant analysis with a shrunken spread. Source: Hastie et al., ESL, 4.3."""
    counts = np.bincount(labels)
    means = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(means, labels, vectors)
    means /= counts[:, None]
    apart = vectors - means[labels]
    spread = apart.T @ apart / len(vectors)
    round_part = np.trace(spread) / len(spread) * np.eye(len(spread))
    weights = np.linalg.solve(
        (1 - SHRINKAGE) * spread + (SHRINKAGE + 1e-6) * round_part + 1e-9 * np.eye(len(spread)), means.T
    )
    return np.asarray(queries @ weights - 0.5 * (means.T * weights).sum(axis=0) + np.log(counts / len(labels)))


def _temperature(logits: Doubles, labels: Ints) -> float:
    """The temperature with the least cross-entropy: the discriminant is far too sure, more so on noisy labels."""
    tried = np.geomspace(0.3, 50, 40)
    rows = np.arange(len(labels))
    losses = [-np.log(_softmax(logits / value)[rows, labels] + 1e-12).mean() for value in tried]
    return float(tried[int(np.argmin(losses))])


def _softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(labels: Sequence[str]) -> list[int]:
    """Places of the rows whose intent has texts enough to be judged."""
    names, counts = np.unique(np.array(labels, dtype=object).astype(str), return_counts=True)
    enough = {str(name) for name, count in zip(names, counts, strict=True) if count >= FEWEST}
    return [place for place, label in enumerate(labels) if label in enough]
