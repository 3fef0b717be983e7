"""Shares, means and ratios whose unit is the customer: what one customer does twice counts as related. Pure.

A share, a mean and a cost per resolved conversation are all ratios of two sums over customers, so one linearised
variance serves them all.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVEL = 0.95


class Estimate(NamedTuple):
    """A figure with its interval and what it rests on."""

    value: float
    low: float
    high: float
    n: int
    """Conversations."""
    customers: int
    se: float
    """Standard error of the figure."""


class Spread(NamedTuple):
    """What `ratio` knows of a ratio of two sums over customers."""

    value: float
    variance: float
    degrees: float
    """Customers that count, less one: few large ones count as few."""


def totals(values: Floats, unit: Ints) -> Floats:
    """Sum values by customer.

    Args:
        values: float64 (n,).
        unit: int64 (n,), customers numbered from 0.

    Returns:
        float64 (customers,).
    """
    return np.bincount(unit, weights=values).astype(np.float64)


def number(names: NDArray[np.str_] | list[str]) -> Ints:
    """Number customers from 0."""
    return np.unique(np.asarray(names, dtype=str), return_inverse=True)[1].astype(np.int64)


def ratio(above: Floats, below: Floats) -> Spread:
    """Ratio of two sums over independent customers, with its variance.

    Args:
        above: float64 (customers,), numerators.
        below: float64 (customers,), denominators, sum above 0; their share in the sum is a customer's leverage.

    Source: linearised (Taylor) variance of a ratio, W. G. Cochran, Sampling Techniques (1977), section 6.3; the
    leverage correction is CR2 of Bell and McCaffrey (2002) for a mean; Kish's effective number gives the degrees of
    freedom.
    """
    total = float(below.sum())
    value = float(above.sum()) / total
    share = np.clip(np.abs(below) / total, 0.0, 0.999)
    variance = float(((above - value * below) ** 2 / (1 - share)).sum()) / total**2
    effective = total**2 / float((below**2).sum())
    return Spread(value, variance, max(effective - 1, 1.0))


def share(hits: Floats, unit: Ints, *, level: float = LEVEL) -> Estimate:
    """Share of conversations, with a score interval for the number of independent ones they are worth.

    Args:
        hits: float64 (n,), 0 or 1; n >= 1.
        unit: int64 (n,), the customer of each.
        level: coverage of the interval, 0..1.

    Raises:
        ValueError: there is no conversation.

    Source: Wilson's interval with the effective sample size and a t quantile; see N. Dean and M. Pagano, Journal of
    Survey Statistics and Methodology 3 (2015) 484-503.
    """
    if len(hits) == 0:
        raise ValueError("expected at least one conversation")
    sizes = totals(np.ones(len(hits)), unit)
    found = ratio(totals(hits, unit), sizes)
    effective = effective_size(found, sizes)
    low, high = wilson(found.value, effective, quantile(found.degrees, level))
    se = math.sqrt(max(found.value * (1 - found.value), 1e-12) / effective)
    return Estimate(found.value, low, high, len(hits), int((sizes > 0).sum()), se)


def effective_size(found: Spread, sizes: Floats) -> float:
    """Independent conversations that give the same variance; Kish's bound where all ended alike."""
    n = float(sizes.sum())
    binomial = found.value * (1 - found.value) / n
    if found.variance <= 0 or binomial <= 0:
        return n**2 / float((sizes**2).sum())
    return n * binomial / found.variance


def average(values: Floats, unit: Ints, *, level: float = LEVEL) -> Estimate:
    """Mean over conversations with a t interval.

    Args:
        values: float64 (n,); n >= 1.
        unit: int64 (n,), the customer of each.
        level: coverage of the interval, 0..1.
    """
    return quotient(values, np.ones(len(values)), unit, level=level)


def quotient(above: Floats, below: Floats, unit: Ints, *, level: float = LEVEL) -> Estimate:
    """Sum of one thing over the sum of another, such as cost over resolved conversations, with a t interval.

    Args:
        above: float64 (n,).
        below: float64 (n,), sum above 0.
        unit: int64 (n,), the customer of each conversation.
        level: coverage of the interval, 0..1.
    """
    found = ratio(totals(above, unit), totals(below, unit))
    se = math.sqrt(found.variance)
    half = quantile(found.degrees, level) * se
    return Estimate(found.value, found.value - half, found.value + half, len(above), len(np.unique(unit)), se)


def wilson(value: float, n: float, z: float) -> tuple[float, float]:
    """Score interval of a share for any effective n above 0; see `training.intervals.wilson` for counts."""
    divisor = 1 + z * z / n
    centre = (value + z * z / (2 * n)) / divisor
    half = z * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n)) / divisor
    return min(max(0.0, centre - half), value), max(min(1.0, centre + half), value)


def quantile(degrees: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t."""
    return float(stdtrit(degrees, 0.5 + level / 2))
