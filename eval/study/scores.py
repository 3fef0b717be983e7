"""Which test rows each technique got right, by setting, size and seed: the ground that every answer stands on. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.study.point import ALL, BROKEN, DONE, MAIN, NO_EXAMPLES, RIGHT, Point

Floats = NDArray[np.float64]


class Key(NamedTuple):
    """What a row of the report is about."""

    setting: str
    technique: str
    size: str


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One technique at one size in one setting, over all its seeds."""

    key: Key
    rows: str
    """Which test rows, as in `Point.rows`."""
    seeds: tuple[int, ...]
    values: Floats
    """float64 (seeds, rows): 1 right, 0 wrong, NaN where the infrastructure failed."""
    n_per_intent: int
    n_examples: int

    @property
    def is_level(self) -> bool:
        """Whether it learns from nothing: the same score at every size."""
        return self.key.size == NO_EXAMPLES

    @property
    def by_seed(self) -> Floats:
        """Accuracy of each seed, float64 (seeds,)."""
        counted: Floats = np.isfinite(self.values).sum(axis=1).astype(np.float64)
        found: Floats = np.nansum(self.values, axis=1) / counted
        return found

    @property
    def accuracy(self) -> float:
        """Mean over seeds."""
        return float(self.by_seed.mean())


def gather(points: Iterable[Point]) -> dict[Key, Scores]:
    """Put the finished points of the same technique, size and setting together.

    A point without a countable row is left out; of two points of one seed the later one counts.
    """
    found: dict[Key, dict[int, Point]] = {}
    for point in points:
        if point.status == DONE and point.right.strip(BROKEN):
            found.setdefault(Key(point.setting, point.technique, point.size), {})[point.seed] = point
    scores = (_one(key, [of_seed[seed] for seed in sorted(of_seed)]) for key, of_seed in found.items())
    return {one.key: one for one in sorted(scores, key=lambda one: (one.key.setting, one.key.technique, order(one)))}


def _one(key: Key, points: Sequence[Point]) -> Scores:
    """Seeds whose rows are not those of the last one cannot stand beside it, and are left out."""
    rows, length = points[-1].rows, len(points[-1].right)
    alike = [point for point in points if point.rows == rows and len(point.right) == length]
    signs = np.array([list(point.right) for point in alike])
    values = np.where(signs == BROKEN, np.nan, (signs == RIGHT).astype(np.float64))
    return Scores(
        key,
        rows,
        tuple(point.seed for point in alike),
        values,
        round(float(np.mean([point.n_per_intent for point in alike]))),
        round(float(np.mean([point.n_examples for point in alike]))),
    )


def order(scores: Scores) -> tuple[bool, int]:
    """Sizes from small to large, `all` last."""
    return scores.key.size == ALL, scores.n_per_intent


def sizes_of(scores: Mapping[Key, Scores], technique: str, setting: str = MAIN) -> list[Scores]:
    """A technique's scores in a setting, from small to large sizes."""
    return sorted(
        (one for key, one in scores.items() if key.technique == technique and key.setting == setting), key=order
    )


def techniques_of(scores: Mapping[Key, Scores], setting: str = MAIN) -> list[str]:
    """Techniques that have scores in a setting, in the order of the file."""
    return list(dict.fromkeys(key.technique for key in scores if key.setting == setting))


def common_sizes(first: Sequence[Scores], second: Sequence[Scores]) -> list[tuple[Scores, Scores]]:
    """Pair two techniques' scores size by size; one that learns from nothing stands beside every size."""
    if first and all(one.is_level for one in first):
        return [(first[0], two) for two in second if not two.is_level] or list(zip(first, second, strict=False))[:1]
    if second and all(two.is_level for two in second):
        return [(one, second[0]) for one in first]
    by_size = {two.key.size: two for two in second}
    return [(one, by_size[one.key.size]) for one in first if one.key.size in by_size]
