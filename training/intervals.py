"""Intervals for the rates we report. Standard library only."""

import math
from typing import NamedTuple


class Rate(NamedTuple):
    """A share with its interval and the number it rests on."""

    value: float
    low: float
    high: float
    n: int


def wilson(successes: int, trials: int, *, z: float = 1.96) -> Rate:
    """Score interval for a binomial share.

    Args:
        successes: what was counted, 0 <= successes <= trials.
        trials: what it was counted among; at least 1.
        z: standard-normal quantile; 1.96 gives 95 %.

    Raises:
        ValueError: the counts are impossible.

    Source: E. B. Wilson, JASA 22 (1927) 209-212.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"expected 0 <= successes <= trials and trials >= 1, got {successes} of {trials}")
    share = successes / trials
    divisor = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / divisor
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / divisor
    return Rate(share, min(max(0.0, centre - half), share), max(min(1.0, centre + half), share), trials)
