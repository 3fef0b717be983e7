"""Statistics for two classifiers on the same rows. Pure functions of counts and scores."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

ALPHA = 0.05
"""Level of the one-sided tests."""
_NORMAL = NormalDist()


class Pairs(NamedTuple):
    """How two classifiers did on the same rows."""

    n: int
    gained: int
    """Rows only the new one has right."""
    lost: int
    """Rows only the old one has right."""

    @property
    def difference(self) -> float:
        """Accuracy of the new one minus that of the old one, -1..1; 0 without rows."""
        return (self.gained - self.lost) / self.n if self.n else 0.0


def count_pairs(old: Bools, new: Bools) -> Pairs:
    """Count what the new classifier gained and lost.

    Args:
        old: (n,), whether the old one had each row right.
        new: (n,), the same of the new one.
    """
    return Pairs(len(new), int((new & ~old).sum()), int((old & ~new).sum()))


def tango_z(pairs: Pairs, shift: float) -> float:
    """Score statistic for "the true difference of the accuracies is `shift`"; large when it is above.

    Args:
        pairs: at least one row.
        shift: -1 < shift < 1.

    Source: T. Tango, Statistics in Medicine 17 (1998) 891-908, equations 5 to 8.
    """
    n, gained, lost = pairs
    top, spread = gained - lost - n * shift, n * _score_variance(n, gained, lost, shift)
    if spread < 1e-12:
        return 0.0 if abs(top) < 1e-9 else math.copysign(math.inf, top)
    return top / math.sqrt(spread)


def _score_variance(n: int, gained: float, lost: float, shift: float) -> float:
    """Variance of one row's gain under the hypothesis, at the most likely share of losses."""
    b = -gained - lost + (2 * n - gained + lost) * shift
    c = -lost * shift * (1 - shift)
    share = (math.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    return 2 * share + shift * (1 - shift)


def non_inferiority(pairs: Pairs, margin: float) -> float:
    """One-sided p-value against "the new one is worse by the margin or more"; small is good.

    Args:
        pairs: at least one row.
        margin: accuracy that may be lost, 0 <= margin < 1.

    Raises:
        ValueError: no rows.

    Source: T. Tango 1998, as `tango_z`; non-inferiority at shift = -margin.
    """
    if pairs.n < 1:
        raise ValueError("a paired test needs at least one row, got none")
    return 1 - _NORMAL.cdf(tango_z(pairs, -margin))


def difference_interval(pairs: Pairs, *, level: float = 0.90) -> tuple[float, float]:
    """Score interval of the difference; its 90 % go with one-sided tests at 5 %.

    Source: T. Tango 1998; the statistic falls with the shift, so each end is found by bisection.
    """
    z = _NORMAL.inv_cdf(0.5 + level / 2)

    def end(wanted: float) -> float:
        low, high = -1 + 1e-9, 1 - 1e-9
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if tango_z(pairs, middle) > wanted else (low, middle)
        return (low + high) / 2

    return end(z), end(-z)


def power_if_equal(n: int, discordance: float, margin: float, *, alpha: float = ALPHA) -> float:
    """How likely `non_inferiority` lets an equally good model pass, 0..1.

    Args:
        n: rows; at least 1.
        discordance: share of rows, 0..1, on which exactly one of two such models is right.
        margin: as in `non_inferiority`.

    Source: enumeration: the discordant rows are binomial, and each is a gain with probability one half.
    """
    wanted = _NORMAL.inv_cdf(1 - alpha)
    mean, spread = n * discordance, math.sqrt(n * discordance * (1 - discordance))
    low, high = max(0, math.floor(mean - 6 * spread)), min(n, math.ceil(mean + 6 * spread))
    total = 0.0
    for discordant in range(low, high + 1):
        least = _least_gained(n, discordant, margin, wanted)
        if least is not None:
            total += _binomial(discordant, n, discordance) * upper_tail(least, discordant)
    return min(float(total), 1.0)


def _least_gained(n: int, discordant: int, margin: float, wanted: float) -> int | None:
    """The fewest gains among so many discordant rows with which the test passes; None when none suffices."""
    if tango_z(Pairs(n, discordant, 0), -margin) < wanted:
        return None
    low, high = 0, discordant
    while low < high:
        middle = (low + high) // 2
        passes = tango_z(Pairs(n, middle, discordant - middle), -margin) >= wanted
        low, high = (low, middle) if passes else (middle + 1, high)
    return low


def _binomial(k: int, n: int, p: float) -> float:
    if p <= 0 or p >= 1:
        return float(k == round(n * p))
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def upper_tail(least: int, n: int) -> float:
    """Probability of `least` or more heads in n throws of a fair coin."""
    return float(sum(math.comb(n, k) for k in range(max(least, 0), n + 1)) / 2**n)


def harm(pairs: Pairs) -> float:
    """Exact one-sided p-value for "the new one is worse"; small is bad. 1 without discordant rows.

    Source: Q. McNemar, Psychometrika 12 (1947) 153-157, in its exact binomial form.
    """
    return upper_tail(pairs.lost, pairs.gained + pairs.lost)


def can_reject(pairs: Pairs, rate: float) -> bool:
    """Whether the exact test could ever reject at this rate, given how many rows are discordant.

    Source: P. Gilbert, Applied Statistics 54 (2005) 143-158: hypotheses that cannot be rejected do not count among
    those that a false discovery rate is controlled for.
    """
    return upper_tail(pairs.gained + pairs.lost, pairs.gained + pairs.lost) <= rate


def discoveries(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which hypotheses are rejected at a false discovery rate.

    Source: Y. Benjamini and Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289-300.
    """
    if not p_values:
        return []
    return [bool(adjusted <= rate) for adjusted in false_discovery_control(p_values, method="bh")]


class Areas(NamedTuple):
    """Two areas under the ROC curve on the same rows."""

    old: float
    new: float
    p_worse: float
    """One-sided p-value for "the new one is worse"; small is bad."""


def compare_areas(old: tuple[Floats, Floats], new: tuple[Floats, Floats]) -> Areas:
    """Compare how well two scores tell texts in scope from those out of scope.

    Args:
        old: scores (n,) of the texts in scope and (m,) of those out of scope, higher is stranger; at least two each.
        new: the same of the other model, rows in the same order.

    Source: E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44 (1988) 837-845.
    """
    outside_old, inside_old = _placements(*old)
    outside_new, inside_new = _placements(*new)
    first, second = float(outside_old.mean()), float(outside_new.mean())
    by_outside, by_inside = outside_new - outside_old, inside_new - inside_old
    variance = float(by_outside.var(ddof=1) / len(by_outside) + by_inside.var(ddof=1) / len(by_inside))
    if variance < 1e-15:
        return Areas(first, second, 0.5 if abs(second - first) < 1e-12 else float(second > first))
    return Areas(first, second, _NORMAL.cdf((second - first) / math.sqrt(variance)))


def _placements(inside: Floats, outside: Floats) -> tuple[Floats, Floats]:
    """For each text out of scope the share of texts in scope below it, and for each in scope the share above it."""
    return _share_below(inside, outside), 1 - _share_below(outside, inside)


def _share_below(others: Floats, values: Floats) -> Floats:
    ordered = np.sort(np.asarray(others, dtype=np.float64))
    low, high = np.searchsorted(ordered, values, side="left"), np.searchsorted(ordered, values, side="right")
    return np.asarray((low + high) / 2 / len(ordered))
