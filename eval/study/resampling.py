"""How else it could have come out: the same study with other test rows and other draws of examples. Pure.

Every repetition reweights test rows and seeds at once and in the same way for every technique and size, so that
differences and crossings stay paired.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.study.scores import Floats, Scores
from training.intervals import wilson

REPETITIONS = 2000
LEVEL = 0.95


class Span(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class Pair(NamedTuple):
    """Two techniques on what they share."""

    gap: Span
    """Second minus first."""
    repeated: Floats
    """The same in each repetition, float64 (repetitions,)."""
    n: int
    """Rows compared."""
    seeds: int


class Resampling:
    """Repetitions shared by all that is asked of one study.

    Test rows get weights from the exponential distribution. Seeds get random weights whose spread gives the standard
    error of a mean of so few seeds, with the tails of Student's t: plain resampling of three seeds would be too sure.

    Source: D. B. Rubin, The Bayesian bootstrap, Annals of Statistics 9 (1981) 130-134 (rows); A. B. Owen, The
    pigeonhole bootstrap, Annals of Applied Statistics 1 (2007) 386-411 (rows and columns at once).
    """

    def __init__(self, *, seed: int = 20, repetitions: int = REPETITIONS) -> None:
        """Prepare; the same seed gives the same intervals."""
        self.repetitions = repetitions
        self._seed = seed
        self._weights = np.empty((repetitions, 0), np.float32)
        self._known: dict[tuple[Scores, int], tuple[Floats, Floats]] = {}

    def mean(self, scores: Scores) -> Floats:
        """Accuracy in each repetition, float64 (repetitions,)."""
        _, repeated = self._repeat(scores, scores.values.shape[1])
        return self._over_seeds(repeated, scores.seeds, own_spread(scores.values))

    def pair(self, first: Scores, second: Scores) -> Pair | None:
        """Compare two on the rows and seeds they share; None without a shared seed or row.

        A subset of the test rows is the beginning of all of them; a row that either lost to the infrastructure counts
        for neither. The interval counts one more row for either side: by rows alone, all of which happen to speak for
        the same side, a difference of one row would be sure.
        """
        seeds = common_seeds(first, second)
        if not seeds:
            return None
        n = min(first.values.shape[1], second.values.shape[1])
        lines, others = _rows(first, n, seeds), _rows(second, n, seeds)
        one, ones = self._of_seeds(first, n, seeds, others)
        two, twos = self._of_seeds(second, n, seeds, lines)
        gap = others - lines
        shared = int(np.isfinite(gap).any(axis=0).sum())
        if not shared:
            return None
        gaps = self._over_seeds(twos - ones, seeds, own_spread(gap)) + self._doubt() / shared
        return Pair(span(float((two - one).mean()), gaps, shared), gaps, shared, len(seeds))

    def _of_seeds(self, scores: Scores, n: int, seeds: Sequence[int], other: Floats) -> tuple[Floats, Floats]:
        """As `_repeat`, (seeds,) and (repetitions, seeds), without the rows that are missing in `other`."""
        if not np.isfinite(other).all():
            own = _rows(scores, n, seeds)
            return self._reweighted(np.where(np.isfinite(other), own, np.nan))
        plain, repeated = self._repeat(scores, n)
        if scores.is_level:
            return plain[:1], repeated[:, :1]
        places = [scores.seeds.index(seed) for seed in seeds]
        return plain[places], repeated[:, places]

    def _repeat(self, scores: Scores, n: int) -> tuple[Floats, Floats]:
        """Accuracy by seed on the first n rows as it is, (seeds,), and in each repetition, (repetitions, seeds)."""
        known = self._known.get((scores, n))
        if known is None:
            known = self._known[scores, n] = self._reweighted(scores.values[:, :n])
        return known

    def _reweighted(self, values: Floats) -> tuple[Floats, Floats]:
        counted, right = np.isfinite(values).astype(np.float32), np.nan_to_num(values).astype(np.float32)
        weights = self._row_weights(values.shape[1])
        repeated = (weights @ right.T) / np.maximum(weights @ counted.T, 1e-9)
        plain = right.sum(axis=1) / np.maximum(counted.sum(axis=1), 1e-9)
        return plain.astype(np.float64), repeated.astype(np.float64)

    def _row_weights(self, n: int) -> NDArray[np.float32]:
        """Weights of the first n rows, (repetitions, n): the same row always has the same."""
        have = self._weights.shape[1]
        if n > have:
            drawn = [
                np.random.default_rng([self._seed, 3, row]).standard_exponential(self.repetitions, dtype=np.float32)
                for row in range(have, n)
            ]
            self._weights = np.concatenate([self._weights, np.stack(drawn, axis=1)], axis=1)
        return self._weights[:, :n]

    def _doubt(self) -> Floats:
        """A row for the second less a row for the first, (repetitions,), weighted as all rows are."""
        drawn = np.random.default_rng([self._seed, 13]).standard_exponential((self.repetitions, 2))
        difference: Floats = drawn[:, 0] - drawn[:, 1]
        return difference

    def _over_seeds(self, repeated: Floats, seeds: Sequence[int], spread: float) -> Floats:
        """Mean over seeds in each repetition, (repetitions,), with so much of their spread."""
        mean: Floats = repeated.mean(axis=1)
        if len(seeds) == 1 or repeated.shape[1] == 1 or spread == 0:
            return mean
        moved: Floats = mean + spread * (repeated * self._seed_moves(seeds)).sum(axis=1)
        return moved

    def _seed_moves(self, seeds: Sequence[int]) -> Floats:
        """What is added to the seeds' equal weights, (repetitions, seeds); adds up to 0."""
        count = len(seeds)
        drawn = [np.random.default_rng([self._seed, 7, seed]).standard_normal(self.repetitions) for seed in seeds]
        normal = np.stack(drawn, axis=1)
        chi = np.random.default_rng([self._seed, 11, count]).chisquare(count - 1, (self.repetitions, 1))
        scale = np.sqrt(count * chi)  # the chi-square's degrees of freedom cancel those of the standard error
        moves: Floats = (normal - normal.mean(axis=1, keepdims=True)) / scale
        return moves


def own_spread(table: Floats) -> float:
    """How much of the spread between seeds is their own, 0..1: the rest is the chance in the rows, counted already.

    Args:
        table: float64 (seeds, rows), NaN where a row does not count.

    Source: variance components of a two-way table by the method of moments, S. R. Searle et al., Variance Components
    (1992), section 4.3.
    """
    seeds, rows = table.shape
    if seeds < 2 or rows < 2 or not np.isfinite(table).any(axis=0).all():
        return float(seeds > 1)
    by_seed = np.nanmean(table, axis=1)
    between = float(by_seed.var(ddof=1))
    left = table - np.nanmean(table, axis=0) - (by_seed - by_seed.mean())[:, None]
    by_chance = float(np.nansum(left**2)) / ((rows - 1) * (seeds - 1)) / rows
    return float(np.sqrt(max(0.0, 1 - by_chance / between))) if between > 0 else 0.0


def _rows(scores: Scores, n: int, seeds: Sequence[int]) -> Floats:
    """The first n rows of some seeds, (seeds, n); of what learns from nothing the only ones."""
    return scores.values[:1, :n] if scores.is_level else scores.values[[scores.seeds.index(one) for one in seeds], :n]


def common_seeds(first: Scores, second: Scores) -> tuple[int, ...]:
    """Seeds that both have; what learns from nothing has every seed's score."""
    if first.is_level:
        return second.seeds[:1] if second.is_level else second.seeds
    if second.is_level:
        return first.seeds
    return tuple(seed for seed in first.seeds if seed in second.seeds)


def span(value: float, repeated: Floats, n: int) -> Span:
    """Interval from the repetitions; where no two rows differ, as wide as a share of 0 of `n` would have."""
    low, high = (float(edge) for edge in np.quantile(repeated, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    if high - low < 1e-6:
        reach = wilson(0, max(n, 1)).high
        low, high = value - reach, value + reach
    return Span(value, min(low, value), max(high, value))


def accuracy_span(scores: Scores, resampling: Resampling) -> Span:
    """Accuracy with its interval, within 0..1."""
    found = span(scores.accuracy, resampling.mean(scores), scores.values.shape[1])
    return Span(found.value, max(0.0, found.low), min(1.0, found.high))
