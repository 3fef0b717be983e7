"""At how many examples an intent one technique overtakes another, with an interval. Pure."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from eval.study.resampling import LEVEL, Resampling
from eval.study.scores import Floats, Key, Scores, common_sizes, sizes_of, techniques_of

CROSSES, AHEAD, LEVEL_AT_LAST = "crosses", "ahead", "level"


def crossings(scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Compare every two curves that share two sizes."""
    found = (crossing(scores, pair, resampling) for pair in combinations(techniques_of(scores), 2))
    return [row for row in found if row is not None]


def crossing(scores: Mapping[Key, Scores], names: tuple[str, str], resampling: Resampling) -> dict[str, Any] | None:
    """Find where the technique that is ahead at the largest shared size came to be so for good.

    Between measured sizes the difference is taken as a straight line over the logarithm of the size. An end of the
    interval is null where it lies outside of the measured sizes.

    Returns:
        `state` is `crosses`, with `first` ahead below `at` and `second` above it, `ahead`, with `second` ahead at every
        size, or `level`, with neither ahead at the largest; `supported` is the share of repetitions with the crossing
        between the measured sizes, `second_ahead` the share with `second` ahead at the largest; `ahead` names for
        each size `measured` who is surely ahead there, or None. None where fewer than two sizes are shared.
    """
    pairs = common_sizes(sizes_of(scores, names[0]), sizes_of(scores, names[1]))
    compared = [(one, two, pair) for one, two in pairs if (pair := resampling.pair(one, two)) is not None]
    sizes = [(one if two.is_level else two).n_per_intent for one, two, _ in compared]
    if len(set(sizes)) < 2:
        return None
    values = np.array([pair.gap.value for *_, pair in compared])
    repeated = np.stack([pair.repeated for *_, pair in compared], axis=1)
    first, second = names
    if values[-1] < 0:
        values, repeated, first, second = -values, -repeated, second, first
    logs = np.log(np.maximum(sizes, 0.5))
    at = float(overtaken(values[None, :], logs)[0])
    ends = np.quantile(overtaken(repeated, logs), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    inside = np.isfinite(overtaken(repeated, logs))
    return {
        "first": first,
        "second": second,
        "state": _state(at),
        "at": _size(at),
        "low": _size(min(float(ends[0]), at)),
        "high": _size(max(float(ends[1]), at)),
        "from": sizes[0],
        "to": sizes[-1],
        "sizes": len(sizes),
        "supported": float(inside.mean()),
        "second_ahead": float((repeated[:, -1] > 0).mean()),
        "measured": sizes,
        "ahead": _surely_ahead(repeated, first, second),
    }


def _surely_ahead(repeated: Floats, first: str, second: str) -> list[str | None]:
    """Who is ahead at each size; that any of them is wrong has a chance of 5 %.

    Source: the inequality of Bonferroni, as a level for each of so many comparisons.
    """
    beyond = (1 - LEVEL) / 2 / repeated.shape[1]
    low, high = np.quantile(repeated, [beyond, 1 - beyond], axis=0)
    return [second if one > 0 else first if other < 0 else None for one, other in zip(low, high, strict=True)]


def overtaken(gaps: Floats, logs: Floats) -> Floats:
    """Find the last place where a difference turns from below to above 0.

    Args:
        gaps: float64 (repetitions, sizes), second minus first.
        logs: float64 (sizes,), logarithms of the sizes, ascending.

    Returns:
        float64 (repetitions,): logarithms; minus infinity where the second is ahead throughout, infinity where it is
        behind at the largest size.
    """
    behind = gaps <= 0
    last = gaps.shape[1] - 1 - np.argmax(behind[:, ::-1], axis=1)
    place = np.minimum(last, gaps.shape[1] - 2)
    row = np.arange(len(gaps))
    before, after = gaps[row, place], gaps[row, place + 1]
    steps = np.where(after > before, -before / np.where(after > before, after - before, 1.0), 0.0)
    found = logs[place] + steps * (logs[place + 1] - logs[place])
    found = np.where(behind[:, -1], np.inf, found)
    result: Floats = np.where(behind.any(axis=1), found, -np.inf)
    return result


def _state(at: float) -> str:
    if np.isfinite(at):
        return CROSSES
    return AHEAD if at < 0 else LEVEL_AT_LAST


def _size(log: float) -> float | None:
    return float(np.exp(log)) if np.isfinite(log) else None
